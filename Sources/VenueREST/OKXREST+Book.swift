//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

extension OKXREST {
    /// A book as the REST interface tells it; decimals are the venue's own text.
    public struct Book: Equatable, Sendable {
        public struct Level: Equatable, Sendable {
            public let price: String
            public let quantity: String
        }

        /// The book holds every update up to this one; `nil`: the venue did not say.
        public let lastUpdateID: UInt64?
        public let timeNs: UInt64
        /// The best first.
        public let bids: [Level]
        public let asks: [Level]
    }

    public static func book(_ body: [UInt8]) throws(OKXReplyError) -> Book {
        let row = try row(body)
        return Book(
            lastUpdateID: row["seqId"]?.integer.flatMap { UInt64(exactly: $0) },
            timeNs: try time(row, "ts"), bids: try levels(row, "bids"),
            asks: try levels(row, "asks"))
    }

    /// `[[price, quantity, "0", orders],…]`; newer forms have other numbers of members.
    private static func levels(
        _ row: JSONDocument, _ member: String
    ) throws(OKXReplyError) -> [Book.Level] {
        guard let rows = row[member]?.elements else { throw .missing(member) }
        var levels: [Book.Level] = []
        for row in rows {
            guard let members = row.elements, members.count >= 2, let price = members[0].text,
                let quantity = members[1].text, JSONText.decimal(price).isValid,
                JSONText.decimal(quantity).isValid
            else { throw .missing(member) }
            levels.append(Book.Level(price: price, quantity: quantity))
        }
        return levels
    }
}

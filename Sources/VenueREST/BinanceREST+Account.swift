//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

extension BinanceREST {
    /// One row of the account's positions.
    public struct Position: Equatable, Sendable {
        /// The venue's symbol.
        public let symbol: String
        /// Signed, the venue's own decimal text.
        public let amount: String
    }

    /// A positionRisk reply: `[{"symbol":…,"positionAmt":…},…]`.
    public static func positions(_ body: [UInt8]) throws(BinanceError) -> [Position] {
        if let error = error(body) { throw error }
        guard let rows = JSONDocument(body)?.elements else { throw .notJSON }
        var positions: [Position] = []
        for row in rows {
            guard let symbol = row["symbol"]?.text, let amount = row["positionAmt"]?.text else {
                throw .missing("positionAmt")
            }
            positions.append(Position(symbol: symbol, amount: amount))
        }
        return positions
    }
}

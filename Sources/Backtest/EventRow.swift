//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Journal

/// One level or trade of a file that is no recording of frames.
struct EventRow: Equatable {
    enum Kind: Equatable {
        case level
        case trade
        /// Every level of the side from its best to the price is gone; NaN: the whole side.
        case clear
    }

    let kind: Kind
    let venueTimeNs: Int64
    let localTimeNs: Int64
    /// The bid side, or a trade whose taker bought.
    let isBuy: Bool
    let price: Double
    let quantity: Double
}

extension EventRow {
    /// hftbacktest's event array: what its trader sees, in the order he sees it.
    static func rows(archive path: String) throws -> [EventRow] {
        try EventArchive.events(path).compactMap { event in
            guard event.isLocal, let kind = event.kind, event.isBuy != event.isSell else {
                return nil
            }
            let rowKind: Kind =
                switch kind {
                case .depth, .depthSnapshot: .level
                case .trade: .trade
                case .depthClear: .clear
                }
            return EventRow(
                kind: rowKind, venueTimeNs: event.venueTimeNs, localTimeNs: event.localTimeNs,
                isBuy: event.isBuy, price: event.price, quantity: event.quantity)
        }
    }

    /// Tardis' `incremental_book_L2` and `trades` files, any number of them, merged by local time.
    ///
    /// Source: docs.tardis.dev, "Downloadable CSV files"; times are microseconds.
    ///
    /// - Returns: Rows, and how many lines could not be read.
    static func rows(tardis paths: [String]) throws -> (rows: [EventRow], malformed: Int) {
        var all: [EventRow] = []
        var malformed = 0
        for path in paths {
            let lines = try WholeFile.bytes(path).split(separator: UInt8(ascii: "\n"))
            guard let header = lines.first else { continue }
            let names = columns(header)
            let isBook = names.contains("is_snapshot")
            var wasSnapshot = false
            for line in lines.dropFirst() {
                let fields = columns(line)
                func field(_ name: String) -> String? {
                    guard let place = names.firstIndex(of: name), place < fields.count else {
                        return nil
                    }
                    return fields[place]
                }
                guard let venue = field("timestamp").flatMap(Int64.init),
                    let local = field("local_timestamp").flatMap(Int64.init),
                    let price = field("price").flatMap(Double.init), price.isFinite,
                    let amount = field("amount").flatMap(Double.init), amount.isFinite,
                    let side = field("side"), abs(venue) < 1 << 52, abs(local) < 1 << 52
                else {
                    malformed += 1
                    continue
                }
                func row(_ kind: Kind, isBuy: Bool, price: Double) -> EventRow {
                    EventRow(
                        kind: kind, venueTimeNs: venue * 1_000, localTimeNs: local * 1_000,
                        isBuy: isBuy, price: price, quantity: amount)
                }
                if isBook {
                    let isSnapshot = field("is_snapshot") == "true"
                    if isSnapshot, !wasSnapshot {
                        all.append(row(.clear, isBuy: true, price: .nan))
                        all.append(row(.clear, isBuy: false, price: .nan))
                    }
                    wasSnapshot = isSnapshot
                    all.append(row(.level, isBuy: side == "bid", price: price))
                } else if side == "buy" || side == "sell" {
                    all.append(row(.trade, isBuy: side == "buy", price: price))
                }
            }
        }
        // Stable: rows of one time stay in the order of the files.
        let order = all.indices.sorted {
            all[$0].localTimeNs == all[$1].localTimeNs
                ? $0 < $1 : all[$0].localTimeNs < all[$1].localTimeNs
        }
        return (order.map { all[$0] }, malformed)
    }

    /// The fields of a line of CSV without quotes.
    static func columns(_ line: some Sequence<UInt8>) -> [String] {
        String(decoding: Array(line), as: UTF8.self)
            .split(separator: ",", omittingEmptySubsequences: false)
            .map { String($0.filter { $0 != "\r" }) }
    }
}

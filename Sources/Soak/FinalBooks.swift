//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Platform

/// The books that the engine had at its end, level by level, against the venue's, which stands
/// still.
enum FinalBooks {
    /// Levels of a side that a client of a snapshot has for certain.
    private static let certainLevels = 500

    /// What was found, by book.
    struct Finding {
        var equal = 0
        /// The last events before the halt were lost: the books are of different moments.
        var behind = 0
        /// Books of the same update with other levels, in words.
        var wrong: [String] = []
    }

    static func compare(
        _ summaryPath: String, _ truth: VenueTruth
    ) throws(SoakError) -> Finding {
        guard let bytes = TextFile.bytes(summaryPath), let summary = JSONDocument(bytes),
            let rows = summary["instruments"]?.elements
        else { throw SoakError("no summary of the engine in \(summaryPath)") }
        var found = Finding()
        for row in rows {
            guard let venue = row["venue"]?.text, let symbol = row["symbol"]?.text,
                let book = row["book"], let updateID = book["update_id"]?.integer
            else { throw SoakError("\(summaryPath): an instrument without a book") }
            let real = try truth.book(symbol, at: venue)
            if isSide(book["bids"], real.bids, real.isWhole),
                isSide(book["asks"], real.asks, real.isWhole)
            {
                found.equal += 1
            } else if updateID == real.updateID {
                found.wrong.append(
                    "\(venue) \(symbol): other levels than the venue's at update \(updateID)")
            } else {
                found.behind += 1
            }
        }
        return found
    }

    /// Every level where a client has all of them; elsewhere the best 500, half of a snapshot, and
    /// of the others each that is there.
    private static func isSide(
        _ document: JSONDocument?, _ levels: [[String]], _ isWhole: Bool
    ) -> Bool {
        guard let held = VenueTruth.levels(document).map(numbers) else { return false }
        let real = numbers(levels)
        let count = isWhole ? max(held.count, real.count) : certainLevels
        return held.prefix(count) == real.prefix(count) && Set(held).isSubset(of: Set(real))
    }

    private static func numbers(_ levels: [[String]]) -> [[Int64?]] {
        levels.map { $0.map { VenueTruth.mantissa($0) } }
    }
}

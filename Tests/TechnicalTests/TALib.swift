//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import SeededRandom
import Technical
import TestSupport

/// TA-Lib, by its Python package.
enum TALib {
    /// Every output of every call, for each bar.
    static func values(_ bars: [BarValues], calls: [String], outputs: Int) throws -> [[Double]] {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "apus-talib-\(UInt64.random(in: 0...UInt64.max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (given, made) = (folder.appending(path: "bars"), folder.appending(path: "values"))
        let numbers = bars.flatMap { [$0.open, $0.high, $0.low, $0.close, $0.volume] }
        try unsafe numbers.withUnsafeBytes { unsafe Data($0) }.write(to: given)
        try Oracle.run(
            "talib_values.py", [given.path(), made.path()],
            input: calls.map { $0 + "\n" }.joined())
        let all = try Oracle.numbers(made, as: Double.self)
        guard all.count == outputs * bars.count else { throw CocoaError(.fileReadCorruptFile) }
        return (0..<outputs).map { Array(all[($0 * bars.count)..<(($0 + 1) * bars.count)]) }
    }
}

/// Bars for tests.
enum TestBars {
    /// A walk in ticks of 1/8, which doubles hold exactly, with calm and wild spells: many ties,
    /// some bars without a trade.
    static func synthetic(_ count: Int, seed: UInt64) -> [BarValues] {
        var random = SplitMix64(seed: seed)
        var price: Int64 = 480_000
        return (0..<count).map { index in
            let openTimeNs = 1_700_000_000_000_000_000 + UInt64(index) * 60_000_000_000
            let open = price
            if Int.random(in: 0..<40, using: &random) == 0 {
                let value = Double(price) / 8.0
                return BarValues(
                    openTimeNs: openTimeNs, open: value, high: value, low: value, close: value,
                    volume: 0)
            }
            let reach: Int64 = (index / 500) % 3 == 0 ? 4 : 120
            var (high, low) = (price, price)
            for _ in 0..<4 {
                price += Int64.random(in: -reach...reach, using: &random)
                price = max(price, 1_000)
                high = max(high, price)
                low = min(low, price)
            }
            let volume = Double(Int64.random(in: 1...50_000, using: &random)) / 1_024.0
            return BarValues(
                openTimeNs: openTimeNs, open: Double(open) / 8.0, high: Double(high) / 8.0,
                low: Double(low) / 8.0, close: Double(price) / 8.0, volume: volume)
        }
    }

    /// A market that stands still, without volume.
    static func flat(_ count: Int) -> [BarValues] {
        (0..<count).map { index in
            BarValues(
                openTimeNs: UInt64(index), open: 100, high: 100, low: 100, close: 100, volume: 0)
        }
    }
}

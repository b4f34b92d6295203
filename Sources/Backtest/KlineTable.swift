//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Journal

/// The bars of Binance's kline files, one behind the other, and what was left out.
struct KlineTable {
    private(set) var bars: [Kline] = []
    /// Lines by why they were left out.
    private(set) var refused: [Kline.Fault: Int] = [:]
    /// Digits behind the point that prices and volumes need.
    let priceDecimals: Int
    let quantityDecimals: Int

    private static let headLength = 4_096

    /// Whether a file's first line is a header of klines, or a bar.
    static func isThere(_ path: String) throws -> Bool {
        if path.hasSuffix(".zip") { return true }
        let head = try WholeFile.head(path, count: headLength)
        guard let line = head.split(separator: UInt8(ascii: "\n")).first else { return false }
        return Kline.Columns(header: line) != nil || Kline.Columns.isRow(line)
    }

    /// - Parameter paths: Plain, gzip or zip, with or without a header, in the order of time.
    init(_ paths: [String]) throws {
        try self.init(contents: paths.map { path in try WholeFile.unpacked(path) })
    }

    init(contents: [[UInt8]]) throws {
        var bars: [Kline] = []
        var refused: [Kline.Fault: Int] = [:]
        for content in contents {
            var columns = Kline.Columns()
            for (place, line) in content.split(separator: UInt8(ascii: "\n")).enumerated() {
                if line.elementsEqual([UInt8(ascii: "\r")]) { continue }
                if place == 0, let header = Kline.Columns(header: line) {
                    columns = header
                    continue
                }
                do throws(Kline.Refusal) {
                    let bar = try columns.bar(line)
                    guard bar.openMs > bars.last?.closeMs ?? -1 else {
                        throw Kline.Refusal(.order)
                    }
                    bars.append(bar)
                } catch { refused[error.fault, default: 0] += 1 }
            }
        }
        var (price, quantity) = (0, 0)
        for bar in bars {
            for value in [bar.open, bar.high, bar.low, bar.close] {
                price = max(price, RowFrames.decimals(value))
            }
            quantity = max(quantity, RowFrames.decimals(bar.volume))
        }
        priceDecimals = price
        quantityDecimals = quantity
        // Beyond it a double does not hold every unit of the last decimal.
        let (most, mostLots) = (Self.most(price), Self.most(quantity))
        let count = bars.count
        bars.removeAll { $0.high >= most || $0.volume >= mostLots }
        if bars.count < count { refused[.size] = count - bars.count }
        self.bars = bars
        self.refused = refused
    }

    private static func most(_ decimals: Int) -> Double {
        (0..<decimals).reduce(0x1p53) { most, _ in most / 10 }
    }
}

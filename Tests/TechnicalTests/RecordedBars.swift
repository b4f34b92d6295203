//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Technical

/// Bars of a second out of recorded trades, in ticks of 0.1 and lots of 0.001: whole numbers.
enum RecordedBars {
    private static let path =
        "../shared/data/captures/binance-usdm_btcusdt_20240808.gz"
    static let areHere = FileManager.default.fileExists(atPath: path)

    static func seconds() throws -> [BarValues] {
        let tool = Process()
        tool.executableURL = URL(filePath: "/usr/bin/env")
        tool.arguments = ["gzip", "-dc", path]
        let pipe = Pipe()
        tool.standardOutput = pipe
        try tool.run()
        let text = String(
            decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        tool.waitUntilExit()
        var bars: [BarValues] = []
        for line in text.split(separator: "\n") where line.contains("\"e\":\"trade\"") {
            guard let timeMs = number(line, "\"T\":"), let price = number(line, "\"p\":\""),
                let quantity = number(line, "\"q\":\""), price > 0
            else { continue }
            let (ticks, lots) = ((price * 10).rounded(), (quantity * 1_000).rounded())
            let openTimeNs = UInt64(timeMs / 1_000) * 1_000_000_000
            guard var bar = bars.last, bar.openTimeNs == openTimeNs else {
                bars.append(
                    BarValues(
                        openTimeNs: openTimeNs, open: ticks, high: ticks, low: ticks,
                        close: ticks, volume: lots))
                continue
            }
            bar.high = max(bar.high, ticks)
            bar.low = min(bar.low, ticks)
            bar.close = ticks
            bar.volume += lots
            bars[bars.count - 1] = bar
        }
        return bars
    }

    /// The number behind `mark`.
    private static func number(_ line: Substring, _ mark: String) -> Double? {
        guard let found = line.firstRange(of: mark) else { return nil }
        return Double(line[found.upperBound...].prefix { $0.isNumber || $0 == "." })
    }
}

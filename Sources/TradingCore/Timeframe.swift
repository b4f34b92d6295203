//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Indicators
import Options

/// What `trading.timeframes` and `apus replay --timeframe` may hold.
public enum Timeframe: Hashable, Sendable {
    case time(ns: UInt64)
    case sampled(SampledBar)

    /// "1ms" to "7d", "ticks:100", "volume:2.5" (base currency) or "dollar:100000" (quote
    /// currency); `nil` for anything else.
    public init?(_ text: String) {
        if let bar = SampledBar(text) {
            self = .sampled(bar)
            return
        }
        guard let ns = Durations.nanoseconds(text), Self.timeRangeNs.contains(ns) else {
            return nil
        }
        self = .time(ns: ns)
    }

    private static let timeRangeNs: ClosedRange<UInt64> = 1_000_000...604_800_000_000_000

    /// "1s", "90s", "1m", "ticks:100".
    public var text: String {
        switch self {
        case .sampled(let bar): return bar.text
        case .time(let ns):
            let units: [(String, UInt64)] = [
                ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000),
                ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000),
            ]
            for (unit, scale) in units where ns % scale == 0 { return "\(ns / scale)\(unit)" }
            return "\(ns)ns"
        }
    }
}

extension KernelConfiguration {
    /// In the order of the kernel's records.
    var timeframes: [Timeframe] {
        timeframesNs.map { .time(ns: $0) } + sampledBars.map { .sampled($0) }
    }

    /// Adds a time frame, in place of another than the first where there is no more room.
    mutating func add(_ timeframe: Timeframe) {
        if timeframes.contains(timeframe) { return }
        if timeframeCount == Self.timeframesMax {
            if timeframesNs.count > 1 {
                timeframesNs.removeLast()
            } else {
                sampledBars.removeLast()
            }
        }
        switch timeframe {
        case .time(let ns): timeframesNs.append(ns)
        case .sampled(let bar): sampledBars.append(bar)
        }
    }
}

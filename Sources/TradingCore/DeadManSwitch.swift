//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Messages

/// A venue's promise to cancel every open order when it does not hear of this engine for so long:
/// the last thing that ends orders when the engine or its machine is gone. It is renewed at a third
/// of its time, so that two renewals may fail.
struct DeadManSwitch {
    let timeoutMs: UInt64
    private var nextNs: UInt64 = 0
    /// When it was armed last.
    private var armedNs: UInt64 = 0

    private static let retryNs: UInt64 = 1_000_000_000

    /// From `trading.dead_man`; `nil` when it is off, and where the venue takes no orders.
    ///
    /// - Throws: `EngineError` for a time that the venue does not take.
    init?(_ settings: Settings, _ venue: Venue) throws(EngineError) {
        let timeoutNs = settings.durationNs("trading.dead_man")
        if timeoutNs == 0 || !venue.takesOrders { return nil }
        timeoutMs = timeoutNs / 1_000_000
        // Binance takes any time; below five seconds the renewals would use up its request weight.
        let range: ClosedRange<UInt64> = venue == .okx ? 10_000...120_000 : 5_000...86_400_000
        let isWhole = timeoutNs % (venue == .okx ? 1_000_000_000 : 1_000_000) == 0
        guard range.contains(timeoutMs), isWhole else {
            throw EngineError(
                "trading.dead_man: \(venue.text) takes 0s, or \(range.lowerBound / 1_000)s to "
                    + "\(range.upperBound / 1_000)s in whole "
                    + (venue == .okx ? "seconds" : "milliseconds"))
        }
    }

    /// Whether it is to be armed now, monotonic ns.
    func isDue(nowNs: UInt64) -> Bool { nowNs >= nextNs }

    /// Whether the venue's countdown has more than half of its time left, monotonic ns.
    func isArmed(nowNs: UInt64) -> Bool {
        armedNs != 0 && nowNs - armedNs < timeoutMs * 1_000_000 / 2
    }

    /// It was armed, or that failed and is to be tried again soon.
    mutating func note(isArmed: Bool, nowNs: UInt64) {
        if isArmed { armedNs = nowNs }
        nextNs = nowNs + (isArmed ? timeoutMs * 1_000_000 / 3 : Self.retryNs)
    }
}

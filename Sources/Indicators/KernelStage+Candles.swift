//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Telemetry

extension KernelStage {
    /// One half of a candle that the venue closed.
    @_noAllocation @_noLocks
    mutating func takeCandle(_ event: UnsafePointer<MarketEvent>, _ id: UInt32) {
        let state = unsafe states + Int(id)
        if unsafe state.pointee.candles.isOff { return }
        if unsafe event.pointee.kind == .candleRange {
            let range = unsafe UnsafeRawPointer(event).assumingMemoryBound(to: CandleRange.self)
            var candle = Candle()
            candle.open = unsafe range.pointee.open.rawValue
            candle.high = unsafe range.pointee.high.rawValue
            candle.low = unsafe range.pointee.low.rawValue
            unsafe state.pointee.openCandle = candle
            unsafe state.pointee.candleSequence = unsafe range.pointee.sequence
            return
        }
        let end = unsafe UnsafeRawPointer(event).assumingMemoryBound(to: CandleClose.self)
        if unsafe end.pointee.sequence != state.pointee.candleSequence {
            counters.malformedEvents.increment()
            return
        }
        var candle = unsafe state.pointee.openCandle
        candle.close = unsafe end.pointee.close.rawValue
        candle.volume = unsafe end.pointee.volume.rawValue
        candle.openTimeNs = unsafe UInt64(end.pointee.openTimeS) &* 1_000_000_000
        count(
            unsafe state.pointee.candles.take(
                candle, lengthNs: UInt64(end.pointee.lengthS) &* 1_000_000_000))
    }

    @_noAllocation @_noLocks
    func count(_ verdict: CandleCheck.Verdict) {
        switch verdict {
        case .none: break
        case .reconciled: counters.reconciledBars.increment()
        case .mismatched: counters.mismatchedBars.increment()
        case .missing: counters.missingBars.increment()
        }
    }
}

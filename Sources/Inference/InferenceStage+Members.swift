//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CRing
import Messages
import Telemetry

/// What follows a signal: records, outstanding work, who speaks.
extension InferenceStage {
    /// Layers of windows in one idle poll: about three microseconds.
    private static var settleBudget: UInt32 {
        @_noAllocation @_noLocks
        @inline(__always)
        get { 16 }
    }

    /// Judges the members' earlier scores by the last vector's mid, once.
    @_noAllocation @_noLocks
    mutating func track() {
        if !untracked.isSet { return }
        untracked.isSet = false
        let instrument = untracked.instrument
        if memberCount == 0 || instrument >= instrumentCount { return }
        var given: UInt32 = 0
        for index in 0..<memberCount where unsafe places[index].hasScore {
            unsafe scores[index] = unsafe places[index].output.score
            given |= 1 << UInt32(index)
        }
        let rounds = unsafe tracker.observe(
            instrument: instrument, timeNs: untracked.timeNs, mid: untracked.mid,
            scores: scores, given: given, members: places)
        if rounds != 0 { review(rounds) }
    }

    /// Shows the records that have a round number, and sets aside who is worse than allowed.
    @_noAllocation @_noLocks
    private mutating func review(_ rounds: UInt32) {
        for index in 0..<memberCount where rounds & (1 << UInt32(index)) != 0 {
            let record = unsafe tracker.records + index
            unsafe places[index].show(record.pointee)
            if unsafe places[index].speaks, isPoor(index) {
                unsafe places[index].isSetAside = true
                counters.setAside.increment()
                refreshShares()
            }
        }
    }

    @_noAllocation @_noLocks
    private mutating func isPoor(_ index: Int) -> Bool {
        let record = unsafe tracker.records + index
        if unsafe places[index].isReference || record.pointee.judged < limits.judgedMin {
            return false
        }
        if limits.driftMax > 0, unsafe record.pointee.drift > limits.driftMax { return true }
        for other in 0..<memberCount where unsafe places[other].isReference {
            let reference = unsafe tracker.records + other
            if unsafe reference.pointee.judged < limits.judgedMin { return false }
            // Not a number compares false.
            return unsafe reference.pointee.accuracy - record.pointee.accuracy
                > limits.accuracyMargin
        }
        return false
    }

    /// A piece of the networks' outstanding work; at least 1, so that the thread comes back.
    @_noAllocation @_noLocks
    mutating func settle(_ instrument: UInt32) -> Int {
        var isLeft = false
        for index in 0..<memberCount where unsafe places[index].speaks {
            if unsafe places[index].record.pointee.settle(
                instrument: instrument, budget: Self.settleBudget)
            {
                isLeft = true
            }
        }
        if !isLeft { outstanding.removeOldest() }
        return 1
    }

    // MARK: - Who speaks

    /// Takes what the cold side offers: other models, switches.
    @_noAllocation @_noLocks
    mutating func takeOffers() {
        for index in 0..<memberCount {
            let offer = unsafe offers + index
            let place = unsafe places + index
            let record = unsafe apus_offer_look(offer).unsafelyUnwrapped
            if unsafe record != UnsafeMutableRawPointer(place.pointee.record) {
                unsafe place.pointee.record = record.assumingMemoryBound(to: ServedRecord.self)
                unsafe place.pointee.isSetAside = false
                tracker.forget(index)
                unsafe place.pointee.show(tracker.records[index])
                unsafe apus_offer_take(offer, record)
                counters.loads.increment()
                refreshAll()
            }
            let wish = unsafe apus_offer_is_on(offer)
            if unsafe wish != place.pointee.wish {
                unsafe place.pointee.wish = wish
                unsafe place.pointee.isSetAside = false
                // It missed vectors while it was silent.
                for instrument in 0..<instrumentCount {
                    unsafe place.pointee.record.pointee.breakOff(instrument: instrument)
                }
                refreshAll()
            }
        }
    }

    @_noAllocation @_noLocks
    mutating func refreshAll() {
        var longest: UInt64 = 0
        hasNetwork = false
        for index in 0..<memberCount {
            let horizon = unsafe places[index].record.pointee.horizonNs
            if horizon > longest { longest = horizon }
            if unsafe places[index].record.pointee.isNetwork { hasNetwork = true }
        }
        tracker.setHorizon(longestNs: longest)
        refreshShares()
    }

    @_noAllocation @_noLocks
    private mutating func refreshShares() {
        var total: Float = 0
        for index in 0..<memberCount where unsafe places[index].speaks {
            unsafe total += places[index].weight
        }
        for index in 0..<memberCount {
            unsafe places[index].show(share: total > 0 ? places[index].weight / total : 0)
        }
    }
}

/// What is needed of a vector to judge earlier scores, once its own are out.
struct UntrackedVector {
    var isSet = false
    private(set) var instrument: UInt32 = 0
    private(set) var timeNs: UInt64 = 0
    /// Bid and ask added, ticks.
    private(set) var mid: Int64 = 0

    @_noAllocation @_noLocks
    init() {}

    @_noAllocation @_noLocks
    @inline(__always)
    mutating func set(_ vector: UnsafePointer<FeatureVector>) {
        isSet = true
        instrument = unsafe vector.pointee.instrumentID
        timeNs = unsafe vector.pointee.ingressTimeNs
        mid = unsafe vector.pointee.bid.rawValue &+ vector.pointee.ask.rawValue
    }
}

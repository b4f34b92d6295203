//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
public import CMessages
public import MarketData
import Messages
import Rings
import Telemetry

extension KernelStage {
    /// Looks at the top after a change: tells risk and the features what became of it.
    @_noAllocation @_noLocks
    mutating func refreshTop(_ id: UInt32) {
        let state = unsafe states + Int(id)
        unsafe state.pointee.bookTimeNs = frameTimeNs
        let top = unsafe state.pointee.currentTop()
        let isInSync = unsafe state.pointee.sync.isInSync
        let isValid = isInSync && top.isUsable
        let wasValid = unsafe state.pointee.isValid
        let hasChanged = unsafe !top.equals(state.pointee.top)
        if !hasChanged && isValid == wasValid { return }
        unsafe state.pointee.top = top
        unsafe state.pointee.isValid = isValid
        if isValid {
            unsafe state.pointee.features.takeTop(top)
            unsafe state.pointee.sawQuote = true
        } else {
            unsafe state.pointee.features.breakOff()
        }
        if isInSync {
            emitReference(id, .quote, price: 0)
        } else if wasValid {
            emitReference(id, .status, price: 0)
        }
    }

    @_noAllocation @_noLocks
    mutating func emitReference(
        _ id: UInt32, _ kind: ReferenceKind, price: Int64, lots: Int64 = 0
    ) {
        let state = unsafe states + Int(id)
        guard let reference = unsafe references.claim() else {
            counters.stalls.increment()
            return
        }
        unsafe reference.pointee = ReferencePrice()
        unsafe reference.pointee.sequence = frameSequence
        unsafe reference.pointee.ingressTimeNs = frameTimeNs
        unsafe reference.pointee.venueTimeNs = frameVenueNs
        if kind == .quote {
            unsafe reference.pointee.bid = unsafe PriceTicks(rawValue: state.pointee.top.bid)
            unsafe reference.pointee.ask = unsafe PriceTicks(rawValue: state.pointee.top.ask)
        }
        if kind == .last { unsafe reference.pointee.tradedLots = QuantityLots(rawValue: lots) }
        unsafe reference.pointee.price = PriceTicks(rawValue: price)
        unsafe reference.pointee.instrumentID = id
        unsafe reference.pointee.kind = kind
        unsafe reference.pointee.isBookValid = unsafe state.pointee.isValid ? 1 : 0
        references.publish()
        // Only this stage writes the slot, so that it can still be read until the ring comes round.
        if executionReferences != nil, let copy = unsafe executionReferences!.claim() {
            unsafe copy.pointee = unsafe reference.pointee
            executionReferences!.publish()
        }
        counters.references.increment()
        unsafe state.pointee.lastReferenceNs = frameTimeNs
        if kind == .quote && quoteTap != nil { unsafe copyToTap(reference) }
    }

    @_noAllocation @_noLocks
    private mutating func copyToTap(_ quote: UnsafePointer<ReferencePrice>) {
        guard let slot = unsafe quoteTap!.claim() else {
            counters.droppedQuotes.increment()
            return
        }
        unsafe slot.pointee = unsafe quote.pointee
        quoteTap!.publish()
    }

    /// The instrument's part of the frame is complete.
    @_noAllocation @_noLocks
    mutating func finish(_ id: UInt32) {
        activeID = Self.noInstrument
        let state = unsafe states + Int(id)
        if unsafe frameTimeNs &- state.pointee.lastReferenceNs >= freshnessNs {
            emitReference(id, .status, price: 0)
        }
        emitVectorIfTriggered(id)
        emitRequest(id)
        unsafe state.pointee.storeStatus(timeNs: frameTimeNs)
        tidyBook(id)
        // Nothing waits for it now; the next decision finds it done.
        if plan.hasForming { unsafe state.pointee.form() }
    }

    /// Moves the book's windows a little, after everything has gone out.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func tidyBook(_ id: UInt32) {
        let state = unsafe states + Int(id)
        unsafe state.pointee.sync.tidy()
        let recentres = unsafe state.pointee.sync.book.recentreCount
        if unsafe recentres != state.pointee.recentres {
            unsafe counters.recentres.add(
                Int(truncatingIfNeeded: recentres &- state.pointee.recentres))
            unsafe state.pointee.recentres = recentres
        }
        let jumps = unsafe state.pointee.sync.book.jumpCount
        if unsafe jumps != state.pointee.jumps {
            unsafe counters.jumps.add(Int(truncatingIfNeeded: jumps &- state.pointee.jumps))
            unsafe state.pointee.jumps = jumps
        }
    }

    @_noAllocation @_noLocks
    @inline(__always)
    mutating func emitRequest(_ id: UInt32) {
        let state = unsafe states + Int(id)
        if unsafe !state.pointee.sync.needsRequest { return }
        guard let request = unsafe requests.claim() else {
            counters.stalls.increment()
            return
        }
        unsafe state.pointee.sync.fillRequest(
            request, instrumentID: id, sequence: frameSequence, timeNs: frameTimeNs)
        requests.publish()
    }

    /// Makes a feature vector when the configured trigger fired in this frame.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func emitVectorIfTriggered(_ id: UInt32) {
        let state = unsafe states + Int(id)
        var isTriggered = false
        if trigger == .quote { isTriggered = unsafe state.pointee.sawQuote }
        if trigger == .trade { isTriggered = unsafe state.pointee.sawTrade }
        if trigger == .bar { isTriggered = unsafe state.pointee.sawBar }
        if trigger == .interval {
            isTriggered = unsafe frameTimeNs >= state.pointee.nextIntervalNs
            // A multiple that passes while the book is not valid is made up for afterwards.
            if unsafe isTriggered && state.pointee.isValid {
                unsafe state.pointee.nextIntervalNs = (frameTimeNs / intervalNs &+ 1) &* intervalNs
            }
        }
        unsafe state.pointee.sawQuote = false
        unsafe state.pointee.sawTrade = false
        unsafe state.pointee.sawBar = false
        if unsafe isTriggered && state.pointee.isValid { emitVector(id) }
    }

    @_noAllocation @_noLocks
    private mutating func emitVector(_ id: UInt32) {
        let state = unsafe states + Int(id)
        guard let vector = unsafe features.claim() else {
            counters.stalls.increment()
            return
        }
        // Only what is used: the lines behind the last feature are never touched.
        unsafe apus_zero(vector, Self.valuesOffset)
        unsafe vector.pointee.sequence = frameSequence
        unsafe vector.pointee.ingressTimeNs = frameTimeNs
        unsafe vector.pointee.venueTimeNs = frameVenueNs
        unsafe vector.pointee.bid = unsafe PriceTicks(rawValue: state.pointee.top.bid)
        unsafe vector.pointee.ask = unsafe PriceTicks(rawValue: state.pointee.top.ask)
        unsafe vector.pointee.bidQuantity = unsafe QuantityLots(
            rawValue: state.pointee.top.bidQuantity)
        unsafe vector.pointee.askQuantity = unsafe QuantityLots(
            rawValue: state.pointee.top.askQuantity)
        unsafe vector.pointee.bookTimeNs = unsafe state.pointee.bookTimeNs
        unsafe vector.pointee.instrumentID = id
        unsafe vector.pointee.featureCount = UInt16(truncatingIfNeeded: plan.count)
        unsafe vector.pointee.trigger = trigger
        let values = unsafe UnsafeMutableRawPointer(vector).advanced(by: Self.valuesOffset)
            .assumingMemoryBound(to: Float.self)
        let numbers = unsafe state.pointee.barNumbers
        var refused = unsafe state.pointee.features.fill(values, bars: numbers)
        var isWarm = unsafe state.pointee.features.isWarm(numbers)
        var index = 0
        while index < plan.leaderCount {
            let place = unsafe values + Int(plan.leaders[index].place)
            let isKnown = unsafe fillLeader(plan.leaders + index, place, &refused)
            isWarm = isWarm && isKnown
            index &+= 1
        }
        // Models read values in fours.
        index = plan.count
        while index & 3 != 0 {
            unsafe values[index] = 0
            index &+= 1
        }
        if refused > 0 { counters.infiniteFeatures.add(refused) }
        unsafe vector.pointee.isWarm = isWarm && refused == 0 ? 1 : 0
        features.publish()
        counters.features.increment()
        // The slot is this stage's alone until the ring comes round: it still holds the vector.
        if featureTap != nil { unsafe copyToTap(vector) }
    }

    @_noAllocation @_noLocks
    private mutating func copyToTap(_ vector: UnsafePointer<FeatureVector>) {
        guard let slot = unsafe featureTap!.claim() else {
            counters.droppedVectors.increment()
            return
        }
        unsafe apus_copy(slot, vector, Self.valuesOffset &+ (plan.count &+ 3) / 4 &* 16)
        featureTap!.publish()
    }

    /// Bytes in front of a vector's values.
    private static var valuesOffset: Int {
        @_noAllocation @_noLocks
        get { 72 }
    }

    /// Writes what another instrument's history gives at this moment; 0 while its book is not
    /// valid.
    ///
    /// - Returns: Whether it has its history.
    @_noAllocation @_noLocks
    private mutating func fillLeader(
        _ feature: UnsafePointer<LeaderFeature>, _ place: UnsafeMutablePointer<Float>,
        _ refused: inout Int
    ) -> Bool {
        let state = unsafe states + Int(feature.pointee.instrument)
        if unsafe !state.pointee.isValid {
            unsafe place.pointee = 0
            return false
        }
        unsafe state.pointee.features.advance(to: frameTimeNs)
        let numbers = unsafe state.pointee.barNumbers
        let operation = unsafe feature.pointee.operation
        let value = unsafe state.pointee.features.value(operation, bars: numbers)
        if unsafe !FeatureValue.store(value, in: place) { refused &+= 1 }
        return unsafe state.pointee.features.has(feature.pointee.needs)
            && state.pointee.features.isReady(operation, numbers)
    }
}

// MARK: - For replay and tests; cold

/// Level 1 of a book; prices are 0 where a side is empty.
public struct BookQuote: Equatable, Sendable {
    public let bid: PriceTicks
    public let bidQuantity: QuantityLots
    public let ask: PriceTicks
    public let askQuantity: QuantityLots
    public let updateID: UInt64
}

/// A whole book, best level first on both sides.
public struct BookDump: Sendable {
    public let bids: [PriceLevel]
    public let asks: [PriceLevel]
    public let updateID: UInt64
    public let gaps: UInt64
    public let resyncs: UInt64
    /// Updates applied since the start.
    public let appliedUpdates: UInt64
    /// Levels in those updates.
    public let appliedLevels: UInt64
    /// Updates the snapshots already held.
    public let staleUpdates: UInt64
    public let isInSync: Bool
}

extension KernelStage {
    private func checked(_ id: UInt32) -> UnsafeMutablePointer<InstrumentState> {
        precondition(Int(id) < instrumentCount, "an instrument of the table")
        return unsafe states + Int(id)
    }

    /// Level 1 of the book itself, without the fast quote; all 0 while the book is not in sync.
    public func quote(of id: UInt32) -> BookQuote {
        let state = unsafe checked(id)
        if unsafe !state.pointee.sync.isInSync {
            return BookQuote(
                bid: PriceTicks(rawValue: 0), bidQuantity: QuantityLots(rawValue: 0),
                ask: PriceTicks(rawValue: 0), askQuantity: QuantityLots(rawValue: 0), updateID: 0)
        }
        let bid = unsafe state.pointee.sync.book.bestBid
        let ask = unsafe state.pointee.sync.book.bestAsk
        return unsafe BookQuote(
            bid: bid.price, bidQuantity: bid.quantity, ask: ask.price, askQuantity: ask.quantity,
            updateID: state.pointee.sync.lastUpdateID)
    }

    /// Every level of the book, whether in sync or not.
    public func book(of id: UInt32) -> BookDump {
        let state = unsafe checked(id)
        return unsafe BookDump(
            bids: state.pointee.sync.book.levels(side: .buy),
            asks: state.pointee.sync.book.levels(side: .sell),
            updateID: state.pointee.sync.lastUpdateID, gaps: state.pointee.sync.gapCount,
            resyncs: state.pointee.sync.resyncCount,
            appliedUpdates: state.pointee.sync.appliedCount,
            appliedLevels: state.pointee.sync.appliedLevelCount,
            staleUpdates: state.pointee.sync.staleCount, isInSync: state.pointee.sync.isInSync)
    }

    /// Updates applied to the book since the start: cheap, for stepping to a checkpoint.
    public func appliedUpdates(of id: UInt32) -> UInt64 {
        unsafe checked(id).pointee.sync.appliedCount
    }

    /// True when decisions on the instrument may be asked for.
    public func isBookValid(of id: UInt32) -> Bool { unsafe checked(id).pointee.isValid }

    /// The value at `place` of the instrument's own features as it stands, before it is rounded for
    /// a vector; of a leader's, 0.
    public func feature(of id: UInt32, place: Int) -> Double {
        precondition(place >= 0 && place < plan.count, "a feature of the schema")
        let state = unsafe checked(id)
        return unsafe state.pointee.features.value(
            plan.operations[place], bars: state.pointee.barNumbers)
    }

    /// The newest final number of `column` of the configured indicators, as `IndicatorPlan.column`
    /// tells it, in time frame `index` of those configured.
    public func indicatorValue(of id: UInt32, timeframe index: Int, column: Int) -> Double {
        unsafe checked(id).pointee.indicatorValue(timeframe: index, column: column)
    }

    /// The current bar of that time frame as it stands; `nil` before the first trade.
    public func formingBar(of id: UInt32, timeframe index: Int) -> Bar? {
        let state = unsafe checked(id)
        var bar = Bar()
        let isThere = unsafe state.pointee.timeframes[index].builder.formingBar(into: &bar)
        bar.instrumentID = id
        bar.timeframe = UInt32(index)
        return isThere ? bar : nil
    }

    /// The same as if the current bar closed as it stands.
    public func formingValue(of id: UInt32, timeframe index: Int, column: Int) -> Double {
        unsafe checked(id).pointee.formingValue(timeframe: index, column: column)
    }
}

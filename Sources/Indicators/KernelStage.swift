//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
public import CMessages
import CTelemetry
import MarketData
public import Messages
public import Pipeline
public import Rings
public import Telemetry

/// Turns market events into books, bars, indicators, reference prices and feature vectors.
///
/// One event ring in. Out: features, references and snapshot requests, which stall the stage while
/// they are full, and the taps for bars, indicator values and vectors, which drop and count. Room
/// for all that one event can cause is checked before the event is taken, so an event is handled
/// whole or not at all; a timer concerns every instrument and is handled one instrument at a time.
/// Rings that stall need a capacity of at least 4.
///
/// The book is valid for decisions when it is in sync and the *top*, the newer by update id of its
/// best levels and the fast quote, is uncrossed. A vector is made at most once per frame and
/// instrument, when the frame's last record was handled, and only on a valid book.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
public struct KernelStage: ~Copyable, Stage {
    static var batchMax: Int {
        @_noAllocation @_noLocks
        get { 64 }
    }
    static var noInstrument: UInt32 {
        @_noAllocation @_noLocks
        get { UInt32.max }
    }

    /// What the values of its feature vectors mean.
    public let schema: FeatureSchema

    let plan: FeaturePlan
    var events: RingConsumer<MarketEvent>
    var features: RingProducer<FeatureVector>
    var references: RingProducer<ReferencePrice>
    /// Takes a copy of every reference price; `nil`: nobody works parent orders.
    var executionReferences: RingProducer<ReferencePrice>?
    var requests: RingProducer<SnapshotRequest>
    var bars: RingProducer<Bar>
    var indicators: RingProducer<IndicatorValues>
    /// Takes a copy of every vector; `nil`: nobody asked for them.
    var featureTap: RingProducer<FeatureVector>?
    /// Takes a copy of every quote that risk is told; `nil`: nobody asked. Set before the start.
    public var quoteTap: RingProducer<ReferencePrice>?
    let counters: KernelCounters
    let states: UnsafeMutablePointer<InstrumentState>
    let instrumentCount: Int
    let scratchBar: UnsafeMutablePointer<Bar>
    let scratchStatus: UnsafeMutablePointer<InstrumentData>
    let trigger: Trigger
    let intervalNs: UInt64
    let freshnessNs: UInt64

    // The frame that is being handled.
    var frameSequence: UInt64 = 0
    var frameTimeNs: UInt64 = 0
    var frameVenueNs: UInt64 = 0
    /// The instrument whose part of the frame is not finished.
    var activeID = KernelStage.noInstrument
    /// How many instruments have seen the timer at the ring's head.
    var timerCursor = 0
    private var watermark: UInt64 = 0

    /// - Precondition: `configuration.problem(of: instruments)` is `nil`, and the schema is good
    ///   for them.
    public init(
        configuration: KernelConfiguration, instruments: InstrumentTable,
        events: consuming RingConsumer<MarketEvent>,
        features: consuming RingProducer<FeatureVector>,
        references: consuming RingProducer<ReferencePrice>,
        executionReferences: consuming RingProducer<ReferencePrice>? = nil,
        snapshotRequests: consuming RingProducer<SnapshotRequest>,
        bars: consuming RingProducer<Bar>,
        indicators: consuming RingProducer<IndicatorValues>,
        featureTap: consuming RingProducer<FeatureVector>? = nil, telemetry: TelemetryWriter
    ) {
        precondition(
            configuration.problem(of: instruments) == nil, "bars that can be built")
        precondition(configuration.intervalNs > 0, "an interval longer than nothing")
        guard let schema = try? configuration.schema(instruments: instruments) else {
            preconditionFailure("features that can be computed")
        }
        self.schema = schema
        let plan = FeatureProgram(
            schema, barPlace: configuration.barPlace,
            leader: { instruments.ids(named: $0)[0] }
        ).plan
        self.plan = plan
        self.events = events
        self.features = features
        self.references = references
        self.executionReferences = executionReferences
        requests = snapshotRequests
        self.bars = bars
        self.indicators = indicators
        self.featureTap = featureTap
        quoteTap = nil
        counters = KernelCounters(telemetry: telemetry)
        trigger = configuration.trigger
        intervalNs = configuration.intervalNs
        freshnessNs = configuration.freshnessNs
        instrumentCount = instruments.count
        unsafe scratchBar = UnsafeMutablePointer<Bar>.allocate(capacity: 1)
        unsafe scratchBar.initialize(to: Bar())
        unsafe scratchStatus = UnsafeMutablePointer<InstrumentData>.allocate(capacity: 1)
        unsafe scratchStatus.initialize(to: InstrumentData())
        unsafe states = UnsafeMutablePointer<InstrumentState>.allocate(capacity: instruments.count)
        let bookCounters = BookCounters(telemetry: telemetry)
        for index in 0..<instruments.count {
            let instrument = instruments[UInt32(index)]
            let isShown = index < Int(APUS_TELEMETRY_INSTRUMENT_MAX)
            let status = unsafe isShown ? telemetry.instrument(UInt32(index)) : scratchStatus
            if isShown { unsafe Self.describe(instrument, in: status) }
            unsafe (states + index).initialize(
                to: InstrumentState(
                    instrument: instrument, configuration: configuration, plan: plan,
                    counters: bookCounters, status: status))
        }
    }

    deinit {
        for index in 0..<instrumentCount { unsafe (states + index).deinitialize(count: 1) }
        unsafe states.deallocate()
        unsafe scratchBar.deallocate()
        unsafe scratchStatus.deallocate()
    }

    /// Writes what an observer needs to show the instrument's numbers.
    private static func describe(
        _ instrument: Instrument, in status: UnsafeMutablePointer<InstrumentData>
    ) {
        unsafe store(instrument.symbolText, in: UnsafeMutableRawPointer(status), size: 24)
        unsafe store(instrument.venue.text, in: UnsafeMutableRawPointer(status) + 24, size: 16)
        unsafe status.pointee.tickLotValueE12 = instrument.tickLotValueE12
        unsafe status.pointee.priceDecimals = instrument.priceDecimals
        unsafe status.pointee.quantityDecimals = instrument.quantityDecimals
        unsafe status.pointee.tickMantissa = instrument.tickMantissa
    }

    private static func store(_ text: String, in memory: UnsafeMutableRawPointer, size: Int) {
        for (index, byte) in text.utf8.prefix(size - 1).enumerated() {
            unsafe memory.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
    }

    @_noAllocation @_noLocks
    public mutating func poll() -> Int {
        let drainedTo = events.watermark()
        var handled = 0
        var sure = 0
        while handled < Self.batchMax, let event = unsafe events.peek() {
            if sure == 0 {
                sure = roomInEvents()
                if sure == 0 {
                    counters.stalls.increment()
                    break
                }
            }
            sure &-= 1
            handled &+= 1
            if unsafe takeMoreLevels(event) {
                events.release()
                continue
            }
            if unsafe event.pointee.kind == .timer {
                unsafe takeTimer(event)
                if timerCursor < instrumentCount { continue }
                timerCursor = 0
            } else {
                unsafe take(event)
            }
            events.release()
        }
        if handled > 0 { counters.events.add(handled) }
        advanceWatermarks(drainedTo)
        return handled
    }

    /// How many events find room for all that they can cause, the end of another instrument's part
    /// included.
    @_noAllocation @_noLocks
    private mutating func roomInEvents() -> Int {
        var room = min(features.room(wanted: 2) &>> 1, requests.room(wanted: 2) &>> 1)
        room = min(room, references.room(wanted: 4) &>> 2)
        if executionReferences != nil {
            room = min(room, executionReferences!.room(wanted: 4) &>> 2)
        }
        return room
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func advanceWatermarks(_ drainedTo: UInt64) {
        var bound = drainedTo
        if let head = unsafe events.peek() {
            let isLevels = unsafe head.pointee.kind == .bookLevels
            bound = unsafe (isLevels ? frameSequence : head.pointee.words.0) &- 1
        } else if activeID != Self.noInstrument && bound >= frameSequence {
            // The frame ended without a flag: what it caused must go out before the claim.
            if roomInEvents() == 0 { return }
            finish(activeID)
        }
        if bound <= watermark || bound == UInt64.max { return }
        watermark = bound
        features.advanceWatermark(to: bound)
        references.advanceWatermark(to: bound)
        if executionReferences != nil { executionReferences!.advanceWatermark(to: bound) }
        requests.advanceWatermark(to: bound)
        bars.advanceWatermark(to: bound)
        indicators.advanceWatermark(to: bound)
        if quoteTap != nil { quoteTap!.advanceWatermark(to: bound) }
    }
}

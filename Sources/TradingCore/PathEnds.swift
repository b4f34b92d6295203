//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Pipeline
import Rings

/// Every end of one path's rings, ready to be given to the stages.
struct PathEnds: ~Copyable {
    var frames: RingConsumer<FrameDescriptor>
    var events: RingProducer<MarketEvent>
    var eventsIn: RingConsumer<MarketEvent>
    var reports: RingProducer<ExecutionReport>
    var reportsIn: RingConsumer<ExecutionReport>
    var features: RingProducer<FeatureVector>
    var featuresIn: RingConsumer<FeatureVector>
    var references: RingProducer<ReferencePrice>
    var referencesIn: RingConsumer<ReferencePrice>
    var signals: RingProducer<Signal>
    var signalsIn: RingConsumer<Signal>
    var intents: RingProducer<OrderIntent>
    var intentsIn: RingConsumer<OrderIntent>
    var commands: RingProducer<OrderIntent>
    var commandsIn: RingConsumer<OrderIntent>
    var verdicts: RingProducer<RiskVerdict>
    var verdictsIn: RingConsumer<RiskVerdict>
    var riskUpdates: RingProducer<ExecutionReport>
    var riskUpdatesIn: RingConsumer<ExecutionReport>
    var strategyUpdates: RingProducer<ExecutionReport>
    var strategyUpdatesIn: RingConsumer<ExecutionReport>
    var executionReferences: RingProducer<ReferencePrice>
    var executionReferencesIn: RingConsumer<ReferencePrice>
    var executionUpdates: RingProducer<ExecutionReport>
    var executionUpdatesIn: RingConsumer<ExecutionReport>
    var parents: RingProducer<OrderIntent>
    var parentsIn: RingConsumer<OrderIntent>
    var parentReports: RingProducer<ExecutionReport>
    var parentReportsIn: RingConsumer<ExecutionReport>
    var children: RingProducer<OrderIntent>
    var childrenIn: RingConsumer<OrderIntent>
    var childVerdicts: RingProducer<RiskVerdict>
    var childVerdictsIn: RingConsumer<RiskVerdict>
    var snapshots: RingProducer<SnapshotRequest>
    var queries: RingProducer<OrderIntent>
    var bars: RingProducer<Bar>
    var indicators: RingProducer<IndicatorValues>
    var fills: RingProducer<ExecutionReport>
    /// Where the kernel puts copies of its vectors; `nil`: nowhere.
    var featureTap: RingProducer<FeatureVector>?

    /// The ends of `rings`, each ring leading from one stage straight to the next.
    ///
    /// - Precondition: nobody has taken an end of these rings.
    init(_ rings: PathRings) {
        frames = try! rings.frames.makeConsumer()
        events = try! rings.events.makeProducer()
        eventsIn = try! rings.events.makeConsumer()
        reports = try! rings.reports.makeProducer()
        reportsIn = try! rings.reports.makeConsumer()
        features = try! rings.features.makeProducer()
        featuresIn = try! rings.features.makeConsumer()
        references = try! rings.references.makeProducer()
        referencesIn = try! rings.references.makeConsumer()
        signals = try! rings.signals.makeProducer()
        signalsIn = try! rings.signals.makeConsumer()
        intents = try! rings.intents.makeProducer()
        intentsIn = try! rings.intents.makeConsumer()
        commands = try! rings.commands.makeProducer()
        commandsIn = try! rings.commands.makeConsumer()
        verdicts = try! rings.verdicts.makeProducer()
        verdictsIn = try! rings.verdicts.makeConsumer()
        riskUpdates = try! rings.riskUpdates.makeProducer()
        riskUpdatesIn = try! rings.riskUpdates.makeConsumer()
        strategyUpdates = try! rings.strategyUpdates.makeProducer()
        strategyUpdatesIn = try! rings.strategyUpdates.makeConsumer()
        executionReferences = try! rings.executionReferences.makeProducer()
        executionReferencesIn = try! rings.executionReferences.makeConsumer()
        executionUpdates = try! rings.executionUpdates.makeProducer()
        executionUpdatesIn = try! rings.executionUpdates.makeConsumer()
        parents = try! rings.parents.makeProducer()
        parentsIn = try! rings.parents.makeConsumer()
        parentReports = try! rings.parentReports.makeProducer()
        parentReportsIn = try! rings.parentReports.makeConsumer()
        children = try! rings.children.makeProducer()
        childrenIn = try! rings.children.makeConsumer()
        childVerdicts = try! rings.childVerdicts.makeProducer()
        childVerdictsIn = try! rings.childVerdicts.makeConsumer()
        snapshots = try! rings.snapshots.makeProducer()
        queries = try! rings.queries.makeProducer()
        bars = try! rings.bars.makeProducer()
        indicators = try! rings.indicators.makeProducer()
        fills = try! rings.fills.makeProducer()
    }
}

/// Relays set between stages where a replay wants to look, each with a ring of its own.
final class ReplayRelays {
    private var extra: [Any] = []
    private(set) var events: Relay<MarketEvent>?
    private(set) var features: Relay<FeatureVector>?
    private(set) var signals: Relay<Signal>?
    private(set) var intents: Relay<OrderIntent>?
    private(set) var verdicts: Relay<RiskVerdict>?
    private(set) var children: Relay<OrderIntent>?
    private(set) var childVerdicts: Relay<RiskVerdict>?

    /// Redirects in `ends` what `sinks` asks for.
    init(_ sinks: ReplaySinks, _ ends: inout PathEnds) throws(RingError) {
        unsafe events = try insert(8_192, &ends.eventsIn, sinks.event)
        unsafe features = try insert(256, &ends.featuresIn, sinks.feature)
        unsafe signals = try insert(1_024, &ends.signalsIn, sinks.signal)
        unsafe intents = try insert(256, &ends.intentsIn, sinks.intent)
        unsafe verdicts = try insert(256, &ends.verdictsIn, sinks.verdict)
        unsafe children = try insert(1_024, &ends.childrenIn, sinks.child)
        unsafe childVerdicts = try insert(1_024, &ends.childVerdictsIn, sinks.childVerdict)
    }

    /// Keeps a ring's memory alive.
    private final class Holder<Message: BitwiseCopyable> {
        var memory: RingMemory<Message>
        init(_ memory: consuming RingMemory<Message>) { self.memory = memory }
    }

    /// A relay in front of `end` when there is a sink.
    private func insert<Message: BitwiseCopyable>(
        _ capacity: Int, _ end: inout RingConsumer<Message>,
        _ sink: ((UnsafePointer<Message>) -> Void)?
    ) throws(RingError) -> Relay<Message>? {
        guard let sink = unsafe sink else { return nil }
        let holder = Holder<Message>(try RingMemory(capacity: capacity))
        extra.append(holder)
        var other = try holder.memory.makeConsumer()
        swap(&other, &end)
        return unsafe Relay(input: other, output: try holder.memory.makeProducer(), sink: sink)
    }
}

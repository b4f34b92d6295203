//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Messages
import Platform
import Rings

/// The memory of every ring of one path, with its full-policy:
///
/// | ring | from → to | when full |
/// |---|---|---|
/// | frames | reader → parser | stall: TCP holds the bytes, staleness is risk's control 13 |
/// | inbox | cold thread → reader | the cold thread tries again |
/// | events | parser → kernel | stall |
/// | reports | parser → gateway | stall |
/// | features, references | kernel → inference, risk, execution | stall |
/// | signals | inference → strategy | stall |
/// | intents, parents | strategy → risk, execution | stall |
/// | children, parent reports | execution → risk, strategy | stall |
/// | commands, verdicts | risk → gateway, strategy, execution | stall |
/// | updates | gateway → risk, strategy, execution | stall |
/// | snapshots | kernel → cold thread | the kernel asks again later |
/// | queries | gateway → cold thread | the gateway asks again later |
/// | bars, indicators, fills, outliers | taps | drop and count |
///
/// The journal reads verdicts along, beside their readers: a journal that is half a ring behind
/// loses them and counts. Frames, order bytes and notes reach it by taps of its own, `JournalTaps`.
final class PathRings {
    var frames: RingMemory<FrameDescriptor>
    var inbox: RingMemory<FrameDescriptor>
    var outbox: RingMemory<OutboundText>
    var events: RingMemory<MarketEvent>
    var reports: RingMemory<ExecutionReport>
    var features: RingMemory<FeatureVector>
    var references: RingMemory<ReferencePrice>
    var signals: RingMemory<Signal>
    var intents: RingMemory<OrderIntent>
    var commands: RingMemory<OrderIntent>
    var verdicts: RingMemory<RiskVerdict>
    var riskUpdates: RingMemory<ExecutionReport>
    var strategyUpdates: RingMemory<ExecutionReport>
    var executionReferences: RingMemory<ReferencePrice>
    var executionUpdates: RingMemory<ExecutionReport>
    var parents: RingMemory<OrderIntent>
    var parentReports: RingMemory<ExecutionReport>
    var children: RingMemory<OrderIntent>
    var childVerdicts: RingMemory<RiskVerdict>
    var snapshots: RingMemory<SnapshotRequest>
    var queries: RingMemory<OrderIntent>
    var bars: RingMemory<Bar>
    var indicators: RingMemory<IndicatorValues>
    var fills: RingMemory<ExecutionReport>
    var outliers: RingMemory<OutlierSample>

    /// - Parameter directory: Where the segments lie; `nil`: private memory.
    init(directory: InstanceDirectory?) throws(RingError) {
        frames = try Self.ring("frames", 4_096, directory)
        inbox = try Self.ring("inbox", 64, directory)
        outbox = try Self.ring("outbox", 64, directory)
        events = try Self.ring("events", 8_192, directory)
        reports = try Self.ring("reports", 1_024, directory)
        features = try Self.ring("features", 256, directory)
        references = try Self.ring("references", 1_024, directory)
        signals = try Self.ring("signals", 1_024, directory)
        intents = try Self.ring("intents", 256, directory)
        commands = try Self.ring("commands", 256, directory)
        verdicts = try Self.ring("verdicts", 256, directory)
        riskUpdates = try Self.ring("updates.risk", 1_024, directory)
        strategyUpdates = try Self.ring("updates.strategy", 1_024, directory)
        executionReferences = try Self.ring("references.execution", 1_024, directory)
        executionUpdates = try Self.ring("updates.execution", 1_024, directory)
        parents = try Self.ring("parents", 256, directory)
        parentReports = try Self.ring("reports.parents", 256, directory)
        // Room for what one record can cause of every parent.
        children = try Self.ring("children", 1_024, directory)
        childVerdicts = try Self.ring("verdicts.children", 1_024, directory)
        snapshots = try Self.ring("snapshots", 256, directory)
        queries = try Self.ring("queries", 256, directory)
        bars = try Self.ring("bars", 4_096, directory)
        indicators = try Self.ring("indicators", 4_096, directory)
        fills = try Self.ring("fills", 4_096, directory)
        outliers = try Self.ring("outliers", 256, directory)
    }

    private static func ring<Message: BitwiseCopyable>(
        _ name: String, _ capacity: Int, _ directory: InstanceDirectory?
    ) throws(RingError) -> RingMemory<Message> {
        guard let directory else { return try RingMemory(capacity: capacity) }
        return try RingMemory(capacity: capacity, path: directory.segment("ring.\(name)"))
    }

    /// Touches every ring.
    func prefault() {
        frames.prefault()
        inbox.prefault()
        outbox.prefault()
        events.prefault()
        reports.prefault()
        features.prefault()
        references.prefault()
        signals.prefault()
        intents.prefault()
        commands.prefault()
        verdicts.prefault()
        riskUpdates.prefault()
        strategyUpdates.prefault()
        executionReferences.prefault()
        executionUpdates.prefault()
        parents.prefault()
        parentReports.prefault()
        children.prefault()
        childVerdicts.prefault()
        snapshots.prefault()
        queries.prefault()
        bars.prefault()
        indicators.prefault()
        fills.prefault()
        outliers.prefault()
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
public import Execution
public import Gateway
public import Indicators
public import Inference
public import Messages
import Pipeline
import Rings
public import Risk
public import Strategy
import Telemetry
import Venues

/// What the stages behind the reader are told at start-up.
public struct PathConfiguration {
    public var kernel: KernelConfiguration
    public var models: [EnsembleMember]
    public var ensembleLimits = EnsembleLimits()
    public var strategy: StrategyConfiguration
    public var execution = ExecutionConfiguration()
    /// How the strategy's orders are worked.
    public var algorithm = ExecutionAlgorithm.none
    public var sizing = SizingParameters()
    public var risk: RiskLimits
    public var gateway: GatewayConfiguration
    /// The first order id is one above; no other session may have used it.
    public var orderIDBase: UInt64
    /// Connections that carry the same public streams, 1...4.
    public var lineCount = 1

    public init(
        kernel: KernelConfiguration, models: [EnsembleMember], strategy: StrategyConfiguration,
        risk: RiskLimits, gateway: GatewayConfiguration, orderIDBase: UInt64
    ) {
        self.kernel = kernel
        self.models = models
        self.strategy = strategy
        self.risk = risk
        self.gateway = gateway
        self.orderIDBase = orderIDBase
    }
}

/// The connections every path has, by id.
public enum ConnectionID {
    public static let inbox: UInt16 = 0
    public static let quotes: UInt16 = 1
    public static let marks: UInt16 = 2
    public static let userStream: UInt16 = 3
    public static let orderEntry: UInt16 = 4
    static let count = 5

    /// The connection of line `line` of the public streams.
    static func line(_ line: Int) -> UInt16 {
        line == 0 ? quotes : UInt16(count + line - 1)
    }

    /// What each connection carries.
    ///
    /// Further lines of the public streams stand behind the connections named above.
    static func roles(_ instruments: InstrumentTable, lineCount: Int) -> [ConnectionRole] {
        let ids = (0..<instruments.count).map { UInt32($0) }
        let venue = ids.isEmpty ? Venue.binanceUSDM : instruments[0].venue
        return [
            .inbox, .market(instruments: ids, venue: venue),
            .market(instruments: [], venue: venue), .userStream, .orderEntry,
        ] + (1..<max(1, lineCount)).map { .market(instruments: ids, venue: venue, line: $0) }
    }
}

/// The stages behind the reader, made and wired.
///
/// SAFETY: the memory of the stages is kept until the process ends.
@safe
struct PathStages {
    let parser: UnsafeMutablePointer<ParserStage>
    let kernel: UnsafeMutablePointer<KernelStage>
    let inference: UnsafeMutablePointer<InferenceStage>
    let strategy: UnsafeMutablePointer<StrategyStage>
    let execution: UnsafeMutablePointer<ExecutionStage>
    let risk: UnsafeMutablePointer<RiskStage>
    let gateway: UnsafeMutablePointer<GatewayStage>
    /// The cold side of the inference stage.
    let ensemble: EnsembleControl

    /// - Parameters:
    ///   - byteRings: The consuming ends, by connection id; kept by the parser.
    ///   - clock: For the gateway's one latency stamp; `nil` in replay.
    ///   - symbolsVenue: Whose symbols messages in Binance's form name, where it is not what the
    ///     roles say: the stand-in venue of a replay speaks in that form for every venue.
    init(
        _ ends: consuming PathEnds, _ configuration: PathConfiguration,
        instruments: InstrumentTable, byteRings: UnsafeMutablePointer<ByteRingConsumer>,
        roles: [ConnectionRole], routes: [OrderRoute], control: ControlHandle, clock: WallClock?,
        telemetry: TelemetryWriter, symbolsVenue: Venue? = nil
    ) throws {
        unsafe parser = unsafe Self.place(
            ParserStage(
                frames: ends.frames, byteRings: byteRings,
                roles: roles,
                events: ends.events, reports: ends.reports, instruments: instruments,
                telemetry: telemetry, venue: symbolsVenue))
        unsafe kernel = unsafe Self.place(
            KernelStage(
                configuration: configuration.kernel, instruments: instruments,
                events: ends.eventsIn, features: ends.features, references: ends.references,
                executionReferences: ends.executionReferences,
                snapshotRequests: ends.snapshots, bars: ends.bars, indicators: ends.indicators,
                featureTap: ends.featureTap, telemetry: telemetry))
        ensemble = EnsembleControl(
            configuration.models, instrumentCount: instruments.count,
            limits: configuration.ensembleLimits)
        unsafe inference = unsafe Self.place(
            InferenceStage(
                ensemble: ensemble, features: ends.featuresIn, signals: ends.signals,
                telemetry: telemetry))
        unsafe strategy = unsafe Self.place(
            StrategyStage(
                configuration: configuration.strategy, instruments: instruments,
                signals: ends.signalsIn, updates: ends.strategyUpdatesIn,
                verdicts: ends.verdictsIn, intents: ends.intents,
                parents: ends.parents, parentReports: ends.parentReportsIn,
                algorithm: configuration.algorithm, sizing: configuration.sizing,
                orderIDBase: configuration.orderIDBase, telemetry: telemetry))
        unsafe execution = unsafe Self.place(
            ExecutionStage(
                configuration: configuration.execution, instruments: instruments,
                references: ends.executionReferencesIn, updates: ends.executionUpdatesIn,
                parents: ends.parentsIn, childVerdicts: ends.childVerdictsIn,
                children: ends.children, parentReports: ends.parentReports, control: control,
                orderIDBase: configuration.orderIDBase, telemetry: telemetry))
        unsafe risk = unsafe Self.place(
            RiskStage(
                limits: configuration.risk, instruments: instruments, intents: ends.intentsIn,
                references: ends.referencesIn, updates: ends.riskUpdatesIn,
                commands: ends.commands, verdicts: ends.verdicts, control: control,
                telemetry: telemetry, children: ends.childrenIn,
                childVerdicts: ends.childVerdicts))
        unsafe gateway = unsafe Self.place(
            try GatewayStage(
                configuration: configuration.gateway, instruments: instruments,
                commands: ends.commandsIn, reports: ends.reportsIn,
                riskUpdates: ends.riskUpdates, strategyUpdates: ends.strategyUpdates,
                executionUpdates: ends.executionUpdates,
                fills: ends.fills, queries: ends.queries, routes: routes, control: control,
                clock: clock, telemetry: telemetry))
    }

    /// Polls every stage until nothing is left to do.
    ///
    /// - Precondition: no thread polls them.
    func drain() {
        // A watermark that is passed on counts as no work: see `ReplayPath.drain`.
        var quiet = 0
        while quiet < 4 { quiet = poll() == 0 ? quiet + 1 : 0 }
    }

    private func poll() -> Int {
        var work = unsafe parser.pointee.poll() + gateway.pointee.poll()
        unsafe work += kernel.pointee.poll() + inference.pointee.poll()
        unsafe work += strategy.pointee.poll() + execution.pointee.poll()
        unsafe work += risk.pointee.poll() + gateway.pointee.poll()
        return work
    }

    /// A stage in memory of its own, on a page of its own, kept until the process ends.
    static func place<S: ~Copyable>(_ stage: consuming S) -> UnsafeMutablePointer<S> {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: (MemoryLayout<S>.size + 4_095) / 4_096 * 4_096, alignment: 4_096)
        let pointer = unsafe memory.bindMemory(to: S.self, capacity: 1)
        unsafe pointer.initialize(to: stage)
        return unsafe pointer
    }
}

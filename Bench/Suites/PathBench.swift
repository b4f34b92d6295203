//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CTLS
import Configuration
import Gateway
import Indicators
import Inference
import Networks
import Risk
import Strategy
import TradingCore
import Venues

/// The whole path on one thread (target P1): from ciphertext in the receive memory to the encrypted
/// order in the send buffer, through the production stages. The order's network and the venue's
/// answers lie between two measurements.
///
/// - *warm*: one after the other, with the answers' way through the same stages in between.
/// - *cold*: in between, a TLS handshake of strangers and a walk over 8 MiB, which leave little of
///   the path in the first two cache levels and in the branch predictors.
/// - The parts are measured in runs of their own; each contains one reading of the counter.
let pathSuite = BenchSuite(
    name: "path",
    measurements: PathVariant.allCases.flatMap { variant in
        PathState.allCases.map { variant.title($0) }
            + PathState.allCases.flatMap { state in
                PathPart.allCases.map { variant.title(state, $0) }
            }
    }, run: pathBench)

private enum PathVariant: String, CaseIterable {
    case reflex
    /// With a linear model over every feature.
    case signalThreshold = "signal-threshold"
    /// With that and an LSTM of 64 units over 50 vectors beside it.
    case network = "lstm-1x64"
    /// The same on an order session that is logged on, whose orders are not signed one by one.
    case networkSession = "lstm-1x64-session"

    var strategy: String { self == .reflex ? "reflex" : "signal-threshold" }

    func title(_ state: PathState) -> String { "path/\(rawValue)/\(state.rawValue)" }
    func title(_ state: PathState, _ part: PathPart) -> String {
        "\(title(state))/\(part.rawValue)"
    }
}

private enum PathState: String, CaseIterable {
    case warm
    case cold
}

private enum PathPart: String, CaseIterable {
    case open = "open+frame"
    case parse
    case kernel
    case model
    case strategy
    case risk
    case encode = "encode+sign"
    case seal
}

@Sendable private func pathBench(_ bench: Bench) throws {
    let clock = WallClock.calibrated()
    let disturbance = try Disturbance()
    for variant in PathVariant.allCases {
        let states = PathState.allCases.filter { isWanted(bench, variant, $0) }
        if states.isEmpty { continue }
        for state in states {
            // A path of its own: the hash is of all its orders, whatever was measured before.
            var dry = try DryPath.make(
                try DryPath.settings(variant.strategy), models: try models(variant),
                isSessionAuthenticated: variant == .networkSession, clock: clock,
                startTimeNs: BenchMarket.startTimeNs)
            let samples = bench.parameter(smoke: 2, full: state == .warm ? 2_000 : 200)
            let disturb = state == .cold ? disturbance : nil
            try measureWhole(bench, variant.title(state), &dry, disturb, samples)
            try measureParts(bench, variant, state, &dry, disturb, samples)
        }
    }
}

/// Whether the path in that state, or a part of it, is asked for.
private func isWanted(_ bench: Bench, _ variant: PathVariant, _ state: PathState) -> Bool {
    bench.isWanted(variant.title(state))
        || PathPart.allCases.contains { bench.isWanted(variant.title(state, $0)) }
}

private struct NoOrder: Error {}

private func measureWhole(
    _ bench: Bench, _ name: String, _ dry: inout DryPath, _ disturbance: Disturbance?,
    _ samples: Int
) throws {
    var rounds: [[Double]] = []
    var hash: UInt64 = 0
    for round in 0...bench.roundCount {
        var times: [Double] = []
        for index in 0..<samples {
            dry.prepare()
            disturbance?.run()
            let before = dry.orderCount
            let start = apus_tsc()
            dry.receive()
            _ = dry.loop.round(start)
            let ticks = dry.encryptionTicks.end &- start
            guard dry.orderCount == before + 1 else { throw NoOrder() }
            if round == 0, index == 1 { hash = dry.orderHash }
            dry.settle()
            times.append(bench.ns(ticks))
        }
        if round > 0 { rounds.append(times) }
    }
    bench.record(name, rounds: rounds, hash: hash)
}

private func measureParts(
    _ bench: Bench, _ variant: PathVariant, _ state: PathState, _ dry: inout DryPath,
    _ disturbance: Disturbance?, _ samples: Int
) throws {
    var rounds = PathPart.allCases.map { _ in [[Double]]() }
    for round in 0...bench.roundCount {
        var times = PathPart.allCases.map { _ in [Double]() }
        for _ in 0..<samples {
            dry.prepare()
            disturbance?.run()
            let before = dry.orderCount
            let ticks = parts(&dry)
            guard dry.orderCount == before + 1 else { throw NoOrder() }
            dry.settle()
            for (index, part) in ticks.enumerated() { times[index].append(bench.ns(part)) }
        }
        if round == 0 { continue }
        for index in times.indices { rounds[index].append(times[index]) }
    }
    for (index, part) in PathPart.allCases.enumerated() {
        bench.record(variant.title(state, part), rounds: rounds[index], hash: dry.orderHash)
    }
}

/// One quote through the stages in their order, with a reading between any two.
private func parts(_ dry: inout DryPath) -> [UInt64] {
    let path = dry.path
    let t0 = apus_tsc()
    dry.receive()
    let t1 = apus_tsc()
    _ = unsafe path.parser.pointee.poll()
    let t2 = apus_tsc()
    _ = unsafe path.gateway.pointee.poll()
    _ = unsafe path.kernel.pointee.poll()
    let t3 = apus_tsc()
    _ = unsafe path.inference.pointee.poll()
    let t4 = apus_tsc()
    _ = unsafe path.strategy.pointee.poll()
    let t5 = apus_tsc()
    _ = unsafe path.risk.pointee.poll()
    let t6 = apus_tsc()
    _ = unsafe path.gateway.pointee.poll()
    let sealing = dry.encryptionTicks
    return [
        t1 &- t0, t2 &- t1, t3 &- t2, t4 &- t3, t5 &- t4, t6 &- t5, sealing.begin &- t6,
        sealing.end &- sealing.begin,
    ]
}

private func models(_ variant: PathVariant) throws -> [EnsembleMember] {
    switch variant {
    case .reflex: []
    case .signalThreshold: [try imbalanceModel()]
    case .network, .networkSession: [try imbalanceModel(), lstm()]
    }
}

/// An LSTM that says next to nothing, at its full cost.
private func lstm() -> EnsembleMember {
    let schema = FeatureSchema(timeframeNs: 1_000_000_000)
    let shape = NetworkShape(
        features: schema.features.count, steps: 50, body: .recurrent(.lstm, units: [64]))
    let network = NetworkCase.drawn(shape)
    var description = ModelDescription(
        schemaHash: schema.hash, horizonNs: 1_000_000_000, featureNames: schema.names,
        featureUnits: schema.features.map(\.unit), residualSigmaBps: 2,
        thresholds: ModelThresholds(buyAboveBps: 0.1, sellBelowBps: -0.1, minimumConfidence: 0))
    description.steps = shape.steps
    description.outputScale = 1e-3
    let contents = ModelContents(
        description: description, scale: network.scale, core: .network(network))
    return EnsembleMember(
        name: "lstm",
        model: LoadedModel(scorer: ModelScorer(contents), contents: contents, checksum: 0))
}

/// Follows the imbalance of the best bid and ask; every other feature has a small weight.
private func imbalanceModel() throws -> EnsembleMember {
    let schema = FeatureSchema(timeframeNs: 1_000_000_000)
    let count = schema.features.count
    let parameters = LinearModelParameters(
        schemaHash: schema.hash, horizonNs: 1_000_000_000, featureNames: schema.names,
        featureUnits: schema.features.map(\.unit), mean: Array(repeating: 0, count: count),
        inverseSigma: Array(repeating: 1, count: count),
        weights: (0..<count).map { $0 == 0 ? 1 : 1e-4 }, bias: 0, clip: 5,
        residualSigmaBps: 2,
        thresholds: ModelThresholds(buyAboveBps: 0.1, sellBelowBps: -0.1, minimumConfidence: 0))
    return EnsembleMember(
        name: "imbalance",
        model: try ModelFile.decode(
            ModelFile.encode(parameters.contents), expectedSchemaHash: schema.hash))
}

/// Work that is none of the path's.
///
/// SAFETY: one thread; the memory is kept until the process ends.
@safe
private final class Disturbance {
    private static let size = 8 << 20
    private let memory: UnsafeMutableRawPointer
    private let authority: OpaquePointer

    init() throws {
        guard let authority = unsafe apus_test_authority_create(nil) else { throw NoOrder() }
        unsafe self.authority = unsafe authority
        unsafe memory = .allocate(byteCount: Self.size, alignment: 64)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.size)
    }

    func run() {
        var client: OpaquePointer?
        var server: OpaquePointer?
        var error = [CChar](repeating: 0, count: Int(APUS_TLS_ERROR_MAX))
        if unsafe apus_tls_pair_create(authority, &client, &server, &error) == 0 {
            unsafe apus_tls_session_destroy(client)
            unsafe apus_tls_session_destroy(server)
        }
        for offset in stride(from: 0, to: Self.size, by: 64) {
            let value = unsafe memory.load(fromByteOffset: offset, as: UInt64.self)
            unsafe memory.storeBytes(of: value &+ 1, toByteOffset: offset, as: UInt64.self)
        }
    }
}

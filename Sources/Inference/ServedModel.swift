//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import CRing
import Networks

/// A model with the memory it needs for every instrument: what the hot thread evaluates. Made off
/// the path.
///
/// SAFETY: after it is offered, the hot thread alone writes windows and scratch, until it takes
/// another one.
@safe
final class ServedModel: @unchecked Sendable {
    let model: LoadedModel
    let record: UnsafeMutablePointer<ServedRecord>
    private let windows: NetworkWindowSet?
    private var forest: ScaledForest?
    private let deciles: UnsafeMutablePointer<Float>

    init(_ model: LoadedModel, instruments: Int) {
        self.model = model
        let map = model.scorer.map
        unsafe record = .allocate(capacity: 1)
        unsafe deciles = .allocate(capacity: 9)
        switch model.scorer.core {
        case .linear(let linear):
            windows = nil
            unsafe record.initialize(to: ServedRecord(kind: .linear, map: map))
            unsafe record.pointee.linear = linear
        case .forest(let trees, let scale):
            windows = nil
            let scaled = ScaledForest(trees, scale)
            forest = scaled
            unsafe record.initialize(to: ServedRecord(kind: .forest, map: map))
            unsafe record.pointee.forest = scaled
        case .network(let network):
            let set = NetworkWindowSet(network, count: instruments)
            windows = set
            unsafe record.initialize(to: ServedRecord(kind: .network, map: map))
            unsafe record.pointee.network = unsafe network.code
            unsafe record.pointee.windows = unsafe set.memory
            unsafe record.pointee.windowsSize = network.windowsSize
            unsafe record.pointee.scratch = unsafe set.scratch
        }
        unsafe record.pointee.horizonNs = model.horizonNs
        unsafe record.pointee.checksum = UInt64(model.checksum)
        let deciles = model.description.scoreDeciles
        unsafe record.pointee.hasDeciles = deciles.count == 9
        unsafe self.deciles.initialize(repeating: 0, count: 9)
        for (index, edge) in deciles.enumerated() { unsafe self.deciles[index] = edge }
        unsafe record.pointee.deciles = unsafe UnsafePointer(self.deciles)
    }

    deinit {
        forest?.deallocate()
        unsafe record.deallocate()
        unsafe deciles.deallocate()
    }
}

/// The hot thread's view of a served model.
///
/// SAFETY: points into the `ServedModel` that made it.
@safe
struct ServedRecord {
    enum Kind { case linear, network, forest }

    /// What evaluating one vector brought.
    enum Outcome { case score, filling, notFinite }

    let kind: Kind
    let map: ScoreMap
    var linear: LinearModel?
    var forest: ScaledForest?
    var network: UnsafePointer<NetworkCode>?
    var windows: UnsafeMutableRawPointer?
    var windowsSize = 0
    var scratch: UnsafeMutableRawPointer?
    var horizonNs: UInt64 = 0
    var checksum: UInt64 = 0
    var hasDeciles = false
    /// Shape [9].
    var deciles: UnsafePointer<Float>?

    init(kind: Kind, map: ScoreMap) {
        self.kind = kind
        self.map = map
    }

    var isNetwork: Bool {
        @_noAllocation @_noLocks
        get { kind == .network }
    }

    @_noAllocation @_noLocks
    private func windows(of instrument: UInt32) -> UnsafeMutablePointer<NetworkWindows> {
        unsafe (windows.unsafelyUnwrapped + Int(instrument) &* windowsSize)
            .assumingMemoryBound(to: NetworkWindows.self)
    }

    /// Evaluates the instrument's next vector.
    @_noAllocation @_noLocks
    @inline(__always)
    func evaluate(
        _ values: UnsafePointer<Float>, instrument: UInt32, into output: inout ModelOutput
    ) -> Outcome {
        switch kind {
        case .linear:
            output = unsafe linear.unsafelyUnwrapped.evaluate(values)
        case .forest:
            output = unsafe map.output(forest: forest.unsafelyUnwrapped.evaluate(values))
        case .network:
            var raw: Float = 0
            let outcome = unsafe apus_network_take(
                network.unsafelyUnwrapped, windows(of: instrument), values,
                scratch.unsafelyUnwrapped, &raw)
            if outcome == 0 { return .filling }
            if outcome < 0 { return .notFinite }
            output = map.output(raw: raw)
        }
        return output.isFinite ? .score : .notFinite
    }

    /// Does at most `budget` pieces of a network's outstanding work; true while more is left.
    @_noAllocation @_noLocks
    func settle(instrument: UInt32, budget: UInt32) -> Bool {
        if kind != .network { return false }
        return unsafe apus_network_settle(
            network.unsafelyUnwrapped, windows(of: instrument), scratch.unsafelyUnwrapped,
            budget) != 0
    }

    /// Forgets what the instrument brought: its vectors have a hole.
    @_noAllocation @_noLocks
    func breakOff(instrument: UInt32) {
        if kind != .network { return }
        unsafe apus_network_reset(network.unsafelyUnwrapped, windows(of: instrument))
    }
}

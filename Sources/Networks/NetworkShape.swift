//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

/// What a network is made of; everything that is not a trained number.
public struct NetworkShape: Equatable, Sendable {
    public enum Recurrence: UInt32, Sendable {
        case lstm = 1
        case gru = 2

        /// Rows of a weight matrix for each unit. LSTM: input, forget, cell, output. GRU: reset,
        /// update, new.
        public var gates: Int { self == .lstm ? 4 : 3 }
    }

    public enum Body: Equatable, Sendable {
        /// Units of each layer, from the input on.
        case recurrent(Recurrence, units: [Int])
        /// Causal, pre-norm blocks with ReLU; read from the window's last token.
        case transformer(width: Int, heads: Int, feedforward: Int, blocks: Int)
    }

    /// 1...124.
    public var features: Int
    /// Vectors in a window, 1...512.
    public var steps: Int
    public var body: Body
    /// Rows of the additive attention over the window's states; 0: the last state alone.
    public var attentionUnits: Int
    /// True: one state, carried from vector to vector. False: windows that begin at zero.
    public var carriesState: Bool

    public init(
        features: Int, steps: Int, body: Body, attentionUnits: Int = 0, carriesState: Bool = false
    ) {
        self.features = features
        self.steps = steps
        self.body = body
        self.attentionUnits = attentionUnits
        self.carriesState = carriesState
    }

    public static let featuresMax = Int(APUS_NETWORK_FEATURES_MAX)
    public static let stepsMax = Int(APUS_NETWORK_STEPS_MAX)
    public static let unitsMax = Int(APUS_NETWORK_UNITS_MAX)
    public static let layersMax = Int(APUS_NETWORK_LAYERS_MAX)
    public static let blocksMax = 4

    /// The first rule it breaks; `nil` when it can be built.
    public var problem: String? {
        guard (1...Self.featuresMax).contains(features) else {
            return "\(features) features; 1...\(Self.featuresMax) are possible"
        }
        guard (1...Self.stepsMax).contains(steps) else {
            return "\(steps) steps; 1...\(Self.stepsMax) are possible"
        }
        switch body {
        case .recurrent(_, let units):
            guard (1...Self.layersMax).contains(units.count) else {
                return "\(units.count) layers; 1...\(Self.layersMax) are possible"
            }
            guard units.allSatisfy({ (1...Self.unitsMax).contains($0) }) else {
                return "a layer has 1...\(Self.unitsMax) units"
            }
            guard (0...Self.unitsMax).contains(attentionUnits) else {
                return "\(attentionUnits) attention units; 0...\(Self.unitsMax) are possible"
            }
            return carriesState && attentionUnits > 0
                ? "attention needs windows; a carried state has none" : nil
        case .transformer(let width, let heads, let feedforward, let blocks):
            guard (1...Self.unitsMax).contains(width), heads >= 1, heads <= width,
                width % heads == 0
            else { return "a width of 1...\(Self.unitsMax) that the heads divide" }
            guard (1...Self.unitsMax).contains(feedforward) else {
                return "\(feedforward) feed-forward units; 1...\(Self.unitsMax) are possible"
            }
            guard (1...Self.blocksMax).contains(blocks) else {
                return "\(blocks) blocks; 1...\(Self.blocksMax) are possible"
            }
            if attentionUnits != 0 { return "a transformer is read from its last token" }
            return carriesState ? "a transformer keeps windows, it carries no state" : nil
        }
    }

    /// Units of the last layer: what the head reads.
    public var outputUnits: Int {
        switch body {
        case .recurrent(_, let units): units.last ?? 0
        case .transformer(let width, _, _, _): width
        }
    }

    /// Trained numbers, one bias a gate; a GRU's new gate has two.
    public var parameterCount: Int {
        var count = outputUnits + 1
        switch body {
        case .recurrent(let kind, let units):
            var inputs = features
            for unit in units {
                count += kind.gates * unit * (inputs + unit + 1) + (kind == .gru ? unit : 0)
                inputs = unit
            }
            if attentionUnits > 0 { count += attentionUnits * (outputUnits + 2) }
        case .transformer(let width, _, let feedforward, let blocks):
            count += width * (features + 1) + steps * width + 2 * width
            count += blocks * (4 * width * (width + 1) + 4 * width)
            count += blocks * (feedforward * (width + 1) + width * (feedforward + 1))
        }
        return count
    }

    /// "lstm 2x100, 50 steps of 100 features".
    public var text: String {
        let window = "\(steps) steps of \(features) features"
        switch body {
        case .recurrent(let kind, let units):
            let layers =
                Set(units).count == 1
                ? "\(units.count)x\(units[0])"
                : units.map { "\($0)" }.joined(separator: "+")
            let pooling = attentionUnits > 0 ? " with attention" : ""
            return "\(kind) \(layers)\(pooling), \(window)" + (carriesState ? ", carried" : "")
        case .transformer(let width, let heads, let feedforward, let blocks):
            return "transformer \(blocks)x\(width), \(heads) heads, \(feedforward) within, "
                + window
        }
    }
}

/// Shapes with a name of their own.
extension NetworkShape {
    /// STAC-ML's LSTM_A: 2 layers of 100 units, 50 steps of 100 features.
    public static let stacA = NetworkShape(
        features: 100, steps: 50, body: .recurrent(.lstm, units: [100, 100]))
    /// 4 layers of 50 units over 60 steps.
    public static func deep(features: Int) -> NetworkShape {
        NetworkShape(
            features: features, steps: 60, body: .recurrent(.lstm, units: [50, 50, 50, 50]))
    }
    /// 1 layer of 16 units over 10 steps.
    public static func light(features: Int) -> NetworkShape {
        NetworkShape(features: features, steps: 10, body: .recurrent(.lstm, units: [16]))
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Forests
import Glibc
import Inference
import Networks
import SeededRandom
import Testing

/// Model files of networks and forests; `ModelFileTests` has the linear ones.
@Suite("Model file of networks and forests")
struct ModelFileArchitectureTests {
    enum Architecture: CaseIterable, Sendable {
        case lstm, gru, attention, transformer, forest

        var contents: ModelContents {
            switch self {
            case .lstm: Fixtures.networkContents(seed: 51, steps: 2)
            case .gru: Fixtures.networkContents(seed: 52, steps: 2, kind: .gru)
            case .attention:
                Self.network(
                    NetworkShape(
                        features: 7, steps: 3, body: .recurrent(.lstm, units: [5]),
                        attentionUnits: 4))
            case .transformer:
                Self.network(
                    NetworkShape(
                        features: 7, steps: 3,
                        body: .transformer(width: 6, heads: 2, feedforward: 5, blocks: 1)))
            case .forest: Fixtures.forestContents()
            }
        }

        private static func network(_ shape: NetworkShape) -> ModelContents {
            var contents = Fixtures.networkContents(seed: 53, steps: shape.steps)
            var random = SplitMix64(seed: 53)
            contents.core = .network(
                QuantisedNetwork(
                    NetworkParameters(shape: shape, scale: contents.scale) { _, sizes in
                        (0..<sizes.reduce(1, *)).map { _ in
                            Float.random(in: -0.7...0.7, using: &random)
                        }
                    }))
            return contents
        }

        /// Where the forest's or the network's bytes begin, and how many there are.
        static func core(_ file: [UInt8]) -> Range<Int> { section(3, file) }

        static func section(_ number: Int, _ file: [UInt8]) -> Range<Int> {
            let row = 64 + 32 * (number - 1)
            let reader = ModelReader(file)
            let start = Int(reader.u64(row + 8))
            return start..<(start + Int(reader.u64(row + 16)))
        }
    }

    private static func refusal(_ file: [UInt8]) -> ModelError? { ModelFileTests.refusal(file) }

    private static func put(_ value: UInt64, at place: Int, size: Int, in file: inout [UInt8]) {
        for byte in 0..<size {
            file[place + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))
        }
    }

    @Test(arguments: Architecture.allCases)
    func `what was written is what is read`(architecture: Architecture) throws {
        let contents = architecture.contents
        let file = try ModelFile.encode(contents)
        #expect(ModelReader(file).u32(12) == contents.core.architecture)
        let model = try ModelFile.decode(file, expectedSchemaHash: Fixtures.schemaHash)
        #expect(model.contents == contents)
        #expect(try ModelFile.encode(model.contents) == file)
        #expect(model.scorer.steps == contents.description.steps)
    }

    @Test func `given windows become the golden ones`() throws {
        var contents = Architecture.attention.contents
        var random = SplitMix64(seed: 54)
        contents.goldenWindows = (0..<ModelFile.goldenCount).map { _ in
            (0..<3).map { _ in (0..<7).map { _ in Float.random(in: -3...3, using: &random) } }
        }
        let path = Fixtures.temporaryPath("golden")
        defer { unsafe unlink(path) }
        try ModelFile.write(contents, path: path)
        #expect(try ModelFile.goldenWindows(path: path) == contents.goldenWindows)
    }

    @Test(arguments: Architecture.allCases)
    func `a file with a byte changed is refused`(architecture: Architecture) throws {
        // Every byte before the golden vectors; a sample of those.
        var file = try ModelFile.encode(architecture.contents)
        let golden = Architecture.section(6, file).lowerBound
        var random = SplitMix64(seed: 55)
        for index in file.indices where index < golden ? index % 5 == 0 : index % 331 == 0 {
            let change = UInt8.random(in: 1...255, using: &random)
            file[index] ^= change
            #expect(Self.refusal(file) != nil, "byte \(index) ^ \(change)")
            file[index] ^= change
        }
        #expect(Self.refusal(file) == nil)
    }

    @Test(arguments: Architecture.allCases)
    func `a file changed and sealed again is refused or gives a valid model`(
        architecture: Architecture
    ) throws {
        let original = try ModelFile.encode(architecture.contents)
        let core = Architecture.core(original)
        var random = SplitMix64(seed: 56)
        var (accepted, refused) = (0, 0)
        for round in 0..<400 {
            var file = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                // The table and the parameters, the core's head, the core, anywhere.
                let reach =
                    switch round % 4 {
                    case 0: 0..<400
                    case 1: core.lowerBound..<(core.lowerBound + min(64, core.count))
                    case 2: core
                    default: 0..<original.count
                    }
                let telling: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, UInt8(random.below(256))]
                file[Int.random(in: reach, using: &random)] = telling[random.below(6)]
            }
            ModelFile.seal(&file)
            do throws(ModelError) {
                let model = try ModelFile.decode(file, expectedSchemaHash: nil)
                accepted += 1
                #expect(model.contents.problem == nil)
                let window = [[Float]](
                    repeating: [Float](repeating: 0.5, count: model.featureCount),
                    count: model.scorer.steps)
                #expect(model.scorer.evaluate(window).confidence <= 1, "seed 56, round \(round)")
            } catch { refused += 1 }
        }
        #expect(accepted > 0 && refused > 100, "seed 56: \(accepted) accepted, \(refused) refused")
    }

    @Test(arguments: Architecture.allCases)
    func `hostile sizes and offsets are refused`(architecture: Architecture) throws {
        let original = try ModelFile.encode(architecture.contents)
        let hostile: [UInt64] = [
            .max, .max - 63, 1 << 63, 1 << 40, UInt64(original.count) + 64, UInt64(original.count),
            0, 64,
        ]
        for row in 0..<6 {
            for field in [8, 16] {
                let place = 64 + 32 * row + field
                for value in hostile where value != ModelReader(original).u64(place) {
                    var file = original
                    Self.put(value, at: place, size: 8, in: &file)
                    ModelFile.seal(&file)
                    #expect(Self.refusal(file) != nil, "section \(row + 1), \(field): \(value)")
                }
            }
        }
        // Number of features, width of rows, steps, number of deciles.
        let parameters = Architecture.section(1, original).lowerBound
        for place in [0, 4, 36, 56] {
            for value: UInt64 in [0, 2, 125, 513, 0x7fff_ffff, 0xffff_ffff]
            where UInt32(value) != ModelReader(original).u32(parameters + place) {
                var file = original
                Self.put(value, at: parameters + place, size: 4, in: &file)
                ModelFile.seal(&file)
                let hasNoDeciles = place == 56 && value == 0
                #expect(hasNoDeciles || Self.refusal(file) != nil, "parameter \(place): \(value)")
            }
        }
    }

    @Test(arguments: Architecture.allCases)
    func `every word of the core's head is bounded`(architecture: Architecture) throws {
        let original = try ModelFile.encode(architecture.contents)
        let core = Architecture.core(original)
        for place in stride(from: 0, to: 64, by: 4) {
            for value: UInt64 in [0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
                var file = original
                Self.put(value, at: core.lowerBound + place, size: 4, in: &file)
                ModelFile.seal(&file)
                // Not a trap; a forest's numbers may be such words.
                if architecture != .forest { #expect(Self.refusal(file) != nil, "word \(place)") }
            }
        }
    }

    @Test(arguments: [Architecture.lstm, .gru, .attention, .transformer])
    func `a weight changed by one bit fails the golden vectors`(
        architecture: Architecture
    ) throws {
        // The first matrix: rows' scales and biases, each filled to whole lines, then its weights.
        let file = try ModelFile.encode(architecture.contents)
        guard case .network(let network) = architecture.contents.core else { return }
        let matrix = network.matrices[0]
        let weights =
            Architecture.core(file).lowerBound + 64 + 2 * ((4 * matrix.rows + 63) / 64 * 64)
        func isSeen(_ place: Int, _ bit: UInt8) -> Bool {
            var changed = file
            changed[weights + place] ^= bit
            ModelFile.seal(&changed)
            return Self.refusal(changed) != nil
        }
        let places = Array(stride(from: 0, to: matrix.weights.count, by: 5))
        #expect(places.allSatisfy { isSeen($0, 0x40) })
        // One step of 127 may be lost where the layer's output is rounded.
        let seen = places.count { isSeen($0, 1) }
        #expect(5 * seen > 3 * places.count, "\(seen) of \(places.count)")
    }

    @Test func `a leaf changed by a percent fails the golden vectors`() throws {
        let contents = Architecture.forest.contents
        guard case .forest(var forest) = contents.core else { return }
        let file = try ModelFile.encode(contents)
        forest.trees[0][1] = .leaf(-0.705)
        var other = contents
        other.core = .forest(forest)
        var changed = try ModelFile.encode(other)
        let golden = Architecture.section(6, file)
        #expect(Architecture.section(6, changed) == golden)
        changed.replaceSubrange(golden, with: file[golden])
        ModelFile.seal(&changed)
        guard case .goldenMismatch = Self.refusal(changed) else {
            Issue.record("the golden vectors did not see it")
            return
        }
    }

    @Test(arguments: Architecture.allCases)
    func `another schema, version or architecture is refused as such`(
        architecture: Architecture
    ) throws {
        let original = try ModelFile.encode(architecture.contents)
        #expect(
            ModelFileTests.refusal(original, schemaHash: 5)
                == .schemaMismatch(model: Fixtures.schemaHash, engine: 5))
        for version: UInt64 in [0, 1, 3] {
            var file = original
            Self.put(version, at: 8, size: 4, in: &file)
            ModelFile.seal(&file)
            #expect(Self.refusal(file) == .unsupportedVersion(UInt32(version)))
        }
        let own = UInt64(architecture.contents.core.architecture)
        for other: UInt64 in [0, 1, 2, 3, 4] where other != own {
            var file = original
            Self.put(other, at: 12, size: 4, in: &file)
            ModelFile.seal(&file)
            let refusal = Self.refusal(file)
            if (1...3).contains(other) {
                guard case .damagedSection("core", _) = refusal else {
                    Issue.record("\(own) as \(other): \(String(describing: refusal))")
                    continue
                }
            } else {
                #expect(refusal == .unsupportedArchitecture(UInt32(other)))
            }
        }
    }

    @Test func `a model whose scores are not finite is not written`() throws {
        var contents = Fixtures.parameters().contents
        contents.core = .linear(
            weights: [Float](repeating: .greatestFiniteMagnitude, count: 7), bias: 0)
        #expect(throws: ModelError.self) { try ModelFile.encode(contents) }
        var network = Architecture.lstm.contents
        network.description.outputScale = .greatestFiniteMagnitude
        network.description.outputOffset = .greatestFiniteMagnitude
        #expect(throws: ModelError.self) { try ModelFile.encode(network) }
    }
}

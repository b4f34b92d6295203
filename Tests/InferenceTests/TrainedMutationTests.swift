//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Inference
import Networks
import SeededRandom
import TestSupport
import Testing

/// Goal: a trainer's files are refused or make a model that is written and loads, whatever is in
/// them.
///
/// Method: seeded blows to good files; what is taken is quantised, and a share of it goes through
/// the model file.
@Suite("Trained models with changed bytes")
struct TrainedMutationTests {
    private static let roundCount = 2_500
    /// One in so many of those taken is written, loaded and evaluated.
    private static let writtenEvery = 40
    static let folders: [TrainedFolder] = [
        TrainedFolder(linear: 5, seed: 31, windowCount: 1),
        TrainedFolder(
            network: NetworkShape(
                features: 3, steps: 4, body: .recurrent(.lstm, units: [4]), attentionUnits: 3),
            seed: 32, windowCount: 1),
        TrainedFolder(
            network: NetworkShape(
                features: 2, steps: 3, body: .recurrent(.gru, units: [3, 2]), carriesState: true),
            seed: 33, windowCount: 1),
        TrainedFolder(
            network: NetworkShape(
                features: 3, steps: 3,
                body: .transformer(width: 4, heads: 2, feedforward: 5, blocks: 2)),
            seed: 34, windowCount: 1),
    ]
    /// What a parser of numbers and texts might take for another thing than it is.
    private static let words = [
        "0", "-1", "-0", "1e999", "1e-999", "1e38", "3.4e38", "-3.4e38", "1e-45", "512", "513",
        "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "null",
        "true", "[]", "{}", "\"\"", "\"nan\"", "\"transformer\"", "\"gru\"", "\"lstm\"", "0.5",
    ]

    private static func model(_ json: [UInt8], _ tensors: [UInt8]) throws -> TrainedModel {
        try TrainedModel(
            json: json, tensors: { () throws(ModelImportError) in try Safetensors(tensors) },
            trees: { _ throws(ModelImportError) in tensors })
    }

    /// The places of numbers and texts behind colons, commas and brackets.
    private static func values(_ json: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start: Int?
        for (index, byte) in json.enumerated() {
            let isPart = !":,[]{} \n".utf8.contains(byte)
            if isPart, start == nil { start = index }
            if !isPart, let first = start {
                ranges.append(first..<index)
                start = nil
            }
        }
        return ranges
    }

    private static func spoil(_ bytes: [UInt8], within reach: Int, _ random: inout SplitMix64)
        -> [UInt8]
    {
        var bytes = bytes
        for _ in 0..<(1 + random.below(3)) where bytes.count > 1 {
            let place = random.below(min(reach, bytes.count))
            let end = min(bytes.count, place + 1 + random.below(24))
            switch random.below(6) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 2: bytes.removeSubrange(place...)
            case 3: bytes[place] ^= 1 << UInt8(random.below(8))
            default: bytes[place] = UInt8(random.below(256))
            }
        }
        return bytes
    }

    private static func reword(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<(1 + random.below(2)) {
            let places = values(bytes)
            guard !places.isEmpty else { return bytes }
            bytes.replaceSubrange(
                places[random.below(places.count)],
                with: Array(words[random.below(words.count)].utf8))
        }
        return bytes
    }

    /// Numbers of the tensors set to such as sums and quotients do not like.
    private static func revalue(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        let finite: [Float] = [
            .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0,
            1e30, -1e20,
        ]
        let others: [Float] = [.nan, .infinity, -.infinity]
        let chosen = random.below(4) == 0 ? others : finite
        let value = chosen[random.below(chosen.count)].bitPattern
        var bytes = bytes
        for _ in 0..<(1 + random.below(6)) {
            let place = bytes.count - 4 * (1 + random.below(min(bytes.count / 8, 200)))
            for byte in 0..<4 {
                bytes[place + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte))
            }
        }
        return bytes
    }

    @Test(arguments: folders.indices)
    func `changed files are refused or make a model that loads`(index: Int) throws {
        let folder = Self.folders[index]
        let json = Array(folder.json.utf8)
        let tensors = TrainedFolder.safetensors(folder.tensors)
        _ = try Self.model(json, tensors)
        let seed = UInt64(40 + index)
        var random = SplitMix64(seed: seed)
        var (refused, taken, written) = (0, 0, 0)
        for round in 0..<Self.roundCount {
            var (text, data) = (json, tensors)
            switch random.below(5) {
            case 0: text = Self.spoil(json, within: json.count, &random)
            case 1: text = Self.reword(json, &random)
            case 2: data = Self.spoil(tensors, within: tensors.count, &random)
            case 3: data = Self.spoil(tensors, within: 200, &random)
            default: data = Self.revalue(tensors, &random)
            }
            let contents: ModelContents
            do {
                contents = try Self.model(text, data).contents(goldenWindows: [])
            } catch let error as ModelImportError {
                #expect(!error.description.isEmpty)
                refused += 1
                continue
            }
            guard contents.problem == nil else {
                refused += 1
                continue
            }
            taken += 1
            guard taken % Self.writtenEvery == 0 else { continue }
            do throws(ModelError) {
                let file = try ModelFile.encode(contents)
                let loaded = try ModelFile.decode(file, expectedSchemaHash: nil)
                #expect(loaded.contents == contents, "seed \(seed), round \(round)")
                written += 1
            } catch .invalidParameter {
                refused += 1
            } catch {
                Issue.record("what was written does not load: \(error); seed \(seed), \(round)")
            }
        }
        print("trained models with changed bytes, seed \(seed): \(refused) refused, \(taken) taken")
        #expect(refused > 300 && taken > 100 && written > 0, "seed \(seed)")
    }

    @Test(arguments: folders.indices)
    func `every beginning of a file is refused`(index: Int) throws {
        let folder = Self.folders[index]
        let json = Array(folder.json.utf8)
        let tensors = TrainedFolder.safetensors(folder.tensors)
        for length in stride(from: 0, to: json.count, by: 3) {
            #expect(throws: ModelImportError.self, "\(length)") {
                try Self.model(Array(json[..<length]), tensors)
            }
        }
        for length in tensors.indices {
            #expect(throws: ModelImportError.self, "\(length)") {
                try Self.model(json, Array(tensors[..<length]))
            }
        }
    }

    @Test(
        arguments: [
            ("\"kind\":\"linear\"", "\"kind\":\"oracle\"", "kind 'oracle' is not known"),
            ("\"version\":1", "\"version\":2", "version 1"),
            ("\"schema_hash\":\"0x", "\"schema_hash\":\"", "schema_hash"),
            ("\"clip\":5.0", "\"clip\":-1", "clip"), ("\"clip\":5.0", "\"clip\":1e3", "clip"),
            ("\"steps\":1", "\"steps\":0", "0 steps"),
            ("\"steps\":1", "\"steps\":9223372036854775807", "steps"),
            ("\"output\":\"return_bps\"", "\"output\":\"price\"", "price"),
            ("\"output\":\"return_bps\"", "\"output\":\"probability\"", "move"),
            ("\"residual_sigma_bps\":0.5", "\"residual_sigma_bps\":0", "residual"),
            ("\"residual_sigma_bps\":0.5", "\"residual_sigma_bps\":1e39", "finite"),
            ("\"horizon_ns\":500000000", "\"horizon_ns\":-1", "horizon"),
            ("[-4,-3,", "[-3,-4,", "deciles"), ("[-4,-3,", "[-3,", "deciles"),
            ("\"name\":\"drawn\"", "\"name\":\"a/b\"", "name"),
            ("\"name\":\"feature_0\"", "\"name\":\"\"", "feature 0"),
            ("\"buy_above_bps\":0.25", "\"buy_above_bps\":-9", "threshold"),
            ("\"metadata\":{", "\"meta\":{", "metadata"),
        ])
    func `each rule that model.json breaks is told`(from: String, to: String, word: String) {
        let folder = Self.folders[0]
        let json = folder.json.replacing(from, with: to)
        #expect(json != folder.json, "nothing was replaced")
        let tensors = TrainedFolder.safetensors(folder.tensors)
        var told = ""
        do {
            let model = try Self.model(Array(json.utf8), tensors)
            told = model.contents(goldenWindows: []).problem ?? ""
        } catch { told = "\(error)" }
        #expect(told.contains(word), "\(told)")
    }
}

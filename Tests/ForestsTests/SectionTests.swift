//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Forests
import SeededRandom
import Testing

@Suite("Forest section")
struct SectionTests {
    private static func forest(_ seed: UInt64) -> ForestParameters {
        var random = SplitMix64(seed: seed)
        var forest = RandomForest.make(
            trees: 1 + random.below(6), splitsMax: 6, features: 3,
            arithmetic: seed % 2 == 0 ? .double : .single, hasCategories: true, &random)
        forest.link = [.identity, .sigmoid, .exponential][Int(seed % 3)]
        forest.averages = seed % 2 == 0
        return forest
    }

    private static func refusal(_ bytes: [UInt8]) -> ForestError? {
        do throws(ForestError) {
            _ = try ForestParameters.decode(bytes[...])
            return nil
        } catch { return error }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `what was encoded is what is decoded, wherever it lies`(seed: UInt64) throws {
        let forest = Self.forest(seed)
        let bytes = forest.encode()
        #expect(try ForestParameters.decode(bytes[...]) == forest)
        let file = [1, 2, 3] + bytes + [4]
        #expect(try ForestParameters.decode(file[3..<(3 + bytes.count)]) == forest)
    }

    @Test func `a section is laid out as its comment says`() {
        let forest = ForestParameters(
            featureCount: 2,
            trees: [
                [
                    .split(
                        feature: 1, threshold: 0.5,
                        missing: ForestMissing(goesLeft: true, includesZero: true)),
                    .leaf(1), .leaf(2),
                ]
            ], categorySets: [[7]], arithmetic: .double, link: .sigmoid)
        let one: [UInt8] = [0, 0, 0, 0, 0, 0, 0xf0, 0x3f]
        let zero = [UInt8](repeating: 0, count: 8)
        let head: [UInt8] = [2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]
        let split: [UInt8] = [1, 1, 3, 0, 0, 0, 0, 0x3f] + zero
        let leaves: [UInt8] = zero + one + zero + [0, 0, 0, 0, 0, 0, 0, 0x40]
        let tail: [UInt8] = [1, 0, 0, 0, 7, 0, 0, 0]
        #expect(forest.encode() == head + zero + one + [3, 0, 0, 0] + split + leaves + tail)
    }

    @Test func `a section of any other length is refused`() {
        let bytes = Self.forest(1).encode()
        for length in 0..<bytes.count {
            #expect(Self.refusal(Array(bytes[..<length])) != nil, "\(length) bytes")
        }
        #expect(Self.refusal(bytes + [0]) != nil)
    }

    @Test func `counts beyond the limits are refused before anything is made of them`() {
        for (offset, reason) in [
            (4, "trees"), (8, "nodes"), (12, "category sets"), (16, "words"), (0, "features"),
        ] {
            var bytes = Self.forest(1).encode()
            bytes.replaceSubrange(offset..<(offset + 4), with: [255, 255, 255, 255])
            #expect(Self.refusal(bytes)?.description.contains(reason) == true)
        }
    }

    @Test func `a section with bytes changed at random is refused or can be evaluated`() {
        let seed: UInt64 = 41
        var random = SplitMix64(seed: seed)
        let sections = (0..<50 as Range<UInt64>).map { Self.forest($0).encode() }
        var (refused, accepted) = (0, 0)
        for _ in 0..<100_000 {
            var bytes = sections[random.below(sections.count)]
            for _ in 0...random.below(3) {
                let at = random.below(bytes.count)
                bytes[at] = random.below(3) == 0
                    ? UInt8(random.below(4)) : UInt8(truncatingIfNeeded: random.next())
            }
            guard let forest = try? ForestParameters.decode(bytes[...]) else {
                refused += 1
                continue
            }
            accepted += 1
            let row = RandomForest.row(forest.featureCount, &random)
            let score = Models.score(forest, row)
            if forest.encode() != bytes || (forest.link == .identity && score.isNaN) {
                Issue.record("seed \(seed): \(bytes)")
                return
            }
        }
        #expect(refused > 10_000 && accepted > 10_000, "\(refused) refused, \(accepted) accepted")
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom
import TestSupport

/// Frames on the wire, through the production reader: cut anywhere, they must say the same.
///
/// The first byte is the seed of the cuts.
final class ReaderTarget: FuzzTarget {
    private static let connectionsPerSession = 4_096
    private static let inputMax = 16_384
    private let whole: LoopbackReader
    private let cut: LoopbackReader
    private var count = 0

    init() throws {
        whole = try LoopbackReader(frameCapacity: 16_384, messageSizeMax: 4_096)
        cut = try LoopbackReader(frameCapacity: 16_384, messageSizeMax: 4_096)
    }

    func run(_ input: UnsafeBufferPointer<UInt8>) {
        guard let seed = unsafe input.first, input.count <= Self.inputMax else { return }
        let wire = unsafe Array(input.dropFirst())
        var random = SplitMix64(seed: UInt64(seed))
        let ends = (0..<Int.random(in: 1...8, using: &random))
            .map { _ in Int.random(in: 0...wire.count, using: &random) }.sorted()
        count += 1
        if count % Self.connectionsPerSession == 0 {
            whole.connect()
            cut.connect()
        } else {
            whole.attach()
            cut.attach()
        }
        let expected = whole.feed(wire)
        precondition(cut.feed(wire, ends: ends) == expected, "the same frames, however they come")
        _ = whole.takeWritten()
        _ = cut.takeWritten()
    }
}

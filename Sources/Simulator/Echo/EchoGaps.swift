//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What the venue's loop was kept from: times between two looks at the clock with nothing done in
/// between. On a core of its own they are the machine's (ticks, host), not ours.
struct EchoGaps: Encodable {
    /// Lower ends of the classes, ns; the last one is open above.
    static let classesNs: [UInt64] = [
        2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 1_000_000, 10_000_000,
    ]

    private(set) var counts = [UInt64](repeating: 0, count: classesNs.count)
    private(set) var maximumNs: UInt64 = 0
    private(set) var sumNs: UInt64 = 0
    /// Of at least `heldNs`: the loop was held up.
    private(set) var heldCount: UInt64 = 0
    static let heldNs: UInt64 = 20_000

    mutating func add(_ ns: UInt64) {
        if ns < Self.classesNs[0] { return }
        var index = 0
        while index + 1 < Self.classesNs.count, ns >= Self.classesNs[index + 1] { index += 1 }
        counts[index] += 1
        sumNs += ns
        if ns >= Self.heldNs { heldCount += 1 }
        maximumNs = max(maximumNs, ns)
    }
}

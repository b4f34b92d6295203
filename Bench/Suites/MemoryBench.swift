//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase

/// Copies between cached places: what each record copied once more would cost.
let memorySuite = BenchSuite(
    name: "memory", measurements: memorySizes.map { "memory/copy/\($0)B" }, run: memoryBench)

private let memorySizes = [64, 512, 4_096, 65_536]

@Sendable private func memoryBench(_ bench: Bench) throws {
    for size in memorySizes {
        let area = max(size, 65_536)
        let from = UnsafeMutableRawPointer.allocate(byteCount: area, alignment: 64)
        let to = UnsafeMutableRawPointer.allocate(byteCount: area, alignment: 64)
        defer {
            unsafe from.deallocate()
            unsafe to.deallocate()
        }
        var generator = BenchRandom(state: UInt64(size))
        for at in stride(from: 0, to: area, by: 8) {
            unsafe from.storeBytes(of: generator.next(), toByteOffset: at, as: UInt64.self)
        }
        let mask = area - 1
        let operations = bench.parameter(smoke: 4, full: max(16, 4_194_304 / (size * 8)))
        bench.measure(
            "memory/copy/\(size)B", samples: bench.parameter(smoke: 2, full: 100),
            operations: operations
        ) {
            var sum: UInt64 = 0
            for index in 0..<operations {
                let offset = (index &* size) & mask
                unsafe apus_copy(to + offset, from + offset, size)
                unsafe sum &+= to.load(fromByteOffset: offset + size - 8, as: UInt64.self)
            }
            return sum
        }
    }
}

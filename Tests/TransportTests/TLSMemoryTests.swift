//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import CTLS
import Synchronization
import Testing

extension TransportSuites {
    @Suite("Allocator of the TLS library")
    struct TLSMemoryTests {
        static let sizes = [1, 31, 32, 33, 64, 1_000, 4_096, 17_000, 32_768, 32_769, 200_000]

        @Test(arguments: sizes)
        func `a block is aligned, writable, and keeps its bytes when it grows`(size: Int) {
            _ = TestAuthority.good
            let block = unsafe apus_tls_allocate(size, nil, 0)!
            #expect(UInt(bitPattern: block) % 16 == 0)
            let bytes = unsafe block.assumingMemoryBound(to: UInt8.self)
            for index in 0..<size { unsafe bytes[index] = UInt8(truncatingIfNeeded: index) }
            let grown = unsafe apus_tls_reallocate(block, size * 3, nil, 0)!
            let moved = unsafe grown.assumingMemoryBound(to: UInt8.self)
            for index in 0..<size where unsafe moved[index] != UInt8(truncatingIfNeeded: index) {
                Issue.record("byte \(index) lost")
                break
            }
            unsafe apus_tls_free(grown, nil, 0)
        }

        @Test func `nothing is allocated for 0 bytes, and freeing nothing is allowed`() {
            unsafe #expect(apus_tls_allocate(0, nil, 0) == nil)
            apus_tls_free(nil, nil, 0)
        }

        /// Blocks travel between threads: one allocates and marks, the other checks and frees.
        ///
        /// SAFETY: a slot is written by the giver while 0, read by the taker while not.
        @safe
        final class Exchange: @unchecked Sendable {
            let slot = Atomic<UInt>(0)
            let failures = Atomic<Int>(0)
            let rounds: Int
            init(rounds: Int) { self.rounds = rounds }

            func give() {
                var seed: UInt64 = 1
                for round in 0..<rounds {
                    seed = seed &* 6_364_136_223_846_793_005 &+ 1
                    let size = 16 + Int(seed >> 52)
                    let block = unsafe apus_tls_allocate(size, nil, 0)!
                    unsafe block.storeBytes(of: UInt64(round), as: UInt64.self)
                    unsafe block.storeBytes(of: UInt64(round), toByteOffset: 8, as: UInt64.self)
                    while slot.load(ordering: .acquiring) != 0 { apus_thread_yield() }
                    slot.store(UInt(bitPattern: block), ordering: .releasing)
                }
            }

            func take() {
                for round in 0..<rounds {
                    var block: UInt = 0
                    while block == 0 {
                        block = slot.load(ordering: .acquiring)
                        if block == 0 { apus_thread_yield() }
                    }
                    let pointer = unsafe UnsafeMutableRawPointer(bitPattern: block)!
                    let isWhole =
                        unsafe pointer.load(as: UInt64.self) == round
                        && pointer.load(fromByteOffset: 8, as: UInt64.self) == round
                    if !isWhole { failures.wrappingAdd(1, ordering: .relaxed) }
                    slot.store(0, ordering: .releasing)
                    unsafe apus_tls_free(pointer, nil, 0)
                }
            }
        }

        @Test func `blocks freed by another thread come back, so memory stays bounded`() {
            _ = TestAuthority.good
            let before = apus_tls_arena_bytes()
            for _ in 0..<4 {
                let exchange = Exchange(rounds: 3_000)
                var thread: UInt64 = 0
                let argument = unsafe Unmanaged.passRetained(exchange).toOpaque()
                let result = unsafe apus_thread_start(
                    { unsafe Unmanaged<Exchange>.fromOpaque($0!).takeRetainedValue().give() },
                    unsafe argument,
                    &thread)
                #expect(result == 0)
                exchange.take()
                apus_thread_join(thread)
                #expect(exchange.failures.load(ordering: .relaxed) == 0)
            }
            // 12,000 blocks of 2 KiB on average passed; 512 of each class may rest with a thread.
            #expect(apus_tls_arena_bytes() - before <= 3 * (8 << 20))
        }
    }
}

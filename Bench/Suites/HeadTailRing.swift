//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Synchronization

/// The peer of the ring benchmarks: an SPSC ring of the usual kind, with head and tail on lines of
/// their own and a cached copy of the other side's index at each end.
/// Source: E. Rigtorp, SPSCQueue, 2020.
///
/// SAFETY: one thread claims and publishes, one peeks and releases; the memory lives as long as
/// the object, which both threads hold.
@safe
final class HeadTailRing: @unchecked Sendable {
    private let mask: UInt64
    private let slots: UnsafeMutableRawPointer
    /// Lines: 0 producer's index, 2 its copy of the consumer's, 4 consumer's index, 6 its copy of
    /// the producer's. A line stays free between them for the adjacent-line prefetcher.
    private let lines: UnsafeMutableRawPointer
    private let tail: UnsafeMutablePointer<Atomic<UInt64>>
    private let headCached: UnsafeMutablePointer<UInt64>
    private let head: UnsafeMutablePointer<Atomic<UInt64>>
    private let tailCached: UnsafeMutablePointer<UInt64>

    init(capacity: Int) {
        precondition(capacity & (capacity - 1) == 0, "a power of two as capacity")
        mask = UInt64(capacity - 1)
        unsafe slots = .allocate(byteCount: capacity * 64, alignment: 128)
        unsafe slots.initializeMemory(as: UInt8.self, repeating: 0, count: capacity * 64)
        unsafe lines = .allocate(byteCount: 8 * 64, alignment: 128)
        unsafe lines.initializeMemory(as: UInt8.self, repeating: 0, count: 8 * 64)
        unsafe tail = unsafe lines.assumingMemoryBound(to: Atomic<UInt64>.self)
        unsafe headCached = unsafe (lines + 128).assumingMemoryBound(to: UInt64.self)
        unsafe head = unsafe (lines + 256).assumingMemoryBound(to: Atomic<UInt64>.self)
        unsafe tailCached = unsafe (lines + 384).assumingMemoryBound(to: UInt64.self)
    }

    deinit {
        unsafe slots.deallocate()
        unsafe lines.deallocate()
    }

    @inline(__always)
    private func slot(_ index: UInt64) -> UnsafeMutablePointer<OrderIntent> {
        let offset = Int(truncatingIfNeeded: (index & mask) &* 64)
        return unsafe (slots + offset).assumingMemoryBound(to: OrderIntent.self)
    }

    @inline(__always)
    func claim() -> UnsafeMutablePointer<OrderIntent>? {
        let index = unsafe tail.pointee.load(ordering: .relaxed)
        if unsafe index &- headCached.pointee > mask {
            unsafe headCached.pointee = unsafe head.pointee.load(ordering: .acquiring)
            if unsafe index &- headCached.pointee > mask { return nil }
        }
        return unsafe slot(index)
    }

    @inline(__always)
    func publish() {
        let index = unsafe tail.pointee.load(ordering: .relaxed)
        unsafe tail.pointee.store(index &+ 1, ordering: .releasing)
    }

    @inline(__always)
    func peek() -> UnsafePointer<OrderIntent>? {
        let index = unsafe head.pointee.load(ordering: .relaxed)
        if unsafe index == tailCached.pointee {
            unsafe tailCached.pointee = unsafe tail.pointee.load(ordering: .acquiring)
            if unsafe index == tailCached.pointee { return nil }
        }
        return unsafe UnsafePointer(slot(index))
    }

    @inline(__always)
    func release() {
        let index = unsafe head.pointee.load(ordering: .relaxed)
        unsafe head.pointee.store(index &+ 1, ordering: .releasing)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CRing
import Platform
import Testing

import Rings

@Suite("Ring segments")
struct RingSegmentTests {
    /// A segment's path that no other test uses; removed at the end.
    private final class Path {
        let text: String

        init(_ name: String) throws {
            directory = InstanceDirectory(name: "test-\(currentProcessID())-ring-\(name)")!
            try directory.claim()
            text = directory.segment("ring.test")
        }

        deinit { directory.remove() }

        private let directory: InstanceDirectory
    }

    /// Zeroed memory aligned to a line, laid out as a ring of four one-line slots, then damaged.
    private func validate(
        size: Int = 256 + 4 * 64, magic: UInt64 = 7, _ damage: (inout RingHeader) -> Void
    ) -> Int32 {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 512, alignment: 64)
        defer { unsafe memory.deallocate() }
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: 512)
        unsafe #expect(apus_ring_init(memory, 4, 64, 7) == 0)
        let header = unsafe memory.assumingMemoryBound(to: RingHeader.self)
        unsafe damage(&header.pointee)
        return unsafe apus_ring_validate(memory, size, magic)
    }

    @Test func `a sound segment is accepted`() {
        #expect(validate { _ in } == 0)
    }

    @Test func `a foreign or damaged segment is refused`() {
        let invalid: Int32 = -22
        #expect(validate(size: 255) { _ in } == invalid)
        #expect(validate(size: 256 + 4 * 64 - 1) { _ in } == invalid)
        #expect(validate { $0.magic ^= 1 } == invalid)
        #expect(validate { $0.capacity = 3 } == invalid)
        #expect(validate { $0.capacity = 0 } == invalid)
        #expect(validate { $0.capacity = 8 } == invalid, "slots beyond the segment")
        #expect(validate { $0.capacity = 1 << 63 } == invalid)
        #expect(validate { $0.slot_size = 0 } == invalid)
        #expect(validate { $0.slot_size = 65 } == invalid)
        #expect(validate { $0.slot_size = 1 << 60 } == invalid)
    }

    @Test func `another layout of messages is told apart from damage`() {
        #expect(validate(magic: 8) { _ in } == -71)
    }

    @Test func `a shape without sense is refused when a ring is laid out`() {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 1_024, alignment: 64)
        defer { unsafe memory.deallocate() }
        for (capacity, slotSize) in [(0, 64), (3, 64), (4, 0), (4, 63), (4, 8_192)] {
            #expect(
                unsafe apus_ring_init(memory, UInt64(capacity), UInt64(slotSize), 7) == -22)
        }
        #expect(unsafe apus_ring_init(memory + 8, 4, 64, 7) == -22, "not aligned to a line")
    }

    @Test func `an observer sees depth and count without an end`() throws {
        let path = try Path("observer")
        var memory = try RingMemory<OrderIntent>(capacity: 8, path: path.text)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        let observer = try RingObserver(path: path.text)
        #expect(observer.capacity == 8)
        #expect(observer.messageSize == 56)
        #expect(observer.depth == 0)
        for _ in 0..<5 {
            guard let message = unsafe producer.claim() else { return }
            unsafe message.pointee = OrderIntent()
            producer.publish()
        }
        #expect(observer.depth == 5)
        for _ in 0..<2 { consumer.release() }
        #expect(observer.depth == 3)
        #expect(observer.published == 5)
    }

    @Test func `an observer sees a byte ring too`() throws {
        let path = try Path("observer-bytes")
        var memory = try ByteRingMemory(capacity: 4_096, path: path.text)
        var producer = try memory.makeProducer()
        var consumer = try memory.makeConsumer()
        let observer = try RingObserver(path: path.text + ".control")
        producer.commit(1_000)
        consumer.release(300)
        #expect(observer.capacity == 4_096)
        #expect(observer.depth == 700)
        #expect(observer.published == 1_000)
    }

    @Test func `an observer refuses what is no ring`() throws {
        let path = try Path("observer-foreign")
        #expect(throws: PlatformError.self) { try RingObserver(path: path.text) }
        _ = try MemorySegment.create(path.text, size: 4_096)
        #expect(throws: PlatformError(operation: "read \(path.text)", code: 22)) {
            try RingObserver(path: path.text)
        }
        _ = try MemorySegment.create(path.text, size: 4)
        #expect(throws: PlatformError.self) { try RingObserver(path: path.text) }
    }
}

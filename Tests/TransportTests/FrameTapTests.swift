//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages
import Rings
import Testing
import Transport

/// Goal: a journal gets every frame of the reader as it was, or its number is missing; nothing is
/// copied while frames come, unless too many wait.
@Suite("Frames copied for a journal")
struct FrameTapTests {
    /// A reader's rings and the two behind the tap. Nobody consumes the reader's: they go round.
    private final class Desk {
        var frames: RingMemory<FrameDescriptor>
        var source: ByteRingMemory
        var slots: RingMemory<TappedFrame>
        var bytes: ByteRingMemory
        var frameEnd: RingProducer<FrameDescriptor>
        var frameReader: RingConsumer<FrameDescriptor>
        var sourceEnd: ByteRingProducer
        var sourceReader: ByteRingConsumer
        var tapped: RingConsumer<TappedFrame>
        var tappedBytes: ByteRingConsumer
        var tap: FrameTap
        var published: UInt64 { frameEnd.published }

        init(slotCount: Int = 256, byteCount: Int = 1 << 18) throws {
            frames = try RingMemory(capacity: 256)
            source = try ByteRingMemory(capacity: 1 << 18)
            slots = try RingMemory(capacity: slotCount)
            bytes = try ByteRingMemory(capacity: byteCount)
            frameEnd = try frames.makeProducer()
            frameReader = try frames.makeConsumer()
            sourceEnd = try source.makeProducer()
            sourceReader = try source.makeConsumer()
            tapped = try slots.makeConsumer()
            tappedBytes = try bytes.makeConsumer()
            tap = FrameTap(
                frames: frames.inspector, frameCapacity: frames.capacity,
                sources: [source.inspector, source.inspector], slots: try slots.makeProducer(),
                bytes: try bytes.makeProducer())
        }

        /// The reader's part, and that of the parser behind it.
        func publish(_ text: String, connection: UInt16 = 1) throws {
            let position = sourceEnd.position
            let length = text.utf8.count
            for (index, byte) in text.utf8.enumerated() {
                unsafe sourceEnd.bytes(at: position)[index] = byte
            }
            sourceEnd.commit(length)
            let slot = try unsafe #require(unsafe frameEnd.claim())
            unsafe slot.pointee = FrameDescriptor()
            unsafe slot.pointee.ingressTimeNs = 1_000 + published
            unsafe slot.pointee.position = position
            unsafe slot.pointee.context = 7
            unsafe slot.pointee.length = UInt32(length)
            unsafe slot.pointee.connectionID = connection
            unsafe slot.pointee.kind = .text
            frameEnd.publish()
            _ = unsafe frameReader.peek()
            frameReader.release()
            sourceReader.release(length)
        }

        func poll() { tap.poll(published: published) }

        /// What the journal takes: number and text, `nil` for what it is to read itself.
        func take() -> [(number: UInt64, text: String?)] {
            var result: [(UInt64, String?)] = []
            while let frame = unsafe tapped.peek()?.pointee {
                let length = Int(frame.length)
                #expect(frame.context == 7 && frame.kind == .text)
                #expect(frame.ingressTimeNs == 999 + frame.number)
                if frame.isCopied == 1 {
                    let start = unsafe tappedBytes.bytes(at: frame.position)
                    result.append(
                        (
                            frame.number,
                            unsafe String(
                                decoding: UnsafeBufferPointer(start: start, count: length),
                                as: UTF8.self)
                        ))
                    tappedBytes.release(length)
                } else {
                    result.append((frame.number, nil))
                }
                tapped.release()
            }
            return result
        }
    }

    @Test func `frames are copied when none has come since the last poll`() throws {
        let desk = try Desk()
        try desk.publish("a")
        desk.poll()
        #expect(desk.take().isEmpty, "the path has it still before it")
        try desk.publish("")
        desk.poll()
        #expect(desk.take().isEmpty)
        desk.poll()
        #expect(desk.take().map(\.text) == ["a", ""])
        desk.poll()
        #expect(desk.take().isEmpty)
        for index in 0..<10 { try desk.publish("\(index)") }
        desk.poll()
        for expected in [FrameTap.batchMax, FrameTap.batchMax, 10 - 2 * FrameTap.batchMax] {
            desk.poll()
            #expect(desk.take().count == expected)
        }
    }

    @Test func `without rest so many wait, and no more`() throws {
        let desk = try Desk()
        var taken: [UInt64] = []
        for index in 0..<1_000 {
            try desk.publish("\(index)")
            desk.poll()
            taken += desk.take().map(\.number)
            #expect(desk.published - UInt64(taken.count) <= FrameTap.backlogMax)
        }
        while taken.count < 1_000 {
            desk.poll()
            taken += desk.take().map(\.number)
        }
        #expect(taken == (1...1_000).map { UInt64($0) })
    }

    @Test func `what is long is read where it lies`() throws {
        let desk = try Desk()
        let longest = String(repeating: "x", count: FrameTap.copiedLengthMax)
        try desk.publish(longest)
        try desk.publish(longest + "y")
        desk.poll()
        desk.poll()
        let taken = desk.take()
        #expect(taken.map(\.number) == [1, 2])
        #expect(taken[0].text == longest && taken[1].text == nil)
    }

    @Test func `a connection without a ring is passed over`() throws {
        let desk = try Desk()
        try desk.publish("a", connection: 2)
        try desk.publish("b")
        desk.tap.copy(upTo: desk.published, countMax: .max)
        let taken = desk.take()
        #expect(taken.map(\.number) == [2] && taken.map(\.text) == ["b"])
    }

    /// Goal: a full tap loses nothing until half a ring of others has come; then what is gone can
    /// be told by the numbers. Method: room for few frames, by slots and by bytes.
    @Test(arguments: [(4, 1 << 18, 1), (256, 4_096, 900)])
    func `a full tap waits, and what half a ring followed is missing`(
        slotCount: Int, byteCount: Int, length: Int
    ) throws {
        let desk = try Desk(slotCount: slotCount, byteCount: byteCount)
        func text(_ number: Int) -> String {
            String(repeating: "\(number % 10)", count: length)
        }
        for number in 1...100 { try desk.publish(text(number)) }
        var numbers: [UInt64] = []
        func takeAll() {
            while true {
                desk.tap.copy(upTo: desk.published, countMax: .max)
                let taken = desk.take()
                if taken.isEmpty { return }
                for (number, copy) in taken { #expect(copy == text(Int(number))) }
                numbers += taken.map(\.number)
            }
        }
        takeAll()
        #expect(numbers == (1...100).map { UInt64($0) })
        for number in 101...400 { try desk.publish(text(number)) }
        takeAll()
        #expect(numbers.last == 400)
        #expect(numbers[100] > 101, "two hundred others followed it")
        #expect(Set(numbers).count == numbers.count && numbers == numbers.sorted())
    }
}

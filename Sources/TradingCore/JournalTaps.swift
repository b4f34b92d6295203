//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Execution
import Gateway
import Messages
import Pipeline
import Platform
import Rings
import Risk
import Transport

/// The rings between stages and journal: frames of the reader, order bytes of the gateway, notes of
/// the stages that look at the control page.
///
/// SAFETY: the journal's thread owns the consuming ends; memory is kept as long as this.
@safe
final class JournalTaps: @unchecked Sendable {
    private var frameMemory: RingMemory<TappedFrame>
    private var frameByteMemory: ByteRingMemory
    private var frames: RingConsumer<TappedFrame>
    private var frameBytes: ByteRingConsumer
    private var orderMemory: RingMemory<OutboundFrame>
    private var byteMemory: ByteRingMemory
    private var orders: RingConsumer<OutboundFrame>
    private var bytes: ByteRingConsumer
    private var noteMemory: [NoteRing]
    private let durable: UnsafeMutablePointer<UInt64>
    private var noteIndex = 0

    /// Of the busiest recorded market (2,500 frames a second, 274 bytes each) these hold six
    /// seconds: a journal's thread that the host lets stand for so long loses nothing.
    private static let frameCapacity = 16_384
    private static let frameByteCapacity = 4 << 20
    private static let orderCapacity = 1_024
    private static let byteCapacity = 1 << 20
    private static let noteCapacity = 256

    /// A ring of notes; a class, for arrays hold no such values.
    private final class NoteRing {
        var memory: RingMemory<ControlNote>
        var notes: RingConsumer<ControlNote>

        init() throws(RingError) {
            memory = try RingMemory(capacity: JournalTaps.noteCapacity)
            notes = try memory.makeConsumer()
            memory.prefault()
        }
    }

    init() throws {
        frameMemory = try RingMemory(capacity: Self.frameCapacity)
        frames = try frameMemory.makeConsumer()
        frameMemory.prefault()
        frameByteMemory = try ByteRingMemory(capacity: Self.frameByteCapacity)
        frameBytes = try frameByteMemory.makeConsumer()
        frameByteMemory.prefault()
        orderMemory = try RingMemory(capacity: Self.orderCapacity)
        orders = try orderMemory.makeConsumer()
        orderMemory.prefault()
        byteMemory = try ByteRingMemory(capacity: Self.byteCapacity)
        bytes = try byteMemory.makeConsumer()
        byteMemory.prefault()
        noteMemory = []
        for _ in 0..<3 { noteMemory.append(try NoteRing()) }
        unsafe durable = .allocate(capacity: 1)
        unsafe durable.initialize(to: 0)
    }

    /// Gives the reader its end; once.
    ///
    /// - Parameter sources: Of the reader's byte rings, by connection.
    func tap(
        _ reader: UnsafeMutablePointer<ReaderStage>, _ rings: PathRings,
        sources: [ByteRingInspector]
    ) throws {
        unsafe reader.pointee.journal = FrameTap(
            frames: rings.frames.inspector, frameCapacity: rings.frames.capacity,
            sources: sources, slots: try frameMemory.makeProducer(),
            bytes: try frameByteMemory.makeProducer())
    }

    /// Gives the other stages their ends; once.
    func tap(_ stages: PathStages, holds: Bool) throws {
        unsafe stages.gateway.pointee.journal = unsafe OrderJournal(
            frames: try orderMemory.makeProducer(), bytes: try byteMemory.makeProducer(),
            durable: UnsafePointer(durable), holds: holds)
        unsafe try stages.execution.pointee.control.note(
            into: noteMemory[0].memory.makeProducer())
        unsafe try stages.risk.pointee.control.note(
            into: noteMemory[1].memory.makeProducer())
        unsafe try stages.gateway.pointee.control.note(
            into: noteMemory[2].memory.makeProducer())
    }

    /// The oldest frame of the reader; `nil`: there is none.
    func frame() -> TappedFrame? { unsafe frames.peek()?.pointee }

    /// The payload of a frame that was copied, until the frame is released.
    func bytes(of frame: TappedFrame) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(
            start: frameBytes.bytes(at: frame.position), count: Int(frame.length))
    }

    func releaseFrame() {
        guard let frame = unsafe frames.peek() else { return }
        if unsafe frame.pointee.isCopied == 1 {
            unsafe frameBytes.release(Int(frame.pointee.length))
        }
        frames.release()
    }

    /// The oldest order frame, its bytes copied to `target`; `nil`: there is none.
    func order(
        to target: UnsafeMutableRawPointer, capacity: Int
    ) -> OutboundFrame? {
        guard let frame = unsafe orders.peek() else { return nil }
        let length = unsafe min(Int(frame.pointee.length), capacity)
        unsafe target.copyMemory(from: bytes.bytes(at: frame.pointee.position), byteCount: length)
        return unsafe frame.pointee
    }

    func releaseOrder() {
        guard let frame = unsafe orders.peek() else { return }
        unsafe bytes.release(Int(frame.pointee.length))
        orders.release()
    }

    func showDurable(_ number: UInt64) { unsafe apus_word_store_release(durable, number) }

    /// The oldest note of the next stage that has one.
    func note() -> ControlNote? {
        for _ in noteMemory.indices {
            if let note = unsafe noteMemory[noteIndex].notes.peek() { return unsafe note.pointee }
            noteIndex = (noteIndex + 1) % noteMemory.count
        }
        return nil
    }

    func releaseNote() { noteMemory[noteIndex].notes.release() }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages

/// The instruments of one engine, indexed by instrument id: a read-only view of the table segment.
///
/// SAFETY: the memory is written once before any stage is made and outlives every stage.
@safe
public struct InstrumentTable: @unchecked Sendable {
    public let count: Int
    @usableFromInline let rows: UnsafePointer<Instrument>

    /// - Precondition: `memory` holds a validated table segment.
    public init(memory: UnsafeRawPointer) {
        let header = unsafe memory.assumingMemoryBound(to: InstrumentTableHeader.self)
        unsafe precondition(header.pointee.magic == InstrumentTable.magic, "an instrument table")
        count = unsafe Int(header.pointee.count)
        let first = unsafe memory + MemoryLayout<InstrumentTableHeader>.size
        unsafe rows = unsafe first.assumingMemoryBound(to: Instrument.self)
    }

    public static let magic: UInt64 = 0x4150_5553_494e_5300 + UInt64(APUS_MESSAGES_VERSION)

    /// Every instrument of the table segment in `memory`, for another process than the engine's;
    /// `nil` when it is no whole table of this layout.
    public static func read(_ memory: UnsafeRawPointer, size: Int) -> [Instrument]? {
        guard size >= MemoryLayout<InstrumentTableHeader>.size else { return nil }
        let header = unsafe memory.assumingMemoryBound(to: InstrumentTableHeader.self)
        let count = unsafe Int(header.pointee.count)
        guard unsafe header.pointee.magic == magic,
            unsafe header.pointee.instrumentSize == UInt32(MemoryLayout<Instrument>.size),
            count <= Int(APUS_INSTRUMENT_COUNT_MAX), Self.size(count: count) <= size
        else { return nil }
        let table = unsafe InstrumentTable(memory: memory)
        return (0..<UInt32(count)).map { table[$0] }
    }

    /// The whole table as bytes, which `read` takes back.
    public var bytes: [UInt8] {
        let rows = (0..<UInt32(count)).map { self[$0] }
        let size = Self.size(count: count)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        defer { unsafe memory.deallocate() }
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        unsafe Self.write(rows, into: memory)
        return unsafe Array(UnsafeRawBufferPointer(start: memory, count: size))
    }

    /// Bytes of a table segment of `count` instruments.
    public static func size(count: Int) -> Int {
        MemoryLayout<InstrumentTableHeader>.size + count * MemoryLayout<Instrument>.size
    }

    /// Writes `instruments` into `memory`, giving each its place as id.
    public static func write(_ instruments: [Instrument], into memory: UnsafeMutableRawPointer) {
        precondition(instruments.count <= Int(APUS_INSTRUMENT_COUNT_MAX), "a table that fits")
        let header = unsafe memory.assumingMemoryBound(to: InstrumentTableHeader.self)
        unsafe header.pointee = InstrumentTableHeader()
        let first = unsafe memory + MemoryLayout<InstrumentTableHeader>.size
        let rows = unsafe first.assumingMemoryBound(to: Instrument.self)
        for (index, instrument) in instruments.enumerated() {
            unsafe rows[index] = instrument
            unsafe rows[index].instrumentID = UInt32(index)
        }
        unsafe header.pointee.count = UInt32(instruments.count)
        unsafe header.pointee.instrumentSize = UInt32(MemoryLayout<Instrument>.size)
        unsafe header.pointee.magic = magic
    }

    /// The instrument of `id`, in place.
    ///
    /// - Precondition: `id < count`.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func pointer(_ id: UInt32) -> UnsafePointer<Instrument> {
        assert(Int(id) < count)
        return unsafe rows + Int(id)
    }

    /// A copy of the instrument of `id`.
    public subscript(id: UInt32) -> Instrument {
        precondition(Int(id) < count, "an id of this table")
        return unsafe rows[Int(id)]
    }

    /// A table in memory of its own that is never freed: for tests, replay and benchmarks.
    public static func standalone(_ instruments: [Instrument]) -> InstrumentTable {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: size(count: instruments.count), alignment: 64)
        unsafe write(instruments, into: memory)
        return unsafe InstrumentTable(memory: memory)
    }
}

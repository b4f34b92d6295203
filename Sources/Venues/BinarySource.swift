//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Little-endian integers out of a message of known length, each read checked.
///
/// SAFETY: the caller keeps `bytes[0 ..< count]` readable while the value is used.
@safe
struct BinarySource {
    private let bytes: UnsafePointer<UInt8>
    let count: Int

    @_noAllocation @_noLocks
    init(_ bytes: UnsafePointer<UInt8>, count: Int) {
        unsafe self.bytes = unsafe bytes
        self.count = count
    }

    /// True when `length` bytes lie at `offset`.
    @_noAllocation @_noLocks
    @inline(__always)
    func holds(_ length: Int, at offset: Int) -> Bool {
        offset >= 0 && length >= 0 && offset <= count && length <= count &- offset
    }

    /// The integer at `offset`; 0 outside of the message.
    @_noAllocation @_noLocks
    @inline(__always)
    func uint8(_ offset: Int) -> UInt8 {
        holds(1, at: offset) ? unsafe bytes[offset] : 0
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func uint16(_ offset: Int) -> UInt16 {
        guard holds(2, at: offset) else { return 0 }
        return unsafe UInt16(
            littleEndian: UnsafeRawPointer(bytes).loadUnaligned(
                fromByteOffset: offset, as: UInt16.self))
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func uint32(_ offset: Int) -> UInt32 {
        guard holds(4, at: offset) else { return 0 }
        return unsafe UInt32(
            littleEndian: UnsafeRawPointer(bytes).loadUnaligned(
                fromByteOffset: offset, as: UInt32.self))
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func int64(_ offset: Int) -> Int64 {
        guard holds(8, at: offset) else { return 0 }
        return unsafe Int64(
            littleEndian: UnsafeRawPointer(bytes).loadUnaligned(
                fromByteOffset: offset, as: Int64.self))
    }

    /// Where `offset` lies.
    @_noAllocation @_noLocks
    @inline(__always)
    func pointer(_ offset: Int) -> UnsafePointer<UInt8> { unsafe bytes + offset }
}

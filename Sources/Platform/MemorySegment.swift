//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform

/// A mapped range of memory: private, or a segment of an instance's directory.
///
/// SAFETY: the mapping lives as long as the value; users of `base` must not outlive it. Engine
/// memory is kept until the process ends.
@safe
public struct MemorySegment: ~Copyable, @unchecked Sendable {
    public let base: UnsafeMutableRawPointer
    /// Usable bytes; a doubled segment maps twice as many.
    public let size: Int
    private let mappedSize: Int

    private init(base: UnsafeMutableRawPointer, size: Int, mappedSize: Int) {
        unsafe self.base = unsafe base
        self.size = size
        self.mappedSize = mappedSize
    }

    deinit { _ = unsafe apus_memory_unmap(base, mappedSize) }

    /// Keeps the mapping for the rest of the process's life.
    public consuming func leak() -> UnsafeMutableRawPointer {
        let kept = unsafe base
        discard self
        return unsafe kept
    }

    /// Anonymous zeroed memory, aligned to a page.
    public static func anonymous(size: Int) throws(PlatformError) -> MemorySegment {
        var memory: UnsafeMutableRawPointer?
        try PlatformError.check(unsafe apus_memory_create(size, &memory), "map \(size) bytes")
        return unsafe MemorySegment(base: memory!, size: size, mappedSize: size)
    }

    /// Anonymous memory mapped twice back to back; `size` is a multiple of the page size.
    public static func anonymousDoubled(size: Int) throws(PlatformError) -> MemorySegment {
        var memory: UnsafeMutableRawPointer?
        try PlatformError.check(
            unsafe apus_memory_create_doubled(size, &memory), "map \(size) bytes twice")
        return unsafe MemorySegment(base: memory!, size: size, mappedSize: 2 * size)
    }

    /// A new zeroed segment of mode 0600.
    public static func create(_ path: String, size: Int) throws(PlatformError) -> MemorySegment {
        var memory: UnsafeMutableRawPointer?
        try PlatformError.check(
            unsafe apus_segment_create(path, size, &memory), "create \(path) of \(size) bytes")
        return unsafe MemorySegment(base: memory!, size: size, mappedSize: size)
    }

    /// A new segment mapped twice back to back; `size` is a multiple of the page size.
    public static func createDoubled(
        _ path: String, size: Int
    ) throws(PlatformError) -> MemorySegment {
        var memory: UnsafeMutableRawPointer?
        try PlatformError.check(
            unsafe apus_segment_create_doubled(path, size, &memory),
            "create \(path) of \(size) bytes")
        return unsafe MemorySegment(base: memory!, size: size, mappedSize: 2 * size)
    }

    /// An existing segment of this user's, private to him.
    public static func open(
        _ path: String, writable: Bool
    ) throws(PlatformError) -> MemorySegment {
        var memory: UnsafeMutableRawPointer?
        var size = 0
        try PlatformError.check(
            unsafe apus_segment_open(path, writable ? 1 : 0, &size, &memory), "open \(path)")
        return unsafe MemorySegment(base: memory!, size: size, mappedSize: size)
    }

    /// Touches every page, so that none faults later; locking is the process's matter.
    public borrowing func prefault() { unsafe apus_memory_prefault(base, size) }
}

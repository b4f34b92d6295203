//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTLS

/// SAFETY: `bytes` has room for `capacity`, and the channel that owns both frees them.
@safe
private struct FrameStore {
    var bytes: UnsafeMutablePointer<UInt8>
    var capacity: Int
    var length: Int
    var frames: Int
    var flushes: Int
    var failure: Int32
}

/// `write` of the channel: -ENOBUFS for a frame that can never fit.
private func keepFrame(
    _ context: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ length: Int
) -> Int32 {
    let opened = unsafe context?.assumingMemoryBound(to: FrameStore.self)
    guard let store = unsafe opened, let from = unsafe bytes else { return -5 }
    if unsafe store.pointee.failure != 0 { return unsafe store.pointee.failure }
    if unsafe length > store.pointee.capacity { return -105 }
    if unsafe store.pointee.length + length > store.pointee.capacity {
        unsafe store.pointee.length = 0
    }
    unsafe (store.pointee.bytes + store.pointee.length).update(from: from, count: length)
    unsafe store.pointee.length += length
    unsafe store.pointee.frames += 1
    return 0
}

/// `flush` of the channel.
private func countFlush(_ context: UnsafeMutableRawPointer?) -> Int32 {
    let opened = unsafe context?.assumingMemoryBound(to: FrameStore.self)
    guard let store = unsafe opened else { return -5 }
    unsafe store.pointee.flushes += 1
    return 0
}

/// An order channel into memory: for replay, benchmarks and tests.
///
/// Keeps the newest frames, as many as fit; older ones are dropped.
///
/// SAFETY: everything lives until the value goes; the channel must not be used after that.
@safe
public struct MemoryOrderChannel: ~Copyable, @unchecked Sendable {
    private let store: UnsafeMutablePointer<FrameStore>
    public let channel: UnsafeMutablePointer<OrderChannel>

    /// An open channel that keeps up to `capacity` bytes.
    public init(capacity: Int) {
        unsafe store = .allocate(capacity: 1)
        unsafe store.initialize(
            to: FrameStore(
                bytes: .allocate(capacity: capacity), capacity: capacity, length: 0, frames: 0,
                flushes: 0, failure: 0))
        unsafe store.pointee.bytes.initialize(repeating: 0, count: capacity)
        unsafe channel = .allocate(capacity: 1)
        unsafe channel.initialize(to: OrderChannel())
        unsafe channel.pointee.context = unsafe UnsafeMutableRawPointer(store)
        unsafe channel.pointee.write = unsafe keepFrame
        unsafe channel.pointee.flush = unsafe countFlush
        unsafe channel.pointee.isOpen = 1
    }

    deinit {
        unsafe store.pointee.bytes.deallocate()
        unsafe store.deallocate()
        unsafe channel.deallocate()
    }

    /// Frames written so far.
    public var frameCount: Int { unsafe store.pointee.frames }
    public var flushCount: Int { unsafe store.pointee.flushes }

    /// What every write returns from now on: 0 or -errno.
    public func fail(with code: Int32) { unsafe store.pointee.failure = code }

    /// The bytes kept, in order of writing.
    public var bytes: [UInt8] {
        unsafe Array(UnsafeBufferPointer(start: store.pointee.bytes, count: store.pointee.length))
    }

    public func clear() { unsafe store.pointee.length = 0 }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS

/// What the gateway wrote, and what becomes of the next write.
private struct TapStore {
    var frames: [[UInt8]] = []
    var failure: Int32 = 0
}

private func keep(
    _ context: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ length: Int
) -> Int32 {
    guard let context = unsafe context, let bytes = unsafe bytes else { return -5 }
    let store = unsafe context.assumingMemoryBound(to: TapStore.self)
    if unsafe store.pointee.failure != 0 {
        defer { unsafe store.pointee.failure = 0 }
        return unsafe store.pointee.failure
    }
    unsafe store.pointee.frames.append(
        Array(UnsafeBufferPointer(start: bytes, count: length)))
    return 0
}

private func flush(_ context: UnsafeMutableRawPointer?) -> Int32 { 0 }

/// The engine's end of the order connection: frames come out as the bytes that would be encrypted.
///
/// SAFETY: the memory lives as long as the object, which outlives the stages that write to it.
@safe
final class OutboundTap {
    private let store: UnsafeMutablePointer<TapStore>
    let channel: UnsafeMutablePointer<OrderChannel>

    init() {
        unsafe store = .allocate(capacity: 1)
        unsafe store.initialize(to: TapStore())
        unsafe channel = .allocate(capacity: 1)
        unsafe channel.initialize(to: OrderChannel())
        unsafe channel.pointee.context = unsafe UnsafeMutableRawPointer(store)
        unsafe channel.pointee.write = unsafe keep
        unsafe channel.pointee.flush = unsafe flush
    }

    deinit {
        unsafe store.deinitialize(count: 1)
        unsafe store.deallocate()
        unsafe channel.deallocate()
    }

    var isOpen: Bool {
        get { unsafe channel.pointee.isOpen != 0 }
        set { unsafe channel.pointee.isOpen = newValue ? 1 : 0 }
    }

    /// The next write fails with -errno and nothing of it leaves.
    func failOnce(_ code: Int32) { unsafe store.pointee.failure = code }

    /// The texts written since the last call, unmasked; `nil` for a frame that is none.
    func takeTexts() -> [[UInt8]?] {
        if unsafe store.pointee.frames.isEmpty { return [] }
        let frames = unsafe store.pointee.frames
        unsafe store.pointee.frames = []
        return frames.map(Self.text)
    }

    /// The payload of one final, masked text frame and nothing else. Source: RFC 6455, section 5.2.
    static func text(_ frame: [UInt8]) -> [UInt8]? {
        guard frame.count >= 6, frame[0] == 0x81, frame[1] & 0x80 != 0 else { return nil }
        var at = 2
        var length = Int(frame[1] & 0x7F)
        if length == 127 { return nil }
        if length == 126 {
            guard frame.count >= 8 else { return nil }
            length = Int(frame[2]) << 8 | Int(frame[3])
            at = 4
        }
        guard frame.count == at + 4 + length else { return nil }
        let key = Array(frame[at..<at + 4])
        var text = Array(frame[(at + 4)...])
        for index in text.indices { text[index] ^= key[index & 3] }
        return text
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS

/// An order channel that ends in memory: for replay, tests and benchmarks.
///
/// SAFETY: one thread writes and drains it; the channel points back to this object, which must
/// outlive the gateway that writes to it.
public final class MemoryChannel {
    public let channel: UnsafeMutablePointer<OrderChannel>
    /// Frames as the gateway wrote them, in order.
    public private(set) var frames: [[UInt8]] = []

    public init() {
        channel = UnsafeMutablePointer<OrderChannel>.allocate(capacity: 1)
        channel.initialize(to: OrderChannel())
        channel.pointee.context = Unmanaged.passUnretained(self).toOpaque()
        channel.pointee.write = { context, bytes, length in
            let sink = Unmanaged<MemoryChannel>.fromOpaque(context!).takeUnretainedValue()
            sink.frames.append(Array(UnsafeBufferPointer(start: bytes, count: length)))
            return 0
        }
        channel.pointee.flush = { _ in 0 }
        channel.pointee.isOpen = 1
    }

    deinit { channel.deallocate() }

    /// Takes the frames out.
    public func drain() -> [[UInt8]] {
        defer { frames.removeAll() }
        return frames
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTLS
public import Messages

/// Where orders of one venue are written.
///
/// SAFETY: the channel outlives every stage.
@safe
public struct OrderRoute: @unchecked Sendable {
    public let venue: Venue
    let channel: UnsafeMutablePointer<OrderChannel>

    public init(venue: Venue, channel: UnsafeMutablePointer<OrderChannel>) {
        self.venue = venue
        unsafe self.channel = unsafe channel
    }
}

/// What the gateway keeps of one venue: its channel, its sessions, its clock.
///
/// SAFETY: as `OrderRoute`.
@safe
struct VenueState {
    /// `nil`: nothing can be sent there.
    var channel: UnsafeMutablePointer<OrderChannel>?
    var isOrderSessionUp: Bool
    var wasUserStreamLost = false
    /// The venue's clock less ours, ns.
    var clockOffsetNs: Int64 = 0
    /// Orders of this venue up to this place number are to be cancelled.
    var cancelThrough: UInt64 = 0
    /// Something was written that waits for the kernel.
    var isFlushNeeded = false

    init(isOrderSessionUp: Bool) {
        unsafe channel = nil
        self.isOrderSessionUp = isOrderSessionUp
    }

    /// Whether bytes written now would leave.
    var isChannelOpen: Bool {
        @_noAllocation @_noLocks
        get {
            guard let channel = unsafe channel else { return false }
            return unsafe channel.pointee.isOpen != 0
        }
    }

    /// The venue's time of a record, ms.
    @_noAllocation @_noLocks
    func timeMs(_ timeNs: UInt64) -> Int64 {
        let time = Int64(truncatingIfNeeded: min(timeNs, UInt64(Int64.max)))
        let (sum, overflow) = time.addingReportingOverflow(clockOffsetNs)
        return (overflow ? time : sum) / 1_000_000
    }

    /// Encrypts `length` bytes of a frame; `false`: nothing of it will leave.
    @_noAllocation @_noLocks
    mutating func write(_ bytes: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        guard let channel = unsafe channel,
            unsafe apus_order_channel_write(channel, bytes, length) == 0
        else { return false }
        isFlushNeeded = true
        return true
    }

    /// Hands what was written to the kernel; `false` when that failed.
    @_noAllocation @_noLocks
    mutating func flush() -> Bool {
        guard isFlushNeeded, let channel = unsafe channel else { return true }
        isFlushNeeded = false
        return unsafe apus_order_channel_flush(channel) == 0
    }
}

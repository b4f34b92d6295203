//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import Glibc

/// What the spinning loop looks at: the time, and whether bytes have come.
struct EchoClock {
    private let clock = WallClock.calibrated()

    /// Nanoseconds since 1970, from the time-stamp counter.
    @inline(__always)
    var nowNs: UInt64 { clock.now() }

    /// True once a first byte can be read from a socket; takes nothing.
    @inline(__always)
    static func hasBytes(_ socket: Int32) -> Bool {
        var byte: UInt8 = 0
        let flags = Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)
        return unsafe recv(socket, &byte, 1, flags) > 0
    }

    /// Bytes that the peer's side has not acknowledged yet.
    static func unacknowledged(_ socket: Int32) -> Int {
        var count: Int32 = 0
        return unsafe ioctl(socket, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
    }
}

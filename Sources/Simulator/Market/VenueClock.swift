//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The venue's time: nanoseconds of a clock that never steps, and the milliseconds since 1970 that
/// go with them. The poll loop sets it once per turn; a test sets it as it likes.
final class VenueClock {
    let startNs: UInt64
    let startMs: Int64
    var nowNs: UInt64

    init(startNs: UInt64, startMs: Int64) {
        self.startNs = startNs
        self.startMs = startMs
        nowNs = startNs
    }

    var nowMs: Int64 { milliseconds(at: nowNs) }

    var nowMicroseconds: Int64 {
        startMs * 1_000 + (Int64(bitPattern: nowNs) - Int64(bitPattern: startNs)) / 1_000
    }

    func milliseconds(at ns: UInt64) -> Int64 {
        startMs + (Int64(bitPattern: ns) - Int64(bitPattern: startNs)) / 1_000_000
    }
}

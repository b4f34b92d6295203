//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a bad network lets through of what a connection sends.
struct SendLimit {
    private var untilNs: UInt64 = 0
    /// 0: nothing.
    private var bytesPerS: UInt64 = 0
    private var lastNs: UInt64 = 0
    private var allowed: UInt64 = 0

    /// Lets `bytesPerS` bytes a second through for `durationNs`, or nothing with 0. Limits that are
    /// set do not add up: the last one counts.
    mutating func set(bytesPerS: Int, durationNs: UInt64, nowNs: UInt64) {
        self.bytesPerS = UInt64(bytesPerS)
        untilNs = nowNs + durationNs
        lastNs = nowNs
        allowed = 0
    }

    func isActive(_ nowNs: UInt64) -> Bool { nowNs < untilNs }

    /// Bytes that may go now; `nil`: all.
    mutating func room(_ nowNs: UInt64) -> Int? {
        guard isActive(nowNs) else { return nil }
        // What was not used in a second is lost.
        let passedNs = min(nowNs - lastNs, 1_000_000_000)
        let more = bytesPerS * passedNs / 1_000_000_000
        guard more > 0 else { return Int(allowed) }
        lastNs = nowNs
        allowed = min(allowed + more, max(bytesPerS, 1))
        return Int(allowed)
    }

    mutating func took(_ count: Int) { allowed -= min(allowed, UInt64(count)) }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The venue's time: nanoseconds of a clock that never steps, and the milliseconds since 1970 that
/// go with them, which a fault may move. The poll loop sets it once per turn; a test sets it as it
/// likes.
final class VenueClock {
    let startNs: UInt64
    let startMs: Int64
    /// Whose nanoseconds this clock shows; `nil`: it has its own.
    private let source: VenueClock?
    private var ownNs: UInt64
    /// How far the milliseconds are ahead of what they would be, at `driftSinceNs`.
    private var aheadNs: Int64 = 0
    /// Nanoseconds that they gain a second.
    private var driftNs: Int64 = 0
    private var driftSinceNs: UInt64

    init(startNs: UInt64, startMs: Int64) {
        self.startNs = startNs
        self.startMs = startMs
        source = nil
        ownNs = startNs
        driftSinceNs = startNs
    }

    /// A clock of one venue, which can be wrong while those of others are right.
    init(following source: VenueClock) {
        self.source = source
        startNs = source.startNs
        startMs = source.startMs
        ownNs = source.nowNs
        driftSinceNs = source.nowNs
    }

    var nowNs: UInt64 {
        get { source?.nowNs ?? ownNs }
        set { ownNs = newValue }
    }

    var nowMs: Int64 { milliseconds(at: nowNs) }

    var nowMicroseconds: Int64 {
        startMs * 1_000 + (sinceStart(nowNs) + offsetNs(at: nowNs)) / 1_000
    }

    func milliseconds(at ns: UInt64) -> Int64 {
        startMs + (sinceStart(ns) + offsetNs(at: ns)) / 1_000_000
    }

    private func sinceStart(_ ns: UInt64) -> Int64 {
        Int64(bitPattern: ns) - Int64(bitPattern: startNs)
    }

    // MARK: - Faults

    /// How far the milliseconds are ahead at an instant of the clock that never steps.
    private func offsetNs(at ns: UInt64) -> Int64 {
        guard driftNs != 0 else { return aheadNs }
        let passedNs = Int64(bitPattern: ns) - Int64(bitPattern: driftSinceNs)
        return aheadNs + Int64(clamping: Int128(driftNs) * Int128(passedNs) / 1_000_000_000)
    }

    /// A time by the clock that this one follows, as this one shows it now.
    func shown(_ timeMs: Int64) -> Int64 {
        source == nil ? timeMs : timeMs + offsetNs(at: nowNs) / 1_000_000
    }

    /// Jumps.
    func step(byNs stepNs: Int64) { aheadNs += stepNs }

    /// Gains so much a second from now on.
    func drift(nsPerS: Int64) {
        guard nsPerS != driftNs else { return }
        aheadNs = offsetNs(at: nowNs)
        driftSinceNs = nowNs
        driftNs = nsPerS
    }
}

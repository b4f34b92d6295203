//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts

/// Keeps up the stream of an account that lives on a key: has the key extended in time, and the
/// connection made anew when the key is lost. The new connection asks for the key again, and gets
/// another one where the old is gone.
///
/// The key is lost when the venue says so on the stream, when it does not know the key that is to
/// be extended, and when it extends another one. The stream stays open and silent then.
struct StreamRenewal {
    /// The venue lets a key live for an hour.
    static let keepAliveNs: UInt64 = 1_800_000_000_000
    static let retryNsMin: UInt64 = 1_000_000_000
    static let retryNsMax: UInt64 = 60_000_000_000

    private let reconnect: () -> Void
    /// Counts the venue's words.
    private let expiries: () -> UInt64
    private var seen: UInt64
    private var nextNs: UInt64
    private var retryNs = retryNsMin

    /// - Parameters:
    ///   - nowNs: Monotonic, as of `advance`; the key is new.
    ///   - reconnect: Has the stream's connection made anew.
    init(nowNs: UInt64, expiries: @escaping () -> UInt64, reconnect: @escaping () -> Void) {
        self.reconnect = reconnect
        self.expiries = expiries
        seen = expiries()
        nextNs = nowNs + Self.keepAliveNs
    }

    /// - Parameter keepAlive: Asks the venue to go on with the key; `nil` when that failed, and is
    ///   to be tried again.
    mutating func advance(nowNs: UInt64, keepAlive: () -> StreamUpkeep?) {
        let count = expiries()
        if count != seen {
            seen = count
            return renew(nowNs)
        }
        guard nowNs >= nextNs else { return }
        switch keepAlive() {
        case .goesOn: schedule(nowNs)
        case .isLost: renew(nowNs)
        case nil:
            nextNs = nowNs + retryNs
            retryNs = min(2 * retryNs, Self.retryNsMax)
        }
    }

    private mutating func renew(_ nowNs: UInt64) {
        reconnect()
        schedule(nowNs)
    }

    private mutating func schedule(_ nowNs: UInt64) {
        nextNs = nowNs + Self.keepAliveNs
        retryNs = Self.retryNsMin
    }
}

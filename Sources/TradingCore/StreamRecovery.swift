//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform
import Transport

/// Notices that the stream of an account was away, and from when on it may have missed something.
struct StreamRecovery {
    private let connector: Connector
    private let connection: UInt16
    private var connectedCount = 1
    /// Our clock when the stream was last seen connected; 0: never.
    private var seenNs: UInt64 = 0
    /// Since when something may be missing; `nil`: nothing is.
    private var missingSinceNs: UInt64?
    private var notBeforeNs: UInt64 = 0

    /// A dead connection looks alive for so long at most, and the venue's books settle later.
    private static let marginNs: UInt64 = 120_000_000_000
    /// The venue may know a fill a little later than it sent it.
    private static let settleNs: UInt64 = 500_000_000
    private static let retryNs: UInt64 = 2_000_000_000

    init(connector: Connector, connection: UInt16) {
        self.connector = connector
        self.connection = connection
    }

    /// Since when fills are to be asked for, by our clock, once the stream is back; each gap is
    /// told until `failed` is not called for it.
    mutating func dueSince(nowNs: UInt64) -> UInt64? {
        let status = connector.status(connection)
        if status.connectedCount > connectedCount {
            connectedCount = status.connectedCount
            let seen = seenNs == 0 ? wallNs() : seenNs
            missingSinceNs = min(missingSinceNs ?? .max, seen &- Self.marginNs)
            notBeforeNs = nowNs + Self.settleNs
        }
        if status.isConnected { seenNs = wallNs() }
        guard let since = missingSinceNs, status.isConnected, nowNs >= notBeforeNs else {
            return nil
        }
        missingSinceNs = nil
        lastSinceNs = since
        return since
    }

    private var lastSinceNs: UInt64 = 0

    /// The fills asked for could not be had: they are asked for again.
    mutating func failed(nowNs: UInt64) {
        missingSinceNs = min(missingSinceNs ?? .max, lastSinceNs)
        notBeforeNs = nowNs + Self.retryNs
    }
}

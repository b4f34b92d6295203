//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Transport

/// Sees that the stream of an account is alive: bytes came in, if only a sign of life.
struct StreamPulse {
    private let connector: Connector
    private let connection: UInt16
    private var seen: UInt32 = 0
    private var nextNs: UInt64 = 0

    /// The path is told so often at most.
    private static let intervalNs: UInt64 = 1_000_000_000

    init(connector: Connector, connection: UInt16) {
        self.connector = connector
        self.connection = connection
    }

    /// Whether something came in since this was true last; monotonic ns.
    mutating func isAlive(nowNs: UInt64) -> Bool {
        guard nowNs >= nextNs else { return false }
        let status = connector.status(connection)
        guard status.isConnected, status.receiptCount != seen else { return false }
        seen = status.receiptCount
        nextNs = nowNs + Self.intervalNs
        return true
    }
}

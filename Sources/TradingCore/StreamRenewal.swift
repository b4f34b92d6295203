//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Telemetry
import Transport

/// Makes the stream of an account anew when the venue says that its key has run out: the
/// connection stays open then, and silent.
struct StreamRenewal {
    private let connector: Connector
    private let connection: UInt16
    /// Counts the venue's words.
    private let expiries: Counter
    private var seen: UInt64

    init(connector: Connector, connection: UInt16, expiries: Counter) {
        self.connector = connector
        self.connection = connection
        self.expiries = expiries
        seen = expiries.value
    }

    mutating func advance() {
        let count = expiries.value
        if count == seen { return }
        seen = count
        renew()
    }

    /// The path of the new connection is asked for anew, and with it the key.
    func renew() { connector.reconnect(connection) }
}

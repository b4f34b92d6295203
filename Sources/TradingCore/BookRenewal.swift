//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Transport

/// How a venue's cold thread gets the book that the kernel asks for.
enum BookSource {
    /// A snapshot by REST, put into the order of events.
    case request
    /// The stream's own snapshot, which comes with every subscription.
    case stream(BookRenewal)
}

/// Has the venue send a book anew by leaving its stream and coming back.
///
/// The venue confirms the leaving on the connection, where the cold thread hears nothing; it waits
/// for longer than that takes instead. One line is enough: a whole book counts on any of them.
struct BookRenewal {
    private let outbox: ColdOutbox
    private let connector: Connector
    /// The lines that carry the books, the preferred first.
    private let lines: [UInt16]
    /// What leaves a stream and what comes back, by instrument.
    private let texts: [UInt32: (leave: String, enter: String)]
    /// When to come back, monotonic ns, and over which connection.
    private var left: [UInt32: (dueNs: UInt64, line: UInt16)] = [:]

    private static let pauseNs: UInt64 = 300_000_000

    init(
        outbox: ColdOutbox, connector: Connector, lines: [UInt16],
        texts: [UInt32: (leave: String, enter: String)]
    ) {
        self.outbox = outbox
        self.connector = connector
        self.lines = lines
        self.texts = texts
    }

    /// Leaves the stream of an instrument's book.
    ///
    /// - Returns: `false` when that cannot be said now; a connection that is down needs none of
    ///   this, for its own start brings the book.
    mutating func begin(_ instrumentID: UInt32, nowNs: UInt64) -> Bool {
        if left[instrumentID] != nil { return true }
        guard let text = texts[instrumentID] else { return true }
        guard let line = lines.first(where: { connector.status($0).isConnected }) else {
            return true
        }
        guard outbox.send(text.leave, connectionID: line) else { return false }
        left[instrumentID] = (nowNs + Self.pauseNs, line)
        return true
    }

    /// Comes back to the streams left long enough ago.
    mutating func advance(nowNs: UInt64) {
        for (id, (dueNs, line)) in left where dueNs <= nowNs {
            guard let text = texts[id], outbox.send(text.enter, connectionID: line) else {
                continue
            }
            left[id] = nil
        }
    }
}

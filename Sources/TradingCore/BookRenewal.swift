//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Messages
import Pipeline
import Transport

/// How a venue's cold thread gets the book that the kernel asks for.
enum BookSource {
    /// A snapshot by REST, put into the order of events.
    case request
    /// The stream's own snapshot, which comes with every subscription.
    case stream(BookRenewal)

    /// - Parameter lines: On which of the venue's lines its stream is begun anew.
    init(
        _ settings: Settings, _ venue: Venue, _ instruments: InstrumentTable,
        _ plan: ConnectionPlan, _ connector: Connector, _ outbox: ColdOutbox,
        lines: BookRenewal.Lines
    ) {
        guard venue == .okx, settings.text("trading.okx_bootstrap") == "stream" else {
            self = .request
            return
        }
        let ids = (0..<UInt32(instruments.count)).filter { instruments[$0].venue == venue }
        let texts = ids.map { id in
            (id, OKXConnections.renewal(settings, instruments[id].venueSymbolText))
        }
        self = .stream(
            BookRenewal(
                outbox: outbox, connector: connector, lines: plan.bookLines[venue] ?? [],
                renewed: lines, texts: Dictionary(uniqueKeysWithValues: texts)))
    }
}

/// Has the venue send a book anew by leaving its stream and coming back.
///
/// The venue confirms the leaving on the connection, where the cold thread hears nothing; it waits
/// for longer than that takes instead.
struct BookRenewal {
    /// On which lines it is done.
    enum Lines {
        /// The first that is up: where all lines are listened to, a whole book counts on any.
        case first
        /// Each that is up: where one is listened to and any may be that one.
        case each
    }

    private let outbox: ColdOutbox
    private let connector: Connector
    /// The lines that carry the books, the preferred first.
    private let lines: [UInt16]
    private let renewed: Lines
    /// What leaves a stream and what comes back, by instrument.
    private let texts: [UInt32: (leave: String, enter: String)]
    /// When to come back, monotonic ns, and over which connections.
    private var left: [UInt32: (dueNs: UInt64, lines: [UInt16])] = [:]

    private static let pauseNs: UInt64 = 300_000_000

    init(
        outbox: ColdOutbox, connector: Connector, lines: [UInt16], renewed: Lines,
        texts: [UInt32: (leave: String, enter: String)]
    ) {
        self.outbox = outbox
        self.connector = connector
        self.lines = lines
        self.renewed = renewed
        self.texts = texts
    }

    /// Leaves the stream of an instrument's book.
    ///
    /// - Returns: `false` when that cannot be said now; a connection that is down needs none of
    ///   this, for its own start brings the book.
    mutating func begin(_ instrumentID: UInt32, nowNs: UInt64) -> Bool {
        if left[instrumentID] != nil { return true }
        guard let text = texts[instrumentID] else { return true }
        var up = lines.filter { connector.status($0).isConnected }
        if renewed == .first { up = Array(up.prefix(1)) }
        let gone = up.filter { outbox.send(text.leave, connectionID: $0) }
        if gone.isEmpty { return up.isEmpty }
        left[instrumentID] = (nowNs + Self.pauseNs, gone)
        return true
    }

    /// Comes back to the streams left long enough ago.
    mutating func advance(nowNs: UInt64) {
        for (id, (dueNs, lines)) in left where dueNs <= nowNs {
            guard let text = texts[id] else { continue }
            let rest = lines.filter { !outbox.send(text.enter, connectionID: $0) }
            left[id] = rest.isEmpty ? nil : (dueNs, rest)
        }
    }
}

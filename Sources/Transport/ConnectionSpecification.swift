//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One WebSocket connection that is to be kept up.
public struct ConnectionSpecification: Sendable {
    /// 1 and up; 0 is the cold inbox. Indexes the reader's byte rings.
    public let id: UInt16
    /// For the log: "binance-usdm.stream".
    public let name: String
    /// "wss://host:port/path?query".
    public let url: String
    public let headers: [(String, String)]
    /// PEM of trust roots to add to the system's.
    public let caFile: String?
    /// Gives path and query before each attempt, on the connection's cold thread: for paths with a
    /// key that expires. What it throws counts as a failed attempt.
    public let pathProvider: (@Sendable () throws -> String)?
    /// Sent as text messages, in order, before the connection is handed to the reader.
    public let messagesOnOpen: [String]
    /// Talks over the new connection after those messages and before the reader has it. What it
    /// throws counts as a failed attempt.
    public let opening: (@Sendable (OpeningConversation) throws(TransportError) -> Void)?
    /// The connection is given up when nothing arrives for so long; `nil`: never.
    public let idleTimeout: Duration?
    /// The connection is given up when no message arrives for so long, however alive the peer is
    /// otherwise; `nil`: never. An answer to `keepAlive` is no message.
    public let silenceTimeout: Duration?
    /// Whether it is made only once `Connector.setWanted` asks for it.
    public let isStandby: Bool
    /// Asks for a sign of life.
    public let keepAlive: KeepAlive?

    /// What is sent whenever nothing has arrived for a while.
    public struct KeepAlive: Sendable, Equatable {
        /// Of a text message, 1...125 bytes; empty: a ping frame.
        public let text: String
        public let interval: Duration

        /// A text message, where the venue answers those alone.
        public init(text: String, interval: Duration) {
            precondition((1...125).contains(text.utf8.count), "a text as short as a control frame")
            self.text = text
            self.interval = interval
        }

        /// A ping frame.
        public init(pingEvery interval: Duration) {
            text = ""
            self.interval = interval
        }
    }

    public init(
        id: UInt16, name: String, url: String, headers: [(String, String)] = [],
        caFile: String? = nil, pathProvider: (@Sendable () throws -> String)? = nil,
        messagesOnOpen: [String] = [],
        opening: (@Sendable (OpeningConversation) throws(TransportError) -> Void)? = nil,
        idleTimeout: Duration? = .seconds(60), silenceTimeout: Duration? = nil,
        keepAlive: KeepAlive? = nil, isStandby: Bool = false
    ) {
        precondition(id > 0, "connection 0 is the cold inbox")
        self.id = id
        self.name = name
        self.url = url
        self.headers = headers
        self.caFile = caFile
        self.pathProvider = pathProvider
        self.messagesOnOpen = messagesOnOpen
        self.opening = opening
        self.idleTimeout = idleTimeout
        self.silenceTimeout = silenceTimeout
        self.keepAlive = keepAlive
        self.isStandby = isStandby
    }
}

/// How connections are made, and made again.
public struct ConnectorConfiguration: Sendable {
    /// For one attempt: TCP, TLS and upgrade together. Name resolution has its own limits.
    public var connectTimeout: Duration = .seconds(5)
    /// The n-th attempt in a row waits a random time of up to `backoffBase * 2^n`…
    public var backoffBase: Duration = .milliseconds(100)
    /// …but not longer than this.
    public var backoffCap: Duration = .seconds(30)
    /// A connection that lived so long starts the backoff anew.
    public var stableAfter: Duration = .seconds(10)
    /// Attempts of one connection in any five minutes; venues ban addresses that exceed theirs.
    public var attemptsPerFiveMinutesMax = 60
    /// Seed of the jitter; `nil`: from the kernel.
    public var seed: UInt64?

    public init() {}
}

/// What is known of one connection.
public struct ConnectionStatus: Sendable, Equatable {
    public var isConnected = false
    /// Times the connection was made.
    public var connectedCount = 0
    public var attemptCount = 0
    /// When it was made last, monotonic ns; 0: never.
    public var connectedNs: UInt64 = 0
    /// That the connection there is has brought.
    public var messageCount: UInt64 = 0
    /// Bytes came in so often, over all connections made; it wraps.
    public var receiptCount: UInt32 = 0
    /// Of the last failed attempt or loss.
    public var lastError: String?
}

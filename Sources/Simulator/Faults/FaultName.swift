//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The venues that are simulated.
public enum VenueName: String, CaseIterable, Sendable {
    case binanceUSDM = "binance-usdm"
    case binanceSpot = "binance-spot"
    case okx
}

/// What can be made to go wrong, by the name that a fault file uses.
public enum FaultName: String, CaseIterable, Sendable {
    // Connections; the opportunity is one second of one open connection.
    case disconnect
    case halfOpen = "half-open"
    case pingFlood = "ping-flood"
    case closeCode = "close-code"
    case upgradeNotice = "notice-64008"
    case lifetime
    case slowConsumer = "slow-consumer"
    case cutMidFrame = "cut-mid-frame"
    case delay
    case bandwidthCap = "bandwidth-cap"
    case zeroWindow = "zero-window"
    // A venue's clock; the opportunity is one second.
    case clockStep = "clock-step"
    case clockSlew = "clock-slew"
    // Frames; the opportunity is one text message to one client.
    case splitFrames = "split-frames"
    case fragmentedFrames = "fragmented-frames"
    case maskedFrame = "masked-frame"
    case reservedBits = "reserved-bits"
    case oversizeFrame = "oversize-frame"
    case garbageAfterJSON = "garbage-after-json"
    case reorderedKeys = "reordered-keys"
    case unknownKeys = "unknown-keys"
    case duplicateMessage = "duplicate-message"
    // Market data; the opportunity is one event of one stream.
    case gap
    case bookReset = "book-reset"
    case crossedBook = "crossed-book"
    case mixedSymbols = "mixed-symbols"
    case manyDecimals = "many-decimals"
    case missingSnapshot = "missing-snapshot"
    case oldSnapshot = "old-snapshot"
    case staleTime = "stale-time"
    case silentChannel = "silent-channel"
    case instrumentHalt = "instrument-halt"
    case tickChange = "tick-change"
    case contractChange = "contract-change"
    // Sessions; the opportunity is one request.
    case loginSlow = "login-slow"
    case loginRefused = "login-refused"
    case subscribeRefused = "subscribe-refused"
    case subscribeSilent = "subscribe-silent"
    case dataBeforeACK = "data-before-ack"
    case listenKeyExpiry = "listen-key-expiry"
    case rest429 = "rest-429"
    case rest418 = "rest-418"
    case rest503 = "rest-503"
    case rest504 = "rest-504"
    case switchRefused = "switch-refused"
    // Orders; the opportunity is one order request or one fill.
    case ackLost = "ack-lost"
    case ackLate = "ack-late"
    case rejectLate = "reject-late"
    case unknownOutcome = "unknown-outcome"
    case fillBeforeACK = "fill-before-ack"
    case duplicateFill = "duplicate-fill"
    case missingFill = "missing-fill"
    case terminalPush = "terminal-push"
    case fillAfterCancel = "fill-after-cancel"
    // The account; the opportunity is one second in which it can happen.
    case externalOrder = "external-order"
    case liquidation
    case deleveraging
    case selfTradeCancel = "self-trade-cancel"

    /// What it does, for `--faults help`.
    public var meaning: String {
        switch self {
        case .disconnect: "resets a connection"
        case .halfOpen: "goes silent for ever and keeps the socket: no data, no pong"
        case .pingFlood: "sends `count` control pings in one go (100)"
        case .closeCode: "closes with the WebSocket code `code` (1006 cannot be sent; 1011)"
        case .upgradeNotice: "OKX: notice 64008, then the connection ends after `duration` (60s)"
        case .lifetime: "the 24 hours of a connection last `duration` (30s); always on"
        case .slowConsumer: "OKX: closes with 4005 as for a client that reads too slowly"
        case .cutMidFrame: "ends a connection in the middle of a frame, without a close frame"
        case .delay: "holds back what a connection sends for `duration` (1s); others go on"
        case .bandwidthCap: "a connection sends `bytes_per_s` (4096) for `duration` (10s)"
        case .zeroWindow: "stops reading a connection for `duration` (10s)"
        case .clockStep: "the venue's clock jumps by `duration` (1s) ahead, or `backward`"
        case .clockSlew: "the venue's clock gains `duration` (1ms) a second; always on"
        case .splitFrames: "sends a message as TLS records of one byte"
        case .fragmentedFrames: "sends a message as several WebSocket fragments"
        case .maskedFrame: "sends a message masked, which a server must not"
        case .reservedBits: "sets a reserved bit of the frame header"
        case .oversizeFrame: "announces a frame of 2^40 bytes"
        case .garbageAfterJSON: "puts bytes behind the JSON text of a message"
        case .reorderedKeys: "shuffles the keys of a message's objects"
        case .unknownKeys: "adds keys nobody knows"
        case .duplicateMessage: "sends a push twice"
        case .gap: "loses an event of a depth stream for every client"
        case .bookReset: "OKX: the sequence of a book starts again lower (seqId < prevSeqId)"
        case .crossedBook: "a depth event or quote has its best bid above its best ask"
        case .mixedSymbols: "a message of a stream names another instrument"
        case .manyDecimals: "a number has ten more decimals: zeros, or off the tick"
        case .missingSnapshot: "a book has no snapshot: OKX begins without, REST never answers"
        case .oldSnapshot: "the snapshot of a book is older than the events that follow"
        case .staleTime: "event times are `duration` old (5s)"
        case .silentChannel: "a stream sends nothing for `duration` (10s) and then goes on"
        case .instrumentHalt: "an instrument is suspended for `duration` (5s)"
        case .tickChange: "an instrument's tick is ten times as large from now on"
        case .contractChange: "OKX: a contract is worth ten times as much from now on, it is told"
        case .loginSlow: "OKX: the log-in is answered after `duration` (2s)"
        case .loginRefused: "a right log-in is refused: OKX 60009 and 4001, Binance -2015"
        case .subscribeRefused: "a right subscription is refused"
        case .subscribeSilent: "a subscription is acknowledged and sends nothing"
        case .dataBeforeACK: "OKX: the first data of a subscription precede its ack"
        case .listenKeyExpiry: "Binance: the listen key expires now"
        case .rest429: "REST answers 429 with Retry-After `duration` (1s)"
        case .rest418: "REST answers 418 with Retry-After `duration` (1s)"
        case .rest503: "REST answers 503; a POST may or may not have been carried out"
        case .switchRefused: "a request to arm a dead man's switch gets a 503 and does nothing"
        case .rest504: "REST answers 504 after carrying the request out"
        case .ackLost: "an order request is carried out and never answered"
        case .ackLate: "an accepted request is answered after `duration` (1s)"
        case .rejectLate: "a refused request is answered after `duration` (1s)"
        case .unknownOutcome: "carried out, answered with the venue's code for outcome unknown"
        case .fillBeforeACK: "the pushes of a request come before its reply"
        case .duplicateFill: "the push of a fill comes twice"
        case .missingFill: "the push of a fill never comes; REST knows it"
        case .terminalPush: "OKX: after the last fill `filled` comes by itself, as recorded in 2022"
        case .fillAfterCancel: "a lot is filled before a cancel and told `duration` (100ms) after"
        case .externalOrder: "someone else sends an order on this account, and it is filled"
        case .liquidation: "the venue closes a position of the account"
        case .deleveraging: "the same by auto-deleveraging"
        case .selfTradeCancel: "the venue cancels a resting order to prevent a self-trade"
        }
    }

    /// The duration where a fault file names none, nanoseconds.
    var durationNs: UInt64 {
        switch self {
        case .upgradeNotice: 60_000_000_000
        case .lifetime: 30_000_000_000
        case .staleTime, .instrumentHalt: 5_000_000_000
        case .silentChannel, .bandwidthCap, .zeroWindow: 10_000_000_000
        case .clockSlew: 1_000_000
        case .fillAfterCancel: 100_000_000
        case .loginSlow: 2_000_000_000
        default: 1_000_000_000
        }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Telemetry

/// What the parser counts; the name in the telemetry is `parser_<name>_total`.
public struct ParserCounters: Sendable {
    public let frames: Counter
    /// Messages that the schema scanner took, or that were of a shape it had taught.
    public let scanned: Counter
    /// Shapes that were learned; one a message means that none comes again before it is forgotten.
    public let shapesLearned: Counter
    /// Messages that the generic parser took, or refused.
    public let generic: Counter
    /// Not the JSON, or not the shape, that the venue documents.
    public let malformed: Counter
    /// A price or quantity that is no whole number of ticks or lots.
    public let inexactDecimals: Counter
    public let overflows: Counter
    public let unknownKeys: Counter
    public let unknownSymbols: Counter
    /// Messages that name another instrument than the stream they came by.
    public let mixedSymbols: Counter
    /// Updates of more than `ParserStage.levelsMax` levels.
    public let oversized: Counter
    /// Valid messages that nothing is made from.
    public let ignored: Counter
    /// Trades that are no market trades: insurance fund, liquidation settlement.
    public let tradesFiltered: Counter
    /// Polls that found no room behind the parser.
    public let stalls: Counter
    public let binaryFrames: Counter
    public let controlReplies: Counter
    public let venueErrors: Counter
    public let listenKeyExpired: Counter
    public let tradeLite: Counter
    public let accountUpdates: Counter
    public let okxAccount: OKXAccountCounters
    /// Replies that belong to no request of ours.
    public let unmatchedReplies: Counter
    /// Fills whose fee is not in the instrument's quote asset.
    public let foreignFees: Counter
    public let unknownExecutions: Counter
    /// Frames of a connection or a request that the parser does not know.
    public let unknownFrames: Counter
    /// A gauge, `parser_private_sessions_lost`: private connections that were up and are not.
    public let privateSessionsLost: Counter

    public init(_ telemetry: TelemetryWriter) {
        func counter(_ name: String) -> Counter { telemetry.counter("parser_\(name)_total") }
        frames = counter("frames")
        scanned = counter("scanned")
        shapesLearned = counter("shapes_learned")
        generic = counter("generic")
        malformed = counter("malformed")
        inexactDecimals = counter("inexact_decimals")
        overflows = counter("overflows")
        unknownKeys = counter("unknown_keys")
        unknownSymbols = counter("unknown_symbols")
        mixedSymbols = counter("mixed_symbols")
        oversized = counter("oversized")
        ignored = counter("ignored")
        tradesFiltered = counter("trades_filtered")
        stalls = counter("stalls")
        binaryFrames = counter("binary_frames")
        controlReplies = counter("control_replies")
        venueErrors = counter("venue_errors")
        listenKeyExpired = counter("listen_key_expired")
        tradeLite = counter("trade_lite")
        accountUpdates = counter("account_updates")
        okxAccount = OKXAccountCounters(telemetry)
        unmatchedReplies = counter("unmatched_replies")
        foreignFees = counter("foreign_fees")
        unknownExecutions = counter("unknown_executions")
        unknownFrames = counter("unknown_frames")
        privateSessionsLost = telemetry.counter("parser_private_sessions_lost")
    }
}

/// What became of one message.
enum Outcome: UInt8 {
    /// Records were made.
    case done
    /// Valid; nothing is to be made from it, and that was counted.
    case passed
    /// The schema scanner leaves it to the generic parser.
    case fallback
    case malformed
    case inexact
    case overflow
    case unknownSymbol
    /// It names another instrument than the stream it came by.
    case mixedSymbols
    case oversized
    case ignored
    /// A trade that is no market trade.
    case filtered

    // Written out, because the derived operators are not known to be free of locks.
    @_noAllocation @_noLocks
    @inline(__always)
    static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }
    @_noAllocation @_noLocks
    @inline(__always)
    static func != (a: Self, b: Self) -> Bool { a.rawValue != b.rawValue }
}

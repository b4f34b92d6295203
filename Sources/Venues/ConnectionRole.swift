//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// What a connection carries; a connection's id is its place in the parser's list of roles.
public enum ConnectionRole: Sendable, Equatable {
    /// REST replies and other records of cold threads.
    case inbox
    /// Public streams of these instruments of one venue. Several connections that carry the same
    /// streams are lines, counted from 0.
    case market(instruments: [UInt32], venue: Venue = .binanceUSDM, line: Int = 0)
    /// Order requests to Binance and their replies.
    case orderEntry
    /// Pushed reports of orders and account of Binance.
    case userStream
    /// Order requests, replies and pushed reports of a venue that has one connection for all.
    case privateStream(venue: Venue)
}

/// What a REST frame is about: packed into `FrameDescriptor.context` by whoever asked.
public struct RESTContext: Equatable, Sendable {
    /// The body is an order book snapshot of the instrument.
    public static let depthSnapshot: UInt8 = 1
    /// The body is the offset of the venue's clock against ours as text, ns, signed.
    public static let clockOffset: UInt8 = 2
    /// The body is a push that the account's stream missed, as the stream would have sent it.
    public static let missedPush: UInt8 = 3
    /// The body is what a cold thread found out, as `AccountFact.bytes` writes it.
    public static let fact: UInt8 = 4

    public let kind: UInt8
    /// Whose clock it is about; a snapshot's instrument tells its own.
    public let venue: Venue
    public let instrumentID: UInt32

    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public init(kind: UInt8, instrumentID: UInt32 = 0, venue: Venue = .binanceUSDM) {
        self.kind = kind
        self.venue = venue
        self.instrumentID = instrumentID
    }

    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public init(packed: UInt64) {
        kind = UInt8(truncatingIfNeeded: packed >> 32)
        venue = Venue(rawValue: UInt8(truncatingIfNeeded: packed >> 40))
        instrumentID = UInt32(truncatingIfNeeded: packed)
    }

    @inlinable @inline(__always)
    public var packed: UInt64 {
        @_noAllocation @_noLocks
        get { UInt64(venue.rawValue) << 40 | UInt64(kind) << 32 | UInt64(instrumentID) }
    }
}

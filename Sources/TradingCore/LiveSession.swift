//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration
public import Messages

/// What one session of a journal did at one venue: its orders, fills and delays, and when it did
/// not trade.
public struct LiveSession {
    /// One new order that left for the venue.
    public struct Order: Equatable, Sendable {
        /// As the venue knows it.
        public var clientID: String
        /// Place among `instruments`.
        public var instrument: Int
        public var side: Side
        /// Ticks; 0 for a market order.
        public var price: Int64
        /// Lots.
        public var quantity: Int64
        /// Of the record that caused it, ns since 1970.
        public var placedNs: Int64

        public init(
            clientID: String, instrument: Int, side: Side, price: Int64, quantity: Int64,
            placedNs: Int64
        ) {
            self.clientID = clientID
            self.instrument = instrument
            self.side = side
            self.price = price
            self.quantity = quantity
            self.placedNs = placedNs
        }
    }

    /// One match that the venue reported.
    public struct Fill: Equatable, Sendable {
        /// The order's client id.
        public var clientID: String
        public var instrument: Int
        public var side: Side
        /// Ticks, lots.
        public var price: Int64
        public var quantity: Int64
        /// 1e-8, a cost above 0. Taken as quote currency whatever the asset is.
        public var feeE8: Int64
        public var isMaker: Bool
        /// When its report was received, and by the venue's clock when it was; 0: not told.
        public var receivedNs: Int64
        public var venueNs: Int64

        public init(
            clientID: String, instrument: Int, side: Side, price: Int64, quantity: Int64,
            feeE8: Int64, isMaker: Bool, receivedNs: Int64, venueNs: Int64
        ) {
            self.clientID = clientID
            self.instrument = instrument
            self.side = side
            self.price = price
            self.quantity = quantity
            self.feeE8 = feeE8
            self.isMaker = isMaker
            self.receivedNs = receivedNs
            self.venueNs = venueNs
        }
    }

    /// A time in which it opened nothing.
    public struct Pause: Equatable, Sendable {
        public enum Cause: String, CaseIterable, Sendable {
            /// Before READY, reducing or halted.
            case state
            /// A connection of its account was down.
            case connection
            /// One of risk's guards refused, such as the journal's.
            case `guard`
        }

        public var sinceNs: Int64
        public var untilNs: Int64
        public var cause: Cause

        public init(sinceNs: Int64, untilNs: Int64, cause: Cause) {
            self.sinceNs = sinceNs
            self.untilNs = untilNs
            self.cause = cause
        }
    }

    public var settings: Settings
    /// Of the venue.
    public var instruments: [Instrument]
    public var startNs: Int64
    /// Behind its last frame.
    public var endNs: Int64
    /// Its orders' ids follow this one.
    public var orderIDBase: UInt64
    public var orders: [Order]
    public var fills: [Fill]
    /// From the record that caused a new order to the venue's answer, ns.
    public var roundTripsNs: [Int64]
    public var pauses: [Pause]
    /// What the journal does not tell, in words.
    public var remarks: [String]

    public init(
        settings: Settings, instruments: [Instrument], startNs: Int64, endNs: Int64,
        orderIDBase: UInt64, orders: [Order] = [], fills: [Fill] = [], roundTripsNs: [Int64] = [],
        pauses: [Pause] = [], remarks: [String] = []
    ) {
        self.settings = settings
        self.instruments = instruments
        self.startNs = startNs
        self.endNs = endNs
        self.orderIDBase = orderIDBase
        self.orders = orders
        self.fills = fills
        self.roundTripsNs = roundTripsNs
        self.pauses = pauses
        self.remarks = remarks
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a backtest, a paper run or a live run did, as its file tells.
public struct Run: Sendable {
    public enum Kind: String, Sendable { case backtest, paper, live }

    public struct EquityPoint: Sendable, Equatable {
        /// Since 1970 UTC.
        public let timeNs: UInt64
        /// Cash and positions at mid prices, in the quote currency.
        public let equity: Double
        /// Of the positions at mid prices, in the quote currency; below 0 for a short one.
        public let positionValue: Double
    }

    public struct Fill: Sendable, Equatable {
        public let timeNs: UInt64
        /// Place in `symbols`.
        public let symbol: Int
        public let isBuy: Bool
        public let price: Double
        public let quantity: Double
        /// In the quote currency; below 0: a rebate.
        public let fee: Double
        public let isMaker: Bool
        /// Between the best prices when it was filled.
        public let mid: Double?

        public var notional: Double { price * quantity }
        public var sign: Double { isBuy ? 1 : -1 }
    }

    /// How orders ended; `nil` where the file does not say.
    public struct OrderCounts: Sendable, Equatable {
        public var placed: UInt64?
        public var filled: UInt64?
        public var cancelled: UInt64?
        public var rejected: UInt64?
        public var expired: UInt64?
    }

    public struct Latency: Sendable, Equatable {
        public let name: String
        public var count: UInt64?
        public var p50Ns: UInt64?
        public var p90Ns: UInt64?
        public var p99Ns: UInt64?
        public var p999Ns: UInt64?
        public var maxNs: UInt64?
    }

    /// The same run with orders so long on their way to the venue.
    public struct Delay: Sendable, Equatable {
        public let delayNs: UInt64
        public var netReturn: Double?
        public var sharpe: Double?
        public var fills: UInt64?
        /// Of what was traded.
        public var edgeBps: Double?
    }

    /// Mid prices of one symbol in time order; each holds until the next.
    public struct Marks: Sendable, Equatable {
        public internal(set) var timesNs: [UInt64] = []
        public internal(set) var mids: [Double] = []
    }

    public struct Fact: Sendable, Equatable {
        public let name: String
        public let text: String
    }

    /// What the reports call it.
    public var name: String
    public let kind: Kind
    public let startNs: UInt64
    public let endNs: UInt64
    /// The currency of every amount.
    public let quote: String
    /// Above 0.
    public let initialEquity: Double
    /// In time order, as all below.
    public let equity: [EquityPoint]
    public let fills: [Fill]
    public let orders: OrderCounts
    public let latencies: [Latency]
    /// By symbol; empty ones where there are none.
    public let marks: [Marks]
    public let symbols: [String]
    /// By delay.
    public let delays: [Delay]
    public let metadata: [Fact]
}

/// Why a run's file is not taken.
public struct RunFileError: Error, Equatable, CustomStringConvertible {
    /// "equity[12][1]".
    public let place: String
    public let reason: String

    public init(_ place: String, _ reason: String) {
        self.place = place
        self.reason = reason
    }

    public var description: String { "\(place): \(reason)" }
}

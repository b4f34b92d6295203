//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What becomes of an order whose fate is not known.
public enum UnknownPolicy: Sendable {
    /// It is cancelled by its id: a cancel can be repeated without harm, and its answer tells.
    case cancel
    /// It is asked for by its id, and lives on if it lives.
    case keep
}

/// What the gateway is told once, at start.
public struct GatewayConfiguration: Sendable {
    /// Letters, digits and ". _ -" only, 1...128 of them.
    public var apiKey: String
    public var secret: String
    /// How long the venue may take a request for fresh, 1...60,000 ms.
    public var recvWindowMs: Int
    /// A request that is not answered for so long has an unknown outcome. Record time.
    public var inFlightTimeoutNs: UInt64
    /// Time between two answers "unknown order" that together prove an order gone, if its request
    /// has expired by then.
    public var missConfirmationNs: UInt64
    /// Between two questions for one order.
    public var queryIntervalNs: UInt64
    public var unknownPolicy: UnknownPolicy
    /// Orders of an earlier run live on; otherwise they are cancelled.
    public var isAdoptedKept: Bool
    /// Beyond them an order is refused; none in replay, benchmarks and tests.
    public var orderRates: [OrderRate]
    /// Wait before a cancel that was refused, or whose outcome is unknown, is sent again.
    public var cancelRetryNs: UInt64
    /// Orders that can be live at once, 1...65,536.
    public var liveOrdersMax: Int
    /// Ended orders kept for late messages, 1...65,536.
    public var endedOrdersMax: Int
    /// Trades, over all instruments, that are recognised when they are reported again.
    public var recentTradesMax: Int
    /// Seed of the masking keys; random in live use.
    public var maskSeed: UInt64
    /// Replay and benchmarks, where no session report comes: the order session is up from the
    /// start.
    public var isSessionAssumedUp: Bool
    /// The order session is logged on: its requests carry neither key nor signature, which are not
    /// needed then.
    public var isSessionAuthenticated: Bool
    /// For orders to OKX; `nil`: there are none.
    public var okx: OKXOrderConfiguration?

    public init(
        apiKey: String, secret: String, recvWindowMs: Int = 5_000,
        inFlightTimeoutNs: UInt64 = 1_000_000_000, missConfirmationNs: UInt64 = 2_000_000_000,
        cancelRetryNs: UInt64 = 500_000_000, liveOrdersMax: Int = 4_096,
        endedOrdersMax: Int = 4_096, queryIntervalNs: UInt64 = 1_000_000_000,
        unknownPolicy: UnknownPolicy = .cancel, isAdoptedKept: Bool = false,
        orderRates: [OrderRate] = [], recentTradesMax: Int = 8_192, maskSeed: UInt64,
        isSessionAssumedUp: Bool = false, isSessionAuthenticated: Bool = false,
        okx: OKXOrderConfiguration? = nil
    ) {
        self.apiKey = apiKey
        self.secret = secret
        self.recvWindowMs = recvWindowMs
        self.inFlightTimeoutNs = inFlightTimeoutNs
        self.missConfirmationNs = missConfirmationNs
        self.queryIntervalNs = queryIntervalNs
        self.unknownPolicy = unknownPolicy
        self.isAdoptedKept = isAdoptedKept
        self.orderRates = orderRates
        self.cancelRetryNs = cancelRetryNs
        self.liveOrdersMax = liveOrdersMax
        self.endedOrdersMax = endedOrdersMax
        self.recentTradesMax = recentTradesMax
        self.maskSeed = maskSeed
        self.isSessionAssumedUp = isSessionAssumedUp
        self.isSessionAuthenticated = isSessionAuthenticated
        self.okx = okx
    }
}

/// Why the gateway cannot be made.
public enum GatewayError: Error, Equatable {
    /// Empty, too long, or with a character that has a meaning in JSON or in a query.
    case invalidAPIKey
    case emptySecret
    case invalidReceiveWindow(Int)
    case invalidCapacity(Int)
    /// A symbol that is empty or has a character that would need an escape.
    case invalidSymbol(String)
    /// Tick, lot or decimals that cannot be printed: sizes above 0, decimals 0...18.
    case invalidPrecision(symbol: String)
}

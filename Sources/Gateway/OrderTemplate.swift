//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages

/// The constant middle of one kind of order of one instrument, as JSON and as signature payload.
///
/// There are `variantCount` kinds: side, time in force or market, reduce-only or not.
struct OrderTemplate: BitwiseCopyable {
    static var variantCount: Int {
        @_noAllocation @_noLocks get { 20 }
    }
    /// The longest text: 31 bytes of symbol and every field at its longest are 175 bytes.
    static var textLengthMax: Int {
        @_noAllocation @_noLocks get { 192 }
    }

    var jsonLength: UInt16
    var payloadLength: UInt16
    /// What the text says, for the check before an order leaves.
    var instrumentID: UInt32
    var tickMantissa: Int64
    var lotMantissa: Int64
    var side: Side
    var type: OrderType
    var timeInForce: TimeInForce  // Of a market order: raw value 0.
    var isReduceOnly: UInt8
    var priceDecimals: UInt8
    var quantityDecimals: UInt8

    /// What the text will say; its lengths are set when it is written.
    init(
        _ instrument: Instrument, _ side: Side, _ type: OrderType, _ timeInForce: TimeInForce,
        _ isReduceOnly: UInt8
    ) {
        jsonLength = 0
        payloadLength = 0
        instrumentID = instrument.instrumentID
        tickMantissa = instrument.tickMantissa
        lotMantissa = instrument.lotMantissa
        self.side = side
        self.type = type
        self.timeInForce = timeInForce
        self.isReduceOnly = isReduceOnly
        priceDecimals = instrument.priceDecimals
        quantityDecimals = instrument.quantityDecimals
    }

    /// Writes a text of at most `textLengthMax` bytes.
    ///
    /// - Returns: Its length.
    static func store(_ text: String, _ to: UnsafeMutablePointer<UInt8>) -> UInt16 {
        precondition(text.utf8.count <= textLengthMax, "a template that fits")
        for (index, byte) in text.utf8.enumerated() { unsafe to[index] = byte }
        return UInt16(text.utf8.count)
    }

    /// Zeroed memory of `size` bytes.
    static func memory(_ size: Int) -> UnsafeMutablePointer<UInt8> {
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
        unsafe bytes.initialize(repeating: 0, count: size)
        return unsafe bytes
    }

    /// Every kind of order that a venue may take.
    static var kinds: [(Side, OrderType, TimeInForce, UInt8)] {
        var kinds: [(Side, OrderType, TimeInForce, UInt8)] = []
        for side in [Side.buy, .sell] {
            for isReduceOnly in [UInt8(0), 1] {
                for timeInForce in [TimeInForce.gtc, .ioc, .fok, .postOnly] {
                    kinds.append((side, .limit, timeInForce, isReduceOnly))
                }
                kinds.append((side, .market, TimeInForce(rawValue: 0), isReduceOnly))
            }
        }
        return kinds
    }

    /// True when `product` is `a * b`, that is: a number read back from a text is the price or
    /// quantity it was written from.
    @_noAllocation @_noLocks
    static func isProduct(_ product: Int64, _ a: Int64, _ b: Int64) -> Bool {
        let (expected, overflow) = a.multipliedReportingOverflow(by: b)
        return !overflow && expected == product
    }

    /// What is sent for a time in force: good till date is good till cancelled, and the gateway
    /// cancels it.
    @_noAllocation @_noLocks
    @inline(__always)
    static func sent(_ timeInForce: TimeInForce) -> TimeInForce {
        timeInForce == .gtd ? .gtc : timeInForce
    }

    /// The place of a kind within an instrument's templates; `nil` for bytes without a meaning.
    @_noAllocation @_noLocks
    static func variant(
        side: Side, type: OrderType, timeInForce: TimeInForce, isReduceOnly: UInt8
    ) -> Int? {
        let sideIndex = Int(side.rawValue) &- 1
        if sideIndex < 0 || sideIndex > 1 || isReduceOnly > 1 { return nil }
        var kind = 4
        if type == .limit {
            kind = Int(sent(timeInForce).rawValue) &- 1
            if kind < 0 || kind > 3 { return nil }
        } else if type != .market {
            return nil
        }
        return (kind &* 2 &+ sideIndex) &* 2 &+ Int(isReduceOnly)
    }

    /// The venue's name of a time in force.
    static func text(_ timeInForce: TimeInForce) -> String {
        switch timeInForce {
        case .ioc: "IOC"
        case .fok: "FOK"
        case .postOnly: "GTX"
        default: "GTC"
        }
    }

    /// The parameters that a kind of order fixes, sorted by name.
    static func fixedParameters(
        symbol: String, side: Side, type: OrderType, timeInForce: TimeInForce,
        isReduceOnly: UInt8, recvWindowMs: Int
    ) -> [(name: String, value: String, isNumber: Bool)] {
        var fields: [(name: String, value: String, isNumber: Bool)] = []
        if isReduceOnly == 1 { fields.append(("reduceOnly", "true", false)) }
        fields.append(("recvWindow", "\(recvWindowMs)", true))
        fields.append(("selfTradePreventionMode", "EXPIRE_MAKER", false))
        fields.append(("side", side == .buy ? "BUY" : "SELL", false))
        fields.append(("symbol", symbol, false))
        if type == .limit { fields.append(("timeInForce", text(timeInForce), false)) }
        return fields.sorted { $0.name < $1.name }
    }
}

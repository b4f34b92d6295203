//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import CTLS
import CTelemetry
import Gateway
import Messages
import Rings
import Telemetry

enum Fixtures {
    static let secret = HMACTests.secret
    static let start: UInt64 = 1_700_000_000_000_000_000

    static func instrument(
        _ symbol: String = "BTC-USDT", _ venueSymbol: String = "BTCUSDT", priceDecimals: UInt8 = 1,
        tick: Int64 = 1, quantityDecimals: UInt8 = 3, lot: Int64 = 1
    ) -> Instrument {
        var instrument = Instrument()
        instrument.venue = .binanceUSDM
        instrument.priceDecimals = priceDecimals
        instrument.quantityDecimals = quantityDecimals
        instrument.tickMantissa = tick
        instrument.lotMantissa = lot
        instrument.symbolText = symbol
        instrument.venueSymbolText = venueSymbol
        instrument.quoteAssetText = "USDT"
        if !instrument.deriveTickLotValue() { instrument.tickLotValueE12 = 1 }
        return instrument
    }

    static func table() -> InstrumentTable {
        .standalone([
            instrument(),
            instrument("ETH-USDT", "ETHUSDT", priceDecimals: 2),
        ])
    }

    static func configuration(isSessionAssumedUp: Bool = false) -> GatewayConfiguration {
        GatewayConfiguration(
            apiKey: "TESTKEY", secret: secret, maskSeed: 7, isSessionAssumedUp: isSessionAssumedUp)
    }

    static func place(
        _ orderID: UInt64, sequence: UInt64 = 1, instrumentID: UInt32 = 0, side: Side = .buy,
        price: Int64 = 618_002, quantity: Int64 = 10, type: OrderType = .limit,
        timeInForce: TimeInForce = .gtc, isReduceOnly: UInt8 = 0
    ) -> OrderIntent {
        var intent = OrderIntent()
        intent.sequence = sequence
        intent.ingressTimeNs = start + sequence * 1_000_000
        intent.orderID = orderID
        intent.limitPrice = PriceTicks(rawValue: type == .market ? 0 : price)
        intent.quantity = QuantityLots(rawValue: quantity)
        intent.instrumentID = instrumentID
        intent.kind = .place
        intent.side = side
        intent.type = type
        intent.timeInForce = timeInForce
        intent.isReduceOnly = isReduceOnly
        return intent
    }

    static func cancel(
        _ orderID: UInt64, sequence: UInt64, instrumentID: UInt32 = 0
    ) -> OrderIntent {
        var intent = place(orderID, sequence: sequence, instrumentID: instrumentID)
        intent.kind = .cancel
        return intent
    }

    static func modify(
        _ orderID: UInt64, price: Int64 = 618_002, quantity: Int64, instrumentID: UInt32 = 0,
        side: Side = .buy
    ) -> OrderIntent {
        var intent = place(
            orderID, instrumentID: instrumentID, side: side, price: price, quantity: quantity)
        intent.kind = .modify
        return intent
    }

    static func modified(
        _ orderID: UInt64, price: Int64 = 618_002, quantity: Int64, cumulative: Int64 = 0,
        isReply: UInt8 = 0, venueTimeNs: UInt64 = 0
    ) -> ExecutionReport {
        var report = report(.modified, orderID, isReply: isReply, cumulative: cumulative)
        report.lastPrice = PriceTicks(rawValue: price)
        report.lastQuantity = QuantityLots(rawValue: quantity)
        report.venueTimeNs = venueTimeNs
        return report
    }

    static func report(
        _ execution: Execution, _ orderID: UInt64 = 0, instrumentID: UInt32 = 0,
        isReply: UInt8 = 0, cumulative: Int64 = 0, venueCode: Int32 = 0
    ) -> ExecutionReport {
        var report = ExecutionReport()
        report.execution = execution
        report.orderID = orderID
        report.instrumentID = instrumentID
        report.isReply = isReply
        report.cumulativeQuantity = QuantityLots(rawValue: cumulative)
        report.venueCode = venueCode
        return report
    }

    static func fill(
        _ orderID: UInt64, trade: UInt64, quantity: Int64, cumulative: Int64 = 0,
        price: Int64 = 618_002, side: Side = .buy, instrumentID: UInt32 = 0, feeE8: Int64 = 0
    ) -> ExecutionReport {
        var report = report(
            .fill, orderID, instrumentID: instrumentID, cumulative: cumulative)
        report.tradeID = trade
        report.lastPrice = PriceTicks(rawValue: price)
        report.lastQuantity = QuantityLots(rawValue: quantity)
        report.side = side
        report.feeE8 = feeE8
        return report
    }

    static func session(
        _ session: UInt8, isUp: Bool, venue: Venue = .binanceUSDM
    ) -> ExecutionReport {
        var report = report(.session)
        report.venue = venue
        report.session = session
        report.isUp = isUp ? 1 : 0
        return report
    }
}

/// What a test can compare of an update.
struct Update: Equatable, CustomStringConvertible {
    let sequence: UInt64
    let orderID: UInt64
    let execution: UInt8
    let status: UInt8
    let cumulative: Int64
    let leaves: Int64
    let position: Int64

    init(_ report: ExecutionReport) {
        sequence = report.sequence
        orderID = report.orderID
        execution = report.execution.rawValue
        status = report.status.rawValue
        cumulative = report.cumulativeQuantity.rawValue
        leaves = report.leavesQuantity.rawValue
        position = report.position.rawValue
    }

    var description: String {
        "#\(sequence) order \(orderID) x\(execution) s\(status) c\(cumulative) l\(leaves) "
            + "p\(position)"
    }
}

/// The texts of the frames in `bytes`, unmasked; `nil` at the first malformed header.
func texts(ofFrames bytes: [UInt8]) -> [String]? {
    var result: [String] = []
    var at = 0
    while at < bytes.count {
        guard at + 6 <= bytes.count, bytes[at] == 0x81, bytes[at + 1] >= 0x80 else { return nil }
        var length = Int(bytes[at + 1] & 0x7F)
        at += 2
        if length == 126 {
            length = Int(bytes[at]) << 8 | Int(bytes[at + 1])
            guard length >= 126 else { return nil }
            at += 2
        }
        guard length < 65_536, at + 4 + length <= bytes.count else { return nil }
        let key = bytes[at..<at + 4].map { $0 }
        let text = (0..<length).map { bytes[at + 4 + $0] ^ key[$0 & 3] }
        result.append(String(decoding: text, as: UTF8.self))
        at += 4 + length
    }
    return result
}

/// All orders of `values`.
func permutations<T>(_ values: [T]) -> [[T]] {
    if values.count < 2 { return [values] }
    return values.indices.flatMap { index in
        var rest = values
        let first = rest.remove(at: index)
        return permutations(rest).map { [first] + $0 }
    }
}

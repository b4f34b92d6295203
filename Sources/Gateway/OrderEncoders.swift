//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages

/// The encoders of every venue, chosen by the venue's number.
struct OrderEncoders: ~Copyable {
    private var binance: BinanceOrderEncoder
    private var binanceModify: BinanceModifyEncoder
    private var okx: OKXOrderEncoder
    /// Without it the other encoder writes the orders of every venue: for replay.
    private let hasOKX: Bool

    init(
        configuration: GatewayConfiguration, instruments: InstrumentTable
    ) throws(GatewayError) {
        let isTraded = configuration.okx != nil
        let binance = try BinanceOrderEncoder(
            configuration: configuration, instruments: instruments)
        let binanceModify = try BinanceModifyEncoder(
            configuration: configuration, instruments: instruments)
        let okx = try OKXOrderEncoder(
            configuration: configuration.okx
                ?? OKXOrderConfiguration(accountMode: .futures, maskSeed: 0),
            instruments: isTraded ? instruments : .standalone([]))
        self.binance = binance
        self.binanceModify = binanceModify
        self.okx = okx
        hasOKX = isTraded
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private func isOKX(_ venueIndex: Int) -> Bool {
        hasOKX && venueIndex == Venue.okx.index
    }

    /// A new order or a change of one.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func encode(
        _ intent: UnsafePointer<OrderIntent>, venueIndex: Int, timeMs: Int64
    ) -> Int {
        unsafe intent.pointee.kind == .modify
            ? encodeModify(intent, venueIndex: venueIndex, timeMs: timeMs)
            : encodePlace(intent, venueIndex: venueIndex, timeMs: timeMs)
    }

    /// Whether what was encoded last for the venue, of the kind of `intent`, says what it says.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func isEncoded(_ intent: UnsafePointer<OrderIntent>, venueIndex: Int) -> Bool {
        unsafe intent.pointee.kind == .modify
            ? isModify(intent, venueIndex: venueIndex) : isPlace(intent, venueIndex: venueIndex)
    }

    /// As the venue's encoder.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func encodePlace(
        _ intent: UnsafePointer<OrderIntent>, venueIndex: Int, timeMs: Int64
    ) -> Int {
        isOKX(venueIndex)
            ? unsafe okx.encodePlace(intent, timeMs: timeMs)
            : unsafe binance.encodePlace(intent, timeMs: timeMs)
    }

    /// As the venue's encoder.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func encodeCancel(
        orderID: UInt64, instrumentID: UInt32, venueIndex: Int, timeMs: Int64
    ) -> Int {
        isOKX(venueIndex)
            ? okx.encodeCancel(orderID: orderID, instrumentID: instrumentID)
            : binance.encodeCancel(orderID: orderID, instrumentID: instrumentID, timeMs: timeMs)
    }

    /// Whether the venue changes resting orders: Binance's spot market does not.
    @_noAllocation @_noLocks
    func canModify(venueIndex: Int) -> Bool { venueIndex != Venue.binanceSpot.index }

    /// A change of price and total quantity; as the venue's encoder.
    @_noAllocation @_noLocks
    private mutating func encodeModify(
        _ intent: UnsafePointer<OrderIntent>, venueIndex: Int, timeMs: Int64
    ) -> Int {
        if unsafe intent.pointee.limitPrice.rawValue < 1 { return 0 }
        return isOKX(venueIndex)
            ? unsafe okx.encodeAmend(
                orderID: intent.pointee.orderID, instrumentID: intent.pointee.instrumentID,
                price: intent.pointee.limitPrice, quantity: intent.pointee.quantity,
                timeMs: timeMs)
            : unsafe binanceModify.encode(
                orderID: intent.pointee.orderID, instrumentID: intent.pointee.instrumentID,
                side: intent.pointee.side, price: intent.pointee.limitPrice,
                quantity: intent.pointee.quantity, timeMs: timeMs)
    }

    /// Whether the change encoded last for the venue says what `intent` says.
    @_noAllocation @_noLocks
    private mutating func isModify(_ intent: UnsafePointer<OrderIntent>, venueIndex: Int) -> Bool {
        isOKX(venueIndex)
            ? unsafe okx.isAmend(
                orderID: intent.pointee.orderID, instrumentID: intent.pointee.instrumentID,
                price: intent.pointee.limitPrice, quantity: intent.pointee.quantity)
            : unsafe binanceModify.isModify(
                orderID: intent.pointee.orderID, instrumentID: intent.pointee.instrumentID,
                side: intent.pointee.side, price: intent.pointee.limitPrice,
                quantity: intent.pointee.quantity)
    }

    /// The frame of the change encoded last for the venue.
    @_noAllocation @_noLocks
    func modifyFrameBytes(venueIndex: Int) -> UnsafePointer<UInt8> {
        isOKX(venueIndex) ? unsafe okx.frameBytes : unsafe binanceModify.frameBytes
    }

    /// Whether the venue's order session answers questions.
    @_noAllocation @_noLocks
    func answersQueries(_ venueIndex: Int) -> Bool { !isOKX(venueIndex) }

    /// A question what became of an order; 0 where the venue's order session answers none: OKX's.
    @_noAllocation @_noLocks
    mutating func encodeQuery(
        orderID: UInt64, instrumentID: UInt32, isFinal: Bool, venueIndex: Int, timeMs: Int64
    ) -> Int {
        isOKX(venueIndex)
            ? 0
            : binance.encodeQuery(
                orderID: orderID, instrumentID: instrumentID, isFinal: isFinal, timeMs: timeMs)
    }

    /// Whether several cancels go in one message.
    @_noAllocation @_noLocks
    func batchesCancels(_ venueIndex: Int) -> Bool { isOKX(venueIndex) }

    /// As OKX's encoder.
    @_noAllocation @_noLocks
    mutating func encodeCancels(_ intents: UnsafePointer<OrderIntent>, count: Int) -> Int {
        unsafe okx.encodeCancels(intents, count: count)
    }

    /// Whether the place encoded last for the venue says what `intent` says.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func isPlace(_ intent: UnsafePointer<OrderIntent>, venueIndex: Int) -> Bool {
        isOKX(venueIndex) ? unsafe okx.isPlace(intent) : unsafe binance.isPlace(intent)
    }

    /// The frame encoded last for the venue.
    @_noAllocation @_noLocks
    @inline(__always)
    func frameBytes(venueIndex: Int) -> UnsafePointer<UInt8> {
        isOKX(venueIndex) ? unsafe okx.frameBytes : unsafe binance.frameBytes
    }

    /// Encodes an order that goes nowhere, as if it had never been.
    @_noAllocation @_noLocks
    mutating func rehearse(_ intent: UnsafePointer<OrderIntent>, venueIndex: Int) {
        let mask = binance.mask
        let okxMask = okx.mask
        if unsafe encodePlace(intent, venueIndex: venueIndex, timeMs: 0) > 0 {
            _ = unsafe isPlace(intent, venueIndex: venueIndex)
        }
        binance.mask = mask
        okx.mask = okxMask
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
public import CMessages
public import Messages

/// Turns orders into masked WebSocket frames of OKX's private connection.
///
/// Everything constant is laid out at start: of an order only ids, time, quantity and price are
/// written. The text of a place is
///
///     {"id":"p<16 hex>","op":"order","expTime":"<13 digits>","args":[{"clOrdId":"apus<16 hex>",
///     "instIdCode":N,<template>,"sz":"...","px":"..."}]}
///
/// The connection was logged in, so nothing is signed. Instruments are named by the venue's number
/// alone. Numbers are printed as the venue prints them, without zeros that mean nothing. Sources:
/// protocol sheet of OKX, sections 4 and 8.
///
/// An order is refused (0 bytes) that the venue would not take for what it says: an instrument of
/// another venue, without a number, or not for this kind of account; fill-or-kill where both
/// orders of a self-trade are cancelled; a reduce-only purchase for cash; a spot market order on
/// margin.
///
/// Cost: bench `gateway/encode-okx`.
///
/// SAFETY: every pointer is to memory that `init` allocates and `deinit` frees; lengths are bounded
/// by the checks in `init` and by `batchMax`.
@safe
public struct OKXOrderEncoder: ~Copyable, @unchecked Sendable {
    /// Orders of one batch.
    public static var batchMax: Int {
        @_noAllocation @_noLocks get { 20 }
    }
    /// The longest item: ids, template, two numbers, their names and brackets.
    private static var itemLengthMax: Int {
        @_noAllocation @_noLocks get { 32 + OrderTemplate.textLengthMax + 21 + 21 + 16 }
    }
    static var codeLengthMax: Int {
        @_noAllocation @_noLocks get { 40 }
    }

    let instrumentCount: Int
    let expiryWindowMs: Int64
    let templates: UnsafeMutablePointer<OrderTemplate>  // No text: not a kind that is taken.
    let templateTexts: UnsafeMutablePointer<UInt8>
    let codeLengths: UnsafeMutablePointer<UInt16>  // 0: not an instrument that can be traded.
    let codeTexts: UnsafeMutablePointer<UInt8>
    let heads: UnsafeMutablePointer<OKXRequestHead>
    let headTexts: UnsafeMutablePointer<UInt8>
    let items: UnsafeMutablePointer<OKXEncodedItem>
    let text: UnsafeMutablePointer<UInt8>
    let frame: UnsafeMutablePointer<UInt8>
    var mask: FrameMask
    /// Items of the last encoded place or amend.
    var itemCount = 0
    var usedHead = 0
    /// Bytes of the text of the last encoded request, unmasked; for tests.
    public internal(set) var textLength = 0

    public init(
        configuration: OKXOrderConfiguration, instruments: InstrumentTable
    ) throws(GatewayError) {
        try Self.check(configuration, instruments)
        let count = instruments.count
        instrumentCount = count
        expiryWindowMs = Int64(configuration.expiryWindowMs)
        let kinds = max(count, 1) * OrderTemplate.variantCount
        unsafe templates = .allocate(capacity: kinds)
        unsafe templates.initialize(
            repeating: OrderTemplate(Instrument(), .none, .limit, .gtc, 0), count: kinds)
        unsafe templateTexts = unsafe OrderTemplate.memory(kinds * OrderTemplate.textLengthMax)
        unsafe codeLengths = .allocate(capacity: max(count, 1))
        unsafe codeLengths.initialize(repeating: 0, count: max(count, 1))
        unsafe codeTexts = unsafe OrderTemplate.memory(max(count, 1) * Self.codeLengthMax)
        unsafe heads = .allocate(capacity: OKXRequest.all.count)
        unsafe headTexts = unsafe OrderTemplate.memory(
            OKXRequest.all.count * OKXRequestHead.lengthMax)
        unsafe items = .allocate(capacity: Self.batchMax)
        unsafe items.initialize(repeating: OKXEncodedItem(), count: Self.batchMax)
        let lengthMax = OKXRequestHead.lengthMax + Self.batchMax * Self.itemLengthMax
        unsafe text = unsafe OrderTemplate.memory(lengthMax + 64)
        unsafe frame = unsafe OrderTemplate.memory(lengthMax + 128)
        mask = FrameMask(seed: configuration.maskSeed)
        for request in OKXRequest.all {
            unsafe heads[request.rawValue] = unsafe OKXRequestHead.write(
                request, to: headTexts + request.rawValue * OKXRequestHead.lengthMax)
        }
        for id in 0..<count { layOut(instruments[UInt32(id)], configuration) }
    }

    deinit {
        unsafe templates.deallocate()
        unsafe templateTexts.deallocate()
        unsafe codeLengths.deallocate()
        unsafe codeTexts.deallocate()
        unsafe heads.deallocate()
        unsafe headTexts.deallocate()
        unsafe items.deallocate()
        unsafe text.deallocate()
        unsafe frame.deallocate()
    }

    /// The frame of the last encoded request: as many bytes as the encoding returned.
    public var frameBytes: UnsafePointer<UInt8> {
        @_noAllocation @_noLocks
        get { unsafe UnsafePointer(frame) }
    }

    /// Whether orders of an instrument can be encoded at all.
    public func isTradable(_ instrumentID: UInt32) -> Bool {
        unsafe Int(instrumentID) < instrumentCount && codeLengths[Int(instrumentID)] > 0
    }

    /// Encodes a new order; the frame is then at `frameBytes`.
    ///
    /// - Parameter timeMs: By the venue's clock; the order expires `expiryWindowMs` later.
    /// - Returns: Bytes of the frame; 0 for an order that cannot be written: see above, and bytes
    ///   without a meaning, a price or quantity below 1 or too large.
    @_noAllocation @_noLocks
    public mutating func encodePlace(
        _ intent: UnsafePointer<OrderIntent>, timeMs: Int64
    ) -> Int {
        itemCount = 0
        var at = unsafe begin(0, orderID: intent.pointee.orderID, named: 1, timeMs: timeMs)
        at = unsafe appendPlace(intent, at: at)
        return at == 0 ? 0 : finish(at: at)
    }

    /// Encodes up to `batchMax` new orders as one request; one alone is encoded as `encodePlace`
    /// does it.
    ///
    /// - Returns: Bytes of the frame; 0 when there are none or too many, or when one of them
    ///   cannot be written.
    @_noAllocation @_noLocks
    public mutating func encodePlaces(
        _ intents: UnsafePointer<OrderIntent>, count: Int, timeMs: Int64
    ) -> Int {
        if count == 1 { return unsafe encodePlace(intents, timeMs: timeMs) }
        itemCount = 0
        if count < 1 || count > Self.batchMax { return 0 }
        var at = unsafe begin(
            3, orderID: intents.pointee.orderID, named: Self.consecutive(intents, count),
            timeMs: timeMs)
        for index in 0..<count {
            if index > 0 { at = append(",", at: at) }
            at = unsafe appendPlace(intents + index, at: at)
            if at == 0 {
                itemCount = 0
                return 0
            }
        }
        return finish(at: at)
    }

    /// Encodes a cancel of one of our orders; the frame is then at `frameBytes`.
    ///
    /// - Returns: Bytes of the frame; 0 for an instrument that cannot be traded.
    @_noAllocation @_noLocks
    public mutating func encodeCancel(orderID: UInt64, instrumentID: UInt32) -> Int {
        itemCount = 0
        var at = begin(1, orderID: orderID, named: 1, timeMs: 0)
        at = appendName(orderID, instrumentID, at: at)
        if at == 0 { return 0 }
        return finish(at: append("}", at: at))
    }

    /// Encodes cancels of up to `batchMax` orders as one request; one alone is encoded as
    /// `encodeCancel` does it. Of an intent only order and instrument are looked at.
    ///
    /// - Returns: Bytes of the frame; 0 when there are none or too many, or when one is of an
    ///   instrument that cannot be traded.
    @_noAllocation @_noLocks
    public mutating func encodeCancels(
        _ intents: UnsafePointer<OrderIntent>, count: Int
    ) -> Int {
        if count == 1 {
            return unsafe encodeCancel(
                orderID: intents.pointee.orderID, instrumentID: intents.pointee.instrumentID)
        }
        itemCount = 0
        if count < 1 || count > Self.batchMax { return 0 }
        var at = unsafe begin(
            4, orderID: intents.pointee.orderID, named: Self.consecutive(intents, count),
            timeMs: 0)
        for index in 0..<count {
            if index > 0 { at = append(",", at: at) }
            let intent = unsafe intents + index
            at = unsafe appendName(
                intent.pointee.orderID, intent.pointee.instrumentID, at: at)
            if at == 0 { return 0 }
            at = append("}", at: at)
        }
        return finish(at: at)
    }

    /// Encodes a change of one of our orders; the frame is then at `frameBytes`.
    ///
    /// - Parameters:
    ///   - price: 0 leaves it as it is.
    ///   - quantity: The new total, what is filled included; 0 leaves it as it is.
    ///   - timeMs: By the venue's clock; the request expires `expiryWindowMs` later.
    /// - Returns: Bytes of the frame; 0 when nothing would change, for an instrument that cannot
    ///   be traded, and for numbers below 0 or too large.
    @_noAllocation @_noLocks
    public mutating func encodeAmend(
        orderID: UInt64, instrumentID: UInt32, price: PriceTicks, quantity: QuantityLots,
        timeMs: Int64
    ) -> Int {
        itemCount = 0
        if price.rawValue < 0 || quantity.rawValue < 0 { return 0 }
        if price.rawValue == 0 && quantity.rawValue == 0 { return 0 }
        var at = begin(2, orderID: orderID, named: 1, timeMs: timeMs)
        let clientIDAt = at &+ 16
        at = appendName(orderID, instrumentID, at: at)
        if at == 0 { return 0 }
        guard let index = firstTemplate(instrumentID) else { return 0 }
        let item = unsafe items
        unsafe item.pointee = OKXEncodedItem()
        unsafe item.pointee.template = index
        unsafe item.pointee.clientIDAt = clientIDAt
        if quantity.rawValue > 0 {
            at = append(",\"newSz\":\"", at: at)
            at = unsafe appendQuantity(quantity.rawValue, item, at: at)
            if at == 0 { return 0 }
            at = append("\"", at: at)
        }
        if price.rawValue > 0 {
            at = append(",\"newPx\":\"", at: at)
            at = unsafe appendPrice(price.rawValue, item, at: at)
            if at == 0 { return 0 }
            at = append("\"", at: at)
        }
        itemCount = 1
        return finish(at: append("}", at: at))
    }
}

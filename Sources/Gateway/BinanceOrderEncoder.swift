//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
public import CMessages
import CTLS
public import Messages

/// Turns orders into signed, masked WebSocket frames of the Binance WebSocket API.
///
/// Everything constant is laid out at start: of an order only ids, time, signature, quantity and
/// price are written. The text of a place is
///
///     {"id":"p<16 hex>","method":"order.place","params":{"apiKey":"...","newClientOrderId":
///     "apus<16 hex>","timestamp":<13 digits>,"signature":"<64 hex>",<template>
///     "quantity":"...","price":"..."}}
///
/// so that all fields of fixed length come first and never move, and the two of varying length
/// come last. The signature is over all parameters but itself, sorted by name; its beginning, with
/// the key, is hashed once. Sources: protocol sheet of Binance, sections 4.2, 6.1 and 7.
///
/// On a session that is logged on (`isSessionAuthenticated`) a request has neither `apiKey` nor
/// `signature`, and nothing is hashed.
///
/// Cost: bench `gateway/encode-sign`, and `gateway/encode-session` where nothing is signed.
///
/// SAFETY: every pointer is to memory that `init` allocates and `deinit` frees; lengths are bounded
/// by the checks in `init`.
@safe
public struct BinanceOrderEncoder: ~Copyable, @unchecked Sendable {
    static let textLengthMax = 1_024

    let instrumentCount: Int
    let isSigned: Bool
    let templates: UnsafeMutablePointer<OrderTemplate>
    let templateTexts: UnsafeMutablePointer<UInt8>
    let cancelTexts: UnsafeMutablePointer<UInt8>
    let cancelLengths: UnsafeMutablePointer<OrderTemplate>
    let signers: UnsafeMutablePointer<HMACState>  // Of a place, of a cancel.
    let placeText: UnsafeMutablePointer<UInt8>
    let cancelText: UnsafeMutablePointer<UInt8>
    let queryText: UnsafeMutablePointer<UInt8>
    let payload: UnsafeMutablePointer<UInt8>
    let frame: UnsafeMutablePointer<UInt8>
    let placeHead: EncoderHead
    let cancelHead: EncoderHead
    let queryHead: EncoderHead
    var mask: FrameMask
    /// Where the last place's quantity and price stand in `placeText`, for `isPlace`.
    var quantityAt = 0
    var quantityLength = 0
    var priceAt = 0
    var priceLength = 0
    var usedTemplate = 0

    /// The text of the last encoded request, unmasked; for tests.
    public private(set) var textLength = 0
    /// Bytes of the last signature payload behind its constant beginning; for tests.
    public private(set) var payloadLength = 0

    public init(
        configuration: GatewayConfiguration, instruments: InstrumentTable
    ) throws(GatewayError) {
        try Self.check(configuration)
        let count = instruments.count
        for id in 0..<count { try Self.check(instruments[UInt32(id)]) }
        instrumentCount = count
        isSigned = !configuration.isSessionAuthenticated
        let apiKey = isSigned ? configuration.apiKey : nil
        let kinds = count * OrderTemplate.variantCount
        unsafe templates = .allocate(capacity: max(kinds, 1))
        let textPair = 2 * OrderTemplate.textLengthMax
        unsafe templateTexts = unsafe OrderTemplate.memory(max(kinds, 1) * textPair)
        unsafe cancelTexts = unsafe OrderTemplate.memory(max(count, 1) * textPair)
        unsafe cancelLengths = .allocate(capacity: max(count, 1))
        unsafe signers = .allocate(capacity: 2)
        unsafe placeText = unsafe OrderTemplate.memory(Self.textLengthMax + 64)
        unsafe cancelText = unsafe OrderTemplate.memory(Self.textLengthMax + 64)
        unsafe queryText = unsafe OrderTemplate.memory(Self.textLengthMax + 64)
        unsafe payload = unsafe OrderTemplate.memory(Self.textLengthMax)
        unsafe frame = unsafe OrderTemplate.memory(Self.textLengthMax + 64)
        mask = FrameMask(seed: configuration.maskSeed)
        placeHead = unsafe EncoderHead.write(
            letter: "p", method: "order.place", idName: "newClientOrderId",
            apiKey: apiKey, to: placeText)
        cancelHead = unsafe EncoderHead.write(
            letter: "c", method: "order.cancel", idName: "origClientOrderId",
            apiKey: apiKey, to: cancelText)
        queryHead = unsafe EncoderHead.write(
            letter: "q", method: "order.status", idName: "origClientOrderId",
            apiKey: apiKey, to: queryText)
        unsafe signers.initialize(repeating: HMACState(), count: 2)
        if isSigned {
            unsafe Self.prepareSigner(signers, "newClientOrderId", configuration)
            unsafe Self.prepareSigner(signers + 1, "origClientOrderId", configuration)
        }
        for id in 0..<count {
            layOutTemplates(instruments[UInt32(id)], configuration.recvWindowMs)
        }
    }

    deinit {
        unsafe apus_hmac_destroy(signers)
        unsafe apus_hmac_destroy(signers + 1)
        unsafe signers.deallocate()
        unsafe templates.deallocate()
        unsafe templateTexts.deallocate()
        unsafe cancelTexts.deallocate()
        unsafe cancelLengths.deallocate()
        unsafe placeText.deallocate()
        unsafe cancelText.deallocate()
        unsafe queryText.deallocate()
        unsafe payload.deallocate()
        unsafe frame.deallocate()
    }

    /// The frame of the last encoded request: as many bytes as the encoding returned.
    public var frameBytes: UnsafePointer<UInt8> {
        @_noAllocation @_noLocks
        get { unsafe UnsafePointer(frame) }
    }

    /// Encodes and signs a new order; the frame is then at `frameBytes`.
    ///
    /// - Parameter timeMs: By the venue's clock.
    /// - Returns: Bytes of the frame; 0 for an order that cannot be written: an instrument that is
    ///   not in the table, bytes without a meaning, a price or quantity below 1 or too large.
    @_noAllocation @_noLocks
    public mutating func encodePlace(
        _ intent: UnsafePointer<OrderIntent>, timeMs: Int64
    ) -> Int {
        let instrumentID = unsafe intent.pointee.instrumentID
        guard Int(instrumentID) < instrumentCount,
            let variant = unsafe OrderTemplate.variant(
                side: intent.pointee.side, type: intent.pointee.type,
                timeInForce: intent.pointee.timeInForce,
                isReduceOnly: intent.pointee.isReduceOnly)
        else { return 0 }
        let index = Int(instrumentID) &* OrderTemplate.variantCount &+ variant
        let template = unsafe templates + index
        let isMarket = unsafe template.pointee.type == .market
        let ticks = unsafe intent.pointee.limitPrice.rawValue
        let lots = unsafe intent.pointee.quantity.rawValue
        let (price, overflow) = unsafe ticks.multipliedReportingOverflow(
            by: template.pointee.tickMantissa)
        let (quantity, overflows) = unsafe lots.multipliedReportingOverflow(
            by: template.pointee.lotMantissa)
        if overflow || overflows || lots < 1 { return 0 }
        if isMarket ? ticks != 0 : ticks < 1 { return 0 }
        usedTemplate = index

        // The JSON, but for its signature.
        let text = unsafe placeText
        unsafe placeHead.patch(text, orderID: intent.pointee.orderID, timeMs: timeMs)
        var at = placeHead.length
        let json = unsafe templateTexts + index &* 2 &* OrderTemplate.textLengthMax
        unsafe apus_copy(text + at, json, Int(template.pointee.jsonLength))
        unsafe at &+= Int(template.pointee.jsonLength)
        quantityAt = at
        quantityLength = unsafe TextWriter.decimal(
            quantity, decimals: Int(template.pointee.quantityDecimals), to: text + at)
        at &+= quantityLength
        priceLength = 0
        if !isMarket {
            at = unsafe append("\",\"price\":\"", to: text, at: at)
            priceAt = at
            priceLength = unsafe TextWriter.decimal(
                price, decimals: Int(template.pointee.priceDecimals), to: text + at)
            at &+= priceLength
        }
        textLength = unsafe append("\"}}", to: text, at: at)

        if isSigned {
            unsafe signPlace(
                isMarket: isMarket, template: template, orderID: intent.pointee.orderID)
        }
        return unsafe mask.write(payload: text, length: textLength, to: frame)
    }

    /// Encodes and signs a cancel of one of our orders; the frame is then at `frameBytes`.
    ///
    /// - Returns: Bytes of the frame; 0 for an instrument that is not in the table.
    @_noAllocation @_noLocks
    public mutating func encodeCancel(
        orderID: UInt64, instrumentID: UInt32, timeMs: Int64
    ) -> Int {
        unsafe encodeNamed(orderID, instrumentID, cancelHead, cancelText, timeMs: timeMs)
    }

    /// Encodes and signs a question what became of one of our orders; as `encodeCancel`.
    ///
    /// - Parameter isFinal: It is put behind the expiry of the order's last request: its answer has
    ///   "f" in its id instead of "q".
    @_noAllocation @_noLocks
    public mutating func encodeQuery(
        orderID: UInt64, instrumentID: UInt32, isFinal: Bool, timeMs: Int64
    ) -> Int {
        unsafe queryText[queryHead.idAt &- 1] = UInt8(ascii: isFinal ? "f" : "q")
        return unsafe encodeNamed(orderID, instrumentID, queryHead, queryText, timeMs: timeMs)
    }

    /// A request that says which order it is about and nothing else: they differ in their heads.
    @_noAllocation @_noLocks
    private mutating func encodeNamed(
        _ orderID: UInt64, _ instrumentID: UInt32, _ head: EncoderHead,
        _ text: UnsafeMutablePointer<UInt8>, timeMs: Int64
    ) -> Int {
        if Int(instrumentID) >= instrumentCount { return 0 }
        let lengths = unsafe cancelLengths + Int(instrumentID)
        let json = unsafe cancelTexts + Int(instrumentID) &* 2 &* OrderTemplate.textLengthMax
        unsafe head.patch(text, orderID: orderID, timeMs: timeMs)
        let jsonLength = unsafe Int(lengths.pointee.jsonLength)
        unsafe apus_copy(text + head.length, json, jsonLength)
        textLength = head.length &+ jsonLength
        guard isSigned else {
            return unsafe mask.write(payload: text, length: textLength, to: frame)
        }

        unsafe apus_copy(payload, text + head.clientIDAt, 16)
        let middle = unsafe Int(lengths.pointee.payloadLength)
        unsafe apus_copy(payload + 16, json + OrderTemplate.textLengthMax, middle)
        unsafe apus_copy(payload + 16 + middle, text + head.timeAt, 13)
        payloadLength = middle &+ 29
        unsafe apus_hmac_sign(signers + 1, payload, payloadLength, text + head.signatureAt)
        return unsafe mask.write(payload: text, length: textLength, to: frame)
    }

    /// The signature payload behind `...newClientOrderId=apus`, then its signature into the JSON.
    /// Every value is copied from the JSON, so that both say the same.
    @_noAllocation @_noLocks
    private mutating func signPlace(
        isMarket: Bool, template: UnsafeMutablePointer<OrderTemplate>, orderID: UInt64
    ) {
        let text = unsafe placeText
        unsafe apus_copy(payload, text + placeHead.clientIDAt, 16)
        var at = 16
        if !isMarket {
            at = unsafe append("&price=", to: payload, at: at)
            unsafe apus_copy(payload + at, text + priceAt, priceLength)
            at &+= priceLength
        }
        at = unsafe append("&quantity=", to: payload, at: at)
        unsafe apus_copy(payload + at, text + quantityAt, quantityLength)
        at &+= quantityLength
        let middle =
            unsafe templateTexts + (usedTemplate &* 2 &+ 1) &* OrderTemplate.textLengthMax
        unsafe apus_copy(payload + at, middle, Int(template.pointee.payloadLength))
        unsafe at &+= Int(template.pointee.payloadLength)
        unsafe apus_copy(payload + at, text + placeHead.timeAt, 13)
        at &+= 13
        payloadLength =
            unsafe isMarket
            ? append("&type=MARKET", to: payload, at: at)
            : append("&type=LIMIT", to: payload, at: at)
        unsafe apus_hmac_sign(signers, payload, payloadLength, text + placeHead.signatureAt)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private func append(
        _ text: StaticString, to: UnsafeMutablePointer<UInt8>, at: Int
    ) -> Int {
        unsafe apus_copy(to + at, text.utf8Start, text.utf8CodeUnitCount)
        return at &+ text.utf8CodeUnitCount
    }

    /// True when the place encoded last says what `intent` says: the text is read back, number by
    /// number, and its template compared field by field. The last check before an order leaves.
    @_noAllocation @_noLocks
    public mutating func isPlace(_ intent: UnsafePointer<OrderIntent>) -> Bool {
        let template = unsafe templates + usedTemplate
        guard unsafe template.pointee.instrumentID == intent.pointee.instrumentID,
            unsafe template.pointee.side == intent.pointee.side,
            unsafe template.pointee.type == intent.pointee.type,
            unsafe template.pointee.isReduceOnly == intent.pointee.isReduceOnly,
            unsafe TextWriter.parseHex16(placeText + placeHead.idAt) == intent.pointee.orderID,
            unsafe TextWriter.parseHex16(placeText + placeHead.clientIDAt)
                == intent.pointee.orderID,
            let quantity = unsafe TextWriter.parseDecimal(
                placeText + quantityAt, length: quantityLength,
                decimals: Int(template.pointee.quantityDecimals)),
            unsafe OrderTemplate.isProduct(
                quantity, intent.pointee.quantity.rawValue, template.pointee.lotMantissa)
        else { return false }
        if unsafe template.pointee.type == .market {
            return unsafe intent.pointee.limitPrice.rawValue == 0
        }
        guard unsafe template.pointee.timeInForce
                == OrderTemplate.sent(intent.pointee.timeInForce),
            let price = unsafe TextWriter.parseDecimal(
                placeText + priceAt, length: priceLength,
                decimals: Int(template.pointee.priceDecimals))
        else { return false }
        return unsafe OrderTemplate.isProduct(
            price, intent.pointee.limitPrice.rawValue, template.pointee.tickMantissa)
    }
}

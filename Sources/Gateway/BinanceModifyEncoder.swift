//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import CTLS
public import Messages

/// Turns a new price and total quantity of a resting limit order into a masked WebSocket frame.
///
/// The text, with key and signature only where the session is not logged on, is
///
///     {"id":"m<16 hex>","method":"order.modify","params":{["apiKey":"...",]"origClientOrderId":
///     "apus<16 hex>","timestamp":<13 digits>,["signature":"<64 hex>",]<symbol, side, window>,
///     "quantity":"...","price":"..."}}
///
/// The venue gives a changed order the last place among equal prices, and cancels it when it would
/// trade though it must not or when the quantity is no more than what was executed. Its
/// self-trade prevention becomes the venue's default again. Source: protocol sheet of Binance,
/// sections 6.1, 6.4 and 7.
///
/// SAFETY: every pointer is to memory that `init` allocates and `deinit` frees; lengths are bounded
/// by the checks in `init`.
@safe
public struct BinanceModifyEncoder: ~Copyable, @unchecked Sendable {
    private static var middleLengthMax: Int {
        @_noAllocation @_noLocks get { 128 }
    }
    private static var textLengthMax: Int {
        @_noAllocation @_noLocks get { 1_024 }
    }

    private struct Row: BitwiseCopyable {
        var jsonLength: Int
        var payloadLength: Int
        var tickMantissa: Int64
        var lotMantissa: Int64
        var priceDecimals: Int
        var quantityDecimals: Int
    }

    private let instrumentCount: Int
    private let isSigned: Bool
    private let rows: UnsafeMutablePointer<Row>
    /// JSON and payload of each side of each instrument.
    private let middles: UnsafeMutablePointer<UInt8>
    private let signer: UnsafeMutablePointer<HMACState>
    private let text: UnsafeMutablePointer<UInt8>
    private let payload: UnsafeMutablePointer<UInt8>
    private let frame: UnsafeMutablePointer<UInt8>
    private let head: EncoderHead
    var mask: FrameMask
    /// Where the numbers of the last encoded change stand, for `isModify`.
    private var usedRow = 0
    private var quantityAt = 0
    private var quantityLength = 0
    private var priceAt = 0
    private var priceLength = 0

    /// The text of the last encoded request, unmasked; for tests.
    public private(set) var textLength = 0

    public init(
        configuration: GatewayConfiguration, instruments: InstrumentTable
    ) throws(GatewayError) {
        try BinanceOrderEncoder.check(configuration)
        let count = instruments.count
        for id in 0..<count { try BinanceOrderEncoder.check(instruments[UInt32(id)]) }
        instrumentCount = count
        isSigned = !configuration.isSessionAuthenticated
        unsafe rows = .allocate(capacity: max(count, 1) * 2)
        unsafe middles = unsafe OrderTemplate.memory(max(count, 1) * 4 * Self.middleLengthMax)
        unsafe text = unsafe OrderTemplate.memory(Self.textLengthMax + 64)
        unsafe payload = unsafe OrderTemplate.memory(Self.textLengthMax)
        unsafe frame = unsafe OrderTemplate.memory(Self.textLengthMax + 64)
        unsafe signer = .allocate(capacity: 1)
        unsafe signer.initialize(to: HMACState())
        // Another sequence of masking keys than that of the encoder beside it.
        mask = FrameMask(seed: ~configuration.maskSeed)
        head = unsafe EncoderHead.write(
            letter: "m", method: "order.modify", idName: "origClientOrderId",
            apiKey: isSigned ? configuration.apiKey : nil, to: text)
        if isSigned {
            unsafe BinanceOrderEncoder.prepareSigner(signer, "origClientOrderId", configuration)
        }
        for id in 0..<count {
            for side in [Side.buy, .sell] {
                layOut(instruments[UInt32(id)], side, configuration.recvWindowMs)
            }
        }
    }

    deinit {
        unsafe apus_hmac_destroy(signer)
        unsafe signer.deallocate()
        unsafe rows.deallocate()
        unsafe middles.deallocate()
        unsafe text.deallocate()
        unsafe payload.deallocate()
        unsafe frame.deallocate()
    }

    private func layOut(_ instrument: Instrument, _ side: Side, _ recvWindowMs: Int) {
        let index = Int(instrument.instrumentID) * 2 + (side == .buy ? 0 : 1)
        let name = side == .buy ? "BUY" : "SELL"
        let symbol = instrument.venueSymbolText
        let json = "\"recvWindow\":\(recvWindowMs),\"side\":\"\(name)\",\"symbol\":\"\(symbol)\","
            + "\"quantity\":\""
        let middle = "&recvWindow=\(recvWindowMs)&side=\(name)&symbol=\(symbol)&timestamp="
        let at = unsafe middles + index * 2 * Self.middleLengthMax
        for (index, byte) in json.utf8.enumerated() { unsafe at[index] = byte }
        for (index, byte) in middle.utf8.enumerated() {
            unsafe at[Self.middleLengthMax + index] = byte
        }
        precondition(json.utf8.count <= Self.middleLengthMax, "a text that fits")
        precondition(middle.utf8.count <= Self.middleLengthMax, "a payload that fits")
        unsafe (rows + index).initialize(
            to: Row(
                jsonLength: json.utf8.count, payloadLength: middle.utf8.count,
                tickMantissa: instrument.tickMantissa, lotMantissa: instrument.lotMantissa,
                priceDecimals: Int(instrument.priceDecimals),
                quantityDecimals: Int(instrument.quantityDecimals)))
    }

    /// The frame of the last encoded request: as many bytes as the encoding returned.
    public var frameBytes: UnsafePointer<UInt8> {
        @_noAllocation @_noLocks
        get { unsafe UnsafePointer(frame) }
    }

    /// Encodes a change of one of our limit orders; the frame is then at `frameBytes`.
    ///
    /// - Parameters:
    ///   - quantity: The new total, what was executed included.
    ///   - timeMs: By the venue's clock.
    /// - Returns: Bytes of the frame; 0 for a change that cannot be written: an instrument that is
    ///   not in the table, no side, a price or quantity below 1 or too large.
    @_noAllocation @_noLocks
    public mutating func encode(
        orderID: UInt64, instrumentID: UInt32, side: Side, price: PriceTicks,
        quantity: QuantityLots, timeMs: Int64
    ) -> Int {
        let sideIndex = Int(side.rawValue) &- 1
        guard Int(instrumentID) < instrumentCount, sideIndex == 0 || sideIndex == 1,
            price.rawValue > 0, quantity.rawValue > 0
        else { return 0 }
        let index = Int(instrumentID) &* 2 &+ sideIndex
        let row = unsafe rows + index
        let (priceMantissa, overflow) = unsafe price.rawValue.multipliedReportingOverflow(
            by: row.pointee.tickMantissa)
        let (quantityMantissa, overflows) = unsafe quantity.rawValue.multipliedReportingOverflow(
            by: row.pointee.lotMantissa)
        if overflow || overflows { return 0 }

        unsafe head.patch(text, orderID: orderID, timeMs: timeMs)
        let middle = unsafe middles + index &* 2 &* Self.middleLengthMax
        unsafe apus_copy(text + head.length, middle, row.pointee.jsonLength)
        usedRow = index
        quantityAt = unsafe head.length &+ row.pointee.jsonLength
        quantityLength = unsafe TextWriter.decimal(
            quantityMantissa, decimals: row.pointee.quantityDecimals, to: text + quantityAt)
        priceAt = unsafe append(
            "\",\"price\":\"", to: text, at: quantityAt &+ quantityLength)
        priceLength = unsafe TextWriter.decimal(
            priceMantissa, decimals: row.pointee.priceDecimals, to: text + priceAt)
        textLength = unsafe append("\"}}", to: text, at: priceAt &+ priceLength)
        guard isSigned else {
            return unsafe mask.write(payload: text, length: textLength, to: frame)
        }

        // Every value is copied from the JSON, so that both say the same.
        unsafe apus_copy(payload, text + head.clientIDAt, 16)
        var at = unsafe append("&price=", to: payload, at: 16)
        unsafe apus_copy(payload + at, text + priceAt, priceLength)
        at = unsafe append("&quantity=", to: payload, at: at &+ priceLength)
        unsafe apus_copy(payload + at, text + quantityAt, quantityLength)
        at &+= quantityLength
        unsafe apus_copy(
            payload + at, middle + Self.middleLengthMax, row.pointee.payloadLength)
        unsafe at &+= row.pointee.payloadLength
        unsafe apus_copy(payload + at, text + head.timeAt, 13)
        unsafe apus_hmac_sign(signer, payload, at &+ 13, text + head.signatureAt)
        return unsafe mask.write(payload: text, length: textLength, to: frame)
    }

    /// True when the change encoded last says this: the text is read back, number by number. The
    /// last check before a change leaves.
    @_noAllocation @_noLocks
    public mutating func isModify(
        orderID: UInt64, instrumentID: UInt32, side: Side, price: PriceTicks,
        quantity: QuantityLots
    ) -> Bool {
        let row = unsafe rows + usedRow
        guard usedRow == Int(instrumentID) &* 2 &+ Int(side.rawValue) &- 1,
            unsafe TextWriter.parseHex16(text + head.idAt) == orderID,
            unsafe TextWriter.parseHex16(text + head.clientIDAt) == orderID,
            let lots = unsafe TextWriter.parseDecimal(
                text + quantityAt, length: quantityLength, decimals: row.pointee.quantityDecimals),
            let ticks = unsafe TextWriter.parseDecimal(
                text + priceAt, length: priceLength, decimals: row.pointee.priceDecimals)
        else { return false }
        return unsafe OrderTemplate.isProduct(lots, quantity.rawValue, row.pointee.lotMantissa)
            && OrderTemplate.isProduct(ticks, price.rawValue, row.pointee.tickMantissa)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private func append(
        _ literal: StaticString, to: UnsafeMutablePointer<UInt8>, at: Int
    ) -> Int {
        unsafe apus_copy(to + at, literal.utf8Start, literal.utf8CodeUnitCount)
        return at &+ literal.utf8CodeUnitCount
    }

    /// The unmasked text of the last encoded change; for tests.
    public func lastText() -> String {
        unsafe String(
            decoding: UnsafeBufferPointer(start: text, count: textLength), as: UTF8.self)
    }
}

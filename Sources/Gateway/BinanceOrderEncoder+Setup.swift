//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import CTLS
import Messages

/// Where the patched fields of a request stand, from the start of its text.
struct EncoderHead: BitwiseCopyable {
    var idAt: Int
    var clientIDAt: Int
    var timeAt: Int
    var signatureAt: Int
    var length: Int

    /// Lays out the constant beginning of a request in `text`.
    ///
    /// - Parameter apiKey: `nil`: the request is not signed; `signatureAt` means nothing then.
    static func write(
        letter: String, method: String, idName: String, apiKey: String?,
        to text: UnsafeMutablePointer<UInt8>
    ) -> EncoderHead {
        var bytes: [UInt8] = []
        bytes += Array("{\"id\":\"\(letter)".utf8)
        let idAt = bytes.count
        bytes += Array(repeating: 0x30, count: 16)
        let key = apiKey.map { "\"apiKey\":\"\($0)\"," } ?? ""
        let open = "\",\"method\":\"\(method)\",\"params\":{\(key)\"\(idName)\":"
        bytes += Array((open + "\"apus").utf8)
        let clientIDAt = bytes.count
        bytes += Array(repeating: 0x30, count: 16)
        bytes += Array("\",\"timestamp\":".utf8)
        let timeAt = bytes.count
        bytes += Array(repeating: 0x30, count: 13)
        var signatureAt = 0
        if apiKey != nil {
            bytes += Array(",\"signature\":\"".utf8)
            signatureAt = bytes.count
            bytes += Array(repeating: 0x30, count: Int(APUS_HMAC_HEX_LENGTH))
            bytes += Array("\"".utf8)
        }
        bytes += Array(",".utf8)
        for (index, byte) in bytes.enumerated() { unsafe text[index] = byte }
        return EncoderHead(
            idAt: idAt, clientIDAt: clientIDAt, timeAt: timeAt, signatureAt: signatureAt,
            length: bytes.count)
    }

    /// Writes ids and time; the signature comes later.
    @_noAllocation @_noLocks
    @inline(__always)
    func patch(_ text: UnsafeMutablePointer<UInt8>, orderID: UInt64, timeMs: Int64) {
        unsafe TextWriter.hex16(orderID, to: text + idAt)
        unsafe apus_copy(text + clientIDAt, text + idAt, 16)
        unsafe TextWriter.milliseconds13(timeMs, to: text + timeAt)
    }
}

extension BinanceOrderEncoder {
    static func check(_ configuration: GatewayConfiguration) throws(GatewayError) {
        let key = configuration.apiKey.utf8
        let isPlain = key.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
        if !configuration.isSessionAuthenticated {
            if key.isEmpty || key.count > 128 || !isPlain { throw .invalidAPIKey }
            if configuration.secret.isEmpty { throw .emptySecret }
        }
        if configuration.recvWindowMs < 1 || configuration.recvWindowMs > 60_000 {
            throw .invalidReceiveWindow(configuration.recvWindowMs)
        }
        for capacity in [configuration.liveOrdersMax, configuration.endedOrdersMax] {
            if capacity < 1 || capacity > 65_536 { throw .invalidCapacity(capacity) }
        }
        if configuration.recentTradesMax < 1 || configuration.recentTradesMax > 1 << 20 {
            throw .invalidCapacity(configuration.recentTradesMax)
        }
    }

    static func check(_ instrument: Instrument) throws(GatewayError) {
        let symbol = instrument.venueSymbolText
        // Bytes above 0x7F stand for themselves in JSON and in the payload; quotes, backslashes,
        // control characters and the query's own characters would not.
        let isPlain = symbol.utf8.allSatisfy { byte in
            byte > 0x20 && byte != 0x7F && byte != 0x22 && byte != 0x5C && byte != 0x26
                && byte != 0x3D
        }
        if symbol.isEmpty || !isPlain { throw .invalidSymbol(symbol) }
        if instrument.tickMantissa < 1 || instrument.lotMantissa < 1
            || instrument.priceDecimals > 18 || instrument.quantityDecimals > 18
        {
            throw .invalidPrecision(symbol: symbol)
        }
    }

    /// Hashes what every payload begins with: the key, and the name of the client id.
    static func prepareSigner(
        _ signer: UnsafeMutablePointer<HMACState>, _ idName: String,
        _ configuration: GatewayConfiguration
    ) {
        var secret = Array(configuration.secret.utf8)
        unsafe secret.withUnsafeMutableBufferPointer { bytes in
            unsafe apus_hmac_init(signer, bytes.baseAddress, bytes.count)
            unsafe apus_hmac_wipe(bytes.baseAddress, bytes.count)
        }
        let beginning = Array("apiKey=\(configuration.apiKey)&\(idName)=apus".utf8)
        unsafe beginning.withUnsafeBufferPointer { bytes in
            unsafe apus_hmac_extend(signer, bytes.baseAddress, bytes.count)
        }
    }

    /// Writes the texts of every kind of order of `instrument`, and of its cancel.
    func layOutTemplates(_ instrument: Instrument, _ recvWindowMs: Int) {
        for (side, type, timeInForce, isReduceOnly) in OrderTemplate.kinds {
            layOut(instrument, side, type, timeInForce, isReduceOnly, recvWindowMs)
        }
        let symbol = instrument.venueSymbolText
        let at = Int(instrument.instrumentID) * 2 * OrderTemplate.textLengthMax
        let json = "\"recvWindow\":\(recvWindowMs),\"symbol\":\"\(symbol)\"}}"
        let payload = "&recvWindow=\(recvWindowMs)&symbol=\(symbol)&timestamp="
        let lengths = unsafe cancelLengths + Int(instrument.instrumentID)
        unsafe lengths.initialize(to: OrderTemplate(instrument, .none, .limit, .gtc, 0))
        unsafe lengths.pointee.jsonLength = unsafe OrderTemplate.store(json, cancelTexts + at)
        unsafe lengths.pointee.payloadLength = unsafe OrderTemplate.store(
            payload, cancelTexts + at + OrderTemplate.textLengthMax)
    }

    private func layOut(
        _ instrument: Instrument, _ side: Side, _ type: OrderType, _ timeInForce: TimeInForce,
        _ isReduceOnly: UInt8, _ recvWindowMs: Int
    ) {
        let variant = OrderTemplate.variant(
            side: side, type: type, timeInForce: timeInForce, isReduceOnly: isReduceOnly)
        guard let variant else { preconditionFailure("a kind of order with a place") }
        let index = Int(instrument.instrumentID) * OrderTemplate.variantCount + variant
        let fields = OrderTemplate.fixedParameters(
            symbol: instrument.venueSymbolText, side: side, type: type, timeInForce: timeInForce,
            isReduceOnly: isReduceOnly, recvWindowMs: recvWindowMs)
        var json = ""
        var payload = ""
        for field in fields {
            let value = field.isNumber ? field.value : "\"\(field.value)\""
            json += "\"\(field.name)\":\(value),"
            payload += "&\(field.name)=\(field.value)"
        }
        json += "\"type\":\"\(type == .limit ? "LIMIT" : "MARKET")\",\"quantity\":\""
        payload += "&timestamp="
        let text = unsafe templateTexts + index * 2 * OrderTemplate.textLengthMax
        let template = unsafe templates + index
        unsafe template.initialize(
            to: OrderTemplate(instrument, side, type, timeInForce, isReduceOnly))
        unsafe template.pointee.jsonLength = unsafe OrderTemplate.store(json, text)
        unsafe template.pointee.payloadLength = unsafe OrderTemplate.store(
            payload, text + OrderTemplate.textLengthMax)
    }

    /// The unmasked text of the last encoded place or cancel; for tests.
    public func lastText(isCancel: Bool) -> String {
        let bytes = unsafe UnsafeBufferPointer(
            start: isCancel ? cancelText : placeText, count: textLength)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages

/// A request that the encoder writes; its raw value is the place of its head.
enum OKXRequest: Int {
    case place
    case cancel
    case amend
    case batchPlace
    case batchCancel

    /// First character of the request's id. Those of batches carry two digits more: how many
    /// orders, by consecutive ids from the one named, the reply speaks of.
    var letter: String {
        switch self {
        case .place: "p"
        case .cancel: "c"
        case .amend: "m"
        case .batchPlace: "P"
        case .batchCancel: "C"
        }
    }
    var operation: String {
        switch self {
        case .place: "order"
        case .cancel: "cancel-order"
        case .amend: "amend-order"
        case .batchPlace: "batch-orders"
        case .batchCancel: "batch-cancel-orders"
        }
    }
    /// The venue discards a place or amend that comes too late; a cancel is never too late.
    var expires: Bool { self != .cancel && self != .batchCancel }
    var isBatch: Bool { self == .batchPlace || self == .batchCancel }

    static let all: [OKXRequest] = [.place, .cancel, .amend, .batchPlace, .batchCancel]
}

/// The constant beginning of a request: where its patched fields stand, from the start.
struct OKXRequestHead: BitwiseCopyable {
    static var lengthMax: Int {
        @_noAllocation @_noLocks get { 128 }
    }

    var idAt = 0
    /// Two digits behind the id; 0: none.
    var countAt = 0
    /// 0: none.
    var timeAt = 0
    var length = 0

    /// Lays out the head of `request` in `text`.
    static func write(
        _ request: OKXRequest, to text: UnsafeMutablePointer<UInt8>
    ) -> OKXRequestHead {
        var head = OKXRequestHead()
        var bytes = Array("{\"id\":\"\(request.letter)".utf8)
        head.idAt = bytes.count
        bytes += Array(repeating: 0x30, count: 16)
        if request.isBatch {
            head.countAt = bytes.count
            bytes += Array(repeating: 0x30, count: 2)
        }
        bytes += Array("\",\"op\":\"\(request.operation)\"".utf8)
        if request.expires {
            bytes += Array(",\"expTime\":\"".utf8)
            head.timeAt = bytes.count
            bytes += Array(repeating: 0x30, count: 13)
            bytes += Array("\"".utf8)
        }
        bytes += Array(",\"args\":[".utf8)
        head.length = bytes.count
        precondition(head.length <= lengthMax, "a head that fits")
        for (index, byte) in bytes.enumerated() { unsafe text[index] = byte }
        return head
    }
}

/// Where the numbers of one encoded item stand, for the check before it leaves.
struct OKXEncodedItem: BitwiseCopyable {
    var template = 0
    var clientIDAt = 0
    var quantityAt = 0
    var quantityLength = 0
    var priceAt = 0
    var priceLength = 0

    @_noAllocation @_noLocks
    init() {}
}

extension OKXOrderEncoder {
    static func check(
        _ configuration: OKXOrderConfiguration, _ instruments: InstrumentTable
    ) throws(GatewayError) {
        let window = configuration.expiryWindowMs
        if window < 1 || window > 60_000 { throw .invalidReceiveWindow(window) }
        for id in 0..<UInt32(instruments.count) where instruments[id].venue == .okx {
            let instrument = instruments[id]
            if instrument.tickMantissa < 1 || instrument.lotMantissa < 1
                || instrument.priceDecimals > 18 || instrument.quantityDecimals > 18
            {
                throw .invalidPrecision(symbol: instrument.venueSymbolText)
            }
        }
    }

    /// Writes the texts of every kind of order of `instrument` that the venue takes.
    func layOut(_ instrument: Instrument, _ configuration: OKXOrderConfiguration) {
        guard instrument.venue == .okx, instrument.venueCode > 0,
            let mode = configuration.tradeMode(instrument)
        else { return }
        let id = Int(instrument.instrumentID)
        let code = "\",\"instIdCode\":\(instrument.venueCode)"
        unsafe codeLengths[id] = unsafe OrderTemplate.store(
            code, codeTexts + id * Self.codeLengthMax)
        for (side, type, timeInForce, isReduceOnly) in OrderTemplate.kinds {
            let template = OrderTemplate(instrument, side, type, timeInForce, isReduceOnly)
            guard let fields = Self.fields(template, instrument, mode, configuration) else {
                continue
            }
            let index = id * OrderTemplate.variantCount + Self.variant(template)
            unsafe templates[index] = template
            unsafe templates[index].jsonLength = unsafe OrderTemplate.store(
                code + fields + ",\"sz\":\"", templateTexts + index * OrderTemplate.textLengthMax)
        }
    }

    private static func variant(_ template: OrderTemplate) -> Int {
        let variant = OrderTemplate.variant(
            side: template.side, type: template.type, timeInForce: template.timeInForce,
            isReduceOnly: template.isReduceOnly)
        guard let variant else { preconditionFailure("a kind of order with a place") }
        return variant
    }

    /// The fields that a kind of order fixes; `nil` for a kind that would not be taken, or not for
    /// what it says.
    private static func fields(
        _ template: OrderTemplate, _ instrument: Instrument, _ mode: OKXTradeMode,
        _ configuration: OKXOrderConfiguration
    ) -> String? {
        let isSpot = instrument.kind == .spot
        let isMarket = template.type == .market
        let isFillOrKill = !isMarket && template.timeInForce == .fok
        if isFillOrKill && configuration.selfTradePrevention == .cancelBoth { return nil }
        // The size of a margin buy at market counts in the quote currency.
        if isSpot && isMarket && mode != .cash { return nil }
        var text = ",\"tdMode\":\"\(mode.rawValue)\""
        text += ",\"side\":\"\(template.side == .buy ? "buy" : "sell")\""
        text += ",\"ordType\":\"\(orderType(template, isSpot))\""
        text += ",\"stpMode\":\"\(configuration.selfTradePrevention.rawValue)\""
        if template.isReduceOnly == 1 {
            if mode != .cash {
                text += ",\"reduceOnly\":true"
            } else if template.side == .buy {
                return nil
            }
            // A sale for cash sells what is owned and nothing else: the flag is not known there.
        }
        // Otherwise the size of a purchase would count in the quote currency.
        if isSpot && isMarket { text += ",\"tgtCcy\":\"base_ccy\"" }
        return text
    }

    private static func orderType(_ template: OrderTemplate, _ isSpot: Bool) -> String {
        if template.type == .market { return isSpot ? "market" : "optimal_limit_ioc" }
        switch template.timeInForce {
        case .ioc: return "ioc"
        case .fok: return "fok"
        case .postOnly: return "post_only"
        default: return "limit"
        }
    }

    /// The unmasked text of the last encoded request; for tests.
    public var lastText: String {
        unsafe String(decoding: UnsafeBufferPointer(start: text, count: textLength), as: UTF8.self)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages

extension Instrument {
    /// "BTC-USDT".
    public var symbolText: String {
        get { unsafe withUnsafeBytes(of: symbol) { unsafe Self.text($0) } }
        set { unsafe withUnsafeMutableBytes(of: &symbol) { unsafe Self.store(newValue, $0) } }
    }

    /// "BTCUSDT".
    public var venueSymbolText: String {
        get { unsafe withUnsafeBytes(of: venueSymbol) { unsafe Self.text($0) } }
        set { unsafe withUnsafeMutableBytes(of: &venueSymbol) { unsafe Self.store(newValue, $0) } }
    }

    /// "USDT".
    public var quoteAssetText: String {
        get { unsafe withUnsafeBytes(of: quoteAsset) { unsafe Self.text($0) } }
        set { unsafe withUnsafeMutableBytes(of: &quoteAsset) { unsafe Self.store(newValue, $0) } }
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        let end = unsafe bytes.firstIndex(of: 0) ?? bytes.count
        return unsafe String(decoding: unsafe bytes[..<end], as: UTF8.self)
    }

    private static func store(_ text: String, _ bytes: UnsafeMutableRawBufferPointer) {
        precondition(text.utf8.count < bytes.count, "a name that fits with its final zero")
        for index in bytes.indices { unsafe bytes[index] = 0 }
        for (index, byte) in text.utf8.enumerated() { unsafe bytes[index] = byte }
    }

    /// A price as the venue prints it: 618002 ticks of 0.10 with two decimals are "61800.20".
    public func text(price: PriceTicks) -> String {
        Decimals.text(mantissa: price.rawValue * tickMantissa, decimals: Int(priceDecimals))
    }

    /// A quantity as the venue prints it.
    public func text(quantity: QuantityLots) -> String {
        Decimals.text(mantissa: quantity.rawValue * lotMantissa, decimals: Int(quantityDecimals))
    }

    /// A price in the quote currency; for display and features only.
    public func value(price: PriceTicks) -> Double {
        Double(price.rawValue * tickMantissa) / Decimals.powerOfTen(Int(priceDecimals))
    }

    /// A quantity in the base currency or contracts; for display and features only.
    public func value(quantity: QuantityLots) -> Double {
        Double(quantity.rawValue * lotMantissa) / Decimals.powerOfTen(Int(quantityDecimals))
    }

    /// Sets `tickLotValueE12` of a linear instrument from tick, lot and contract value.
    ///
    /// - Returns: `false` when the value is not a whole number of 1e-12 or does not fit.
    public mutating func deriveTickLotValue() -> Bool {
        let contract = Int128(contractValueE9 == 0 ? 1_000_000_000 : contractValueE9)
        let (product, overflow) = (Int128(tickMantissa) * Int128(lotMantissa))
            .multipliedReportingOverflow(by: contract)
        // The product counts in 10^-(decimals of price and quantity and 9).
        let digits = 12 - Int(priceDecimals) - Int(quantityDecimals) - 9
        guard !overflow, product > 0, digits > -38 else { return false }
        var scale: Int128 = 1
        for _ in 0..<abs(digits) { scale *= 10 }
        let value = digits >= 0 ? product.multipliedReportingOverflow(by: scale)
            : (product / scale, product % scale != 0)
        guard !value.1, let whole = Int64(exactly: value.0) else { return false }
        tickLotValueE12 = whole
        return true
    }
}

extension Venue {
    /// Tables by venue have this many places.
    @inlinable @inline(__always)
    public static var countMax: Int {
        @_noAllocation @_noLocks
        get { 8 }
    }

    /// Place in a table by venue: within `countMax` whatever the byte.
    @inlinable @inline(__always)
    public var index: Int {
        @_noAllocation @_noLocks
        get { Int(rawValue & 7) }
    }

    /// As the configuration writes it.
    public var text: String {
        switch self {
        case .binanceUSDM: "binance-usdm"
        case .binanceSpot: "binance-spot"
        case .binanceCOINM: "binance-coinm"
        case .okx: "okx"
        default: "venue-\(rawValue)"
        }
    }

    public init?(text: String) {
        switch text {
        case "binance-usdm": self = .binanceUSDM
        case "binance-spot": self = .binanceSpot
        case "binance-coinm": self = .binanceCOINM
        case "okx": self = .okx
        default: return nil
        }
    }
}

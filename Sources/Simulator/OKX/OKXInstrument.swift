//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// An instrument of the simulated OKX. Prices are ticks and sizes lots inside the simulator.
///
/// Source: production instruments as recorded in 2026-04; the long codes are those of the demo
/// environment where it has them.
struct OKXInstrument: Sendable {
    enum Kind: String, Sendable {
        case spot = "SPOT"
        case swap = "SWAP"
    }

    let name: String
    let kind: Kind
    let base: String
    let quote: String
    let code: Int64
    let longCode: Int64
    let tickSize: Fixed
    let lotSize: Fixed
    let sizeMin: String
    let limitSizeMax: String
    let marketSizeMax: String
    /// Of one contract: coins, or USD of an inverse contract; "" on spot.
    let contractValue: String
    let isInverse: Bool
    let leverage: String
    let listTimeMs: Int64
    /// Ticks of the book that a price of a new order must be a multiple of.
    var ticksPerStep: Int64 = 1
    /// What a contract is worth, where the venue tells another value than the book has.
    var toldContract: Fixed?

    static let buyLimitParts: Int64 = 10_500
    static let sellLimitParts: Int64 = 9_500

    var isSpot: Bool { kind == .spot }
    /// The currency of profit, fees and margin of a swap; the quote currency on spot.
    var settle: String { isSpot ? quote : isInverse ? base : quote }
    var family: String { isSpot ? "" : "\(base)-\(quote)" }
    var contract: Fixed { Fixed(contractValue) ?? Fixed(units: Fixed.one) }

    func price(_ ticks: Int64) -> Fixed { Fixed(units: ticks * tickSize.units) }
    func size(_ lots: Int64) -> Fixed { Fixed(units: lots * lotSize.units) }

    /// What `lots` are worth at a price, in the settlement currency.
    func value(ticks: Int64, lots: Int64) -> Fixed {
        value(price: price(ticks), lots: lots)
    }

    func value(price: Fixed, lots: Int64) -> Fixed {
        let amount = isSpot ? size(lots) : size(lots) * contract
        guard isInverse else { return price * amount }
        guard price.units > 0 else { return Fixed(units: 0) }
        return Fixed(
            units: Int64(
                clamping: Int128(amount.units) * Int128(Fixed.one) / Int128(price.units)))
    }

    /// What `lots` are worth in USD or USDT.
    func dollars(price: Fixed, lots: Int64) -> Fixed {
        isInverse ? size(lots) * contract : value(price: price, lots: lots)
    }

    /// The tick as the venue tells it.
    var toldTickSize: Fixed { price(ticksPerStep) }

    var priceDecimals: Int {
        var decimals = 8
        var units = tickSize.units
        while decimals > 0, units % 10 == 0 {
            units /= 10
            decimals -= 1
        }
        return decimals
    }

    private static func spot(
        _ base: String, code: Int64, longCode: Int64, tick: Int64, lot: Int64, sizeMin: String,
        limitSizeMax: String
    ) -> OKXInstrument {
        OKXInstrument(
            name: "\(base)-USDT", kind: .spot, base: base, quote: "USDT", code: code,
            longCode: longCode, tickSize: Fixed(units: tick), lotSize: Fixed(units: lot),
            sizeMin: sizeMin, limitSizeMax: limitSizeMax, marketSizeMax: "1000000",
            contractValue: "", isInverse: false, leverage: "10", listTimeMs: 1_611_907_686_000)
    }

    private static func swap(
        _ base: String, code: Int64, longCode: Int64, tick: Int64, contract: String,
        marketSizeMax: String, leverage: String = "100", listTimeMs: Int64 = 1_573_557_408_000
    ) -> OKXInstrument {
        OKXInstrument(
            name: "\(base)-USDT-SWAP", kind: .swap, base: base, quote: "USDT", code: code,
            longCode: longCode, tickSize: Fixed(units: tick), lotSize: Fixed(units: 1_000_000),
            sizeMin: "0.01", limitSizeMax: "100000000", marketSizeMax: marketSizeMax,
            contractValue: contract, isInverse: false, leverage: leverage, listTimeMs: listTimeMs)
    }

    /// The linear swap of each coin comes before what follows it.
    static let all: [OKXInstrument] = [
        swap(
            "BTC", code: 10_459, longCode: 2_021_032_601_102_993, tick: 10_000_000,
            contract: "0.01", marketSizeMax: "34000"),
        swap(
            "ETH", code: 10_461, longCode: 2_021_032_601_102_994, tick: 1_000_000,
            contract: "0.1", marketSizeMax: "67000"),
        swap(
            "SOL", code: 10_530, longCode: 2_021_032_621_933_942, tick: 1_000_000, contract: "1",
            marketSizeMax: "34000", leverage: "50", listTimeMs: 1_611_298_800_000),
        spot(
            "BTC", code: 3, longCode: 2_021_032_621_933_941, tick: 10_000_000, lot: 1,
            sizeMin: "0.00001", limitSizeMax: "9999999999"),
        spot(
            "ETH", code: 4, longCode: 2_021_032_621_933_944, tick: 1_000_000, lot: 100,
            sizeMin: "0.0001", limitSizeMax: "999999999999"),
        spot(
            "SOL", code: 1_514, longCode: 2_021_032_621_933_943, tick: 1_000_000, lot: 100,
            sizeMin: "0.01", limitSizeMax: "999999999999"),
        OKXInstrument(
            name: "BTC-USD-SWAP", kind: .swap, base: "BTC", quote: "USD", code: 10_458,
            longCode: 2_021_032_601_102_992, tickSize: Fixed(units: 10_000_000),
            lotSize: Fixed(units: 10_000_000), sizeMin: "0.1", limitSizeMax: "100000000",
            marketSizeMax: "54000", contractValue: "100", isInverse: true, leverage: "100",
            listTimeMs: 1_535_424_203_000),
    ]
}

extension OKXInstrument {
    /// The made-up market of this instrument with `rate` times the usual activity, and how far its
    /// fair value lies from that of the coin's leading market.
    func flow(rate: Double) -> (parameters: SyntheticFlow.Parameters, basis: Double) {
        let fair: (price: Double, volatility: Double, drift: Double) =
            switch base {
            case "BTC": (618_000, 6.0, 8.0)
            case "ETH": (268_000, 5.0, 6.0)
            default: (15_200, 2.0, 2.5)
            }
        let coin: (median: Double, limits: Double, markets: Double, basis: Double) =
            switch (base, isSpot, isInverse) {
            case ("BTC", false, true): (620, 30, 4, 0.0001)
            case ("BTC", false, false): (1_200, 100, 12, 0.00003)
            case ("BTC", true, _): (4_000_000, 60, 7, -0.0002)
            case ("ETH", false, _): (1_500, 80, 10, 0.00003)
            case ("ETH", true, _): (600_000, 50, 6, -0.0002)
            case (_, false, _): (3_000, 60, 7, 0.00003)
            default: (9_000_000, 40, 5, -0.0002)
            }
        return (
            SyntheticFlow.Parameters(
                price: fair.price * (1 + coin.basis), volatility: fair.volatility,
                drift: fair.drift, sizeMedian: coin.median, limitRate: coin.limits * rate,
                marketRate: coin.markets * rate, orderLife: 3 / rate, depthShare: 0.5),
            coin.basis
        )
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Messages

/// One row of OKX's instruments.
///
/// Ticks are `tickSz`, lots `lotSz` of `sz`: contracts of derivatives, base currency of spot.
struct OKXInstrumentRow {
    struct Problem: Error {
        let reason: String
    }

    private let row: JSONDocument

    init(_ row: JSONDocument) { self.row = row }

    func instrument() throws(Problem) -> Instrument {
        var result = Instrument()
        result.venue = .okx
        let name = try text("instId")
        guard name.utf8.count < 32 else { throw Problem(reason: "a name of over 31 bytes") }
        result.venueSymbolText = name
        result.symbolText = name
        result.kind = try kind()
        let state = try text("state")
        guard state == "live" else { throw Problem(reason: "state \(state)") }
        (result.priceDecimals, result.tickMantissa) = try unit("tickSz")
        (result.quantityDecimals, result.lotMantissa) = try unit("lotSz")
        result.venueCode = row["instIdCode"]?.integer ?? 0
        setBounds(&result)
        try setMoney(&result)
        return result
    }

    private func kind() throws(Problem) -> InstrumentKind {
        switch try text("instType") {
        case "SPOT", "MARGIN": return .spot
        case "SWAP": return .swap
        case "FUTURES": return .futures
        case "OPTION": return .option
        case let other: throw Problem(reason: "instType \(other)")
        }
    }

    /// The venue names a largest market order of spot in the quote currency, so the one of limit
    /// orders stands in.
    private func setBounds(_ result: inout Instrument) {
        let decimals = UInt32(result.quantityDecimals)
        let lot = result.lotMantissa
        let least = scaled("minSz", decimals) ?? 0
        result.quantityMin = QuantityLots(max(1, least / lot + (least % lot == 0 ? 0 : 1)))
        let most = scaled("maxLmtSz", decimals).map { $0 / lot } ?? .max
        result.quantityMax = QuantityLots(most)
        result.marketQuantityMax = result.quantityMax
        if result.kind != .spot, let most = scaled("maxMktSz", decimals) {
            result.marketQuantityMax = QuantityLots(
                min(most / lot, result.quantityMax.rawValue))
        }
        result.priceMin = PriceTicks(1)
        result.priceMax = PriceTicks(.max)
    }

    /// Quote currency, contract value and what follows from them.
    private func setMoney(_ result: inout Instrument) throws(Problem) {
        if result.kind == .spot {
            result.quoteAssetText = try asset("quoteCcy")
            result.contractValueE9 = 1_000_000_000
            // Some pairs have units too fine for 1e-12 of the quote currency.
            _ = result.deriveTickLotValue()
            return
        }
        result.isInverse = row["ctType"]?.text == "inverse" ? 1 : 0
        result.quoteAssetText = try asset(result.isInverse != 0 ? "ctValCcy" : "settleCcy")
        result.contractValueE9 = try contractValue()
        if result.isInverse == 0, !result.deriveTickLotValue() {
            throw Problem(reason: "tick, lot and contract that give no value of 1e-12")
        }
    }

    private func contractValue() throws(Problem) -> Int64 {
        let value = try positive("ctVal")
        let multiplier = try positive("ctMult")
        let decimals = Int(value.decimals + multiplier.decimals)
        var product = Int128(value.mantissa) * Int128(multiplier.mantissa)
        guard decimals <= 27 else { throw Problem(reason: "a contract value too fine") }
        for _ in 0..<max(0, 9 - decimals) {
            let (tenfold, overflow) = product.multipliedReportingOverflow(by: 10)
            if overflow { throw Problem(reason: "a contract value too large") }
            product = tenfold
        }
        for _ in 0..<max(0, decimals - 9) {
            guard product % 10 == 0 else { throw Problem(reason: "a contract value too fine") }
            product /= 10
        }
        guard let whole = Int64(exactly: product) else {
            throw Problem(reason: "a contract value too large")
        }
        return whole
    }

    // MARK: - Members

    private func text(_ member: String) throws(Problem) -> String {
        guard let text = row[member]?.text, !text.isEmpty else {
            throw Problem(reason: "no \(member)")
        }
        return text
    }

    private func asset(_ member: String) throws(Problem) -> String {
        let text = try text(member)
        guard text.utf8.count < 16 else { throw Problem(reason: "\(member) of over 15 bytes") }
        return text
    }

    private func positive(_ member: String) throws(Problem) -> JSONText.Decimal {
        let decimal = JSONText.decimal(try text(member))
        guard decimal.isValid, !decimal.isNegative, !decimal.overflows, decimal.mantissa > 0 else {
            throw Problem(reason: "\(member) is no number above zero")
        }
        return decimal
    }

    /// A step as its decimals and its size in units of the last of them.
    private func unit(_ member: String) throws(Problem) -> (UInt8, Int64) {
        let decimal = try positive(member)
        guard decimal.decimals <= 18, let mantissa = Int64(exactly: decimal.mantissa) else {
            throw Problem(reason: "\(member) of over 18 decimals")
        }
        return (UInt8(decimal.decimals), mantissa)
    }

    /// A bound at `decimals`, the largest there is where it does not fit; `nil` when not told.
    private func scaled(_ member: String, _ decimals: UInt32) -> Int64? {
        guard let text = row[member]?.text, !text.isEmpty else { return nil }
        let decimal = JSONText.decimal(text)
        guard decimal.isValid, !decimal.isNegative else { return nil }
        return decimal.scaled(decimals: decimals) ?? .max
    }
}

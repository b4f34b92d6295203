//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages
import Messages

/// A bar that ends by what was traded in it instead of by time.
///
/// Source: M. Lopez de Prado, Advances in Financial Machine Learning, 2018, chapter 2.
public enum SampledBar: Hashable, Sendable {
    /// After this many trades, as the venue tells them: with its trade stream fills, with its
    /// aggregated one the fills of an order at a price.
    case ticks(Int64)
    /// At this quantity of the base currency, in 1e-9, whatever a contract stands for.
    case volume(baseE9: Int64)
    /// At this value in the quote currency, in 1e-8.
    case dollar(quoteE8: Int64)

    /// `ticks:100`, `volume:2.5` or `dollar:100000`; `nil` for anything else, and for 0 or less.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        func mantissa(_ decimals: Int) -> Int64? {
            Decimals.mantissa(parts[1], decimals: decimals).flatMap { $0 > 0 ? $0 : nil }
        }
        switch parts[0] {
        case "ticks":
            guard let count = mantissa(0) else { return nil }
            self = .ticks(count)
        case "volume":
            guard let base = mantissa(9) else { return nil }
            self = .volume(baseE9: base)
        case "dollar":
            guard let quote = mantissa(8) else { return nil }
            self = .dollar(quoteE8: quote)
        default: return nil
        }
    }

    /// As it is written, without needless zeros.
    public var text: String {
        switch self {
        case .ticks(let count): "ticks:\(count)"
        case .volume(let base): "volume:\(Self.short(Decimals.text(mantissa: base, decimals: 9)))"
        case .dollar(let quote): "dollar:\(Self.short(Decimals.text(mantissa: quote, decimals: 8)))"
        }
    }

    private static func short(_ decimal: String) -> Substring {
        var shown = decimal[...]
        while shown.last == "0" { shown.removeLast() }
        if shown.last == "." { shown.removeLast() }
        return shown
    }

    /// What ends such a bar of `instrument`; `nil` where its trades cannot be measured so: the
    /// quantity of an inverse contract in the base currency depends on the price, and a value below
    /// 1e-12 is not kept.
    public func limit(of instrument: Instrument) -> BarLimit? {
        switch self {
        case .ticks(let count):
            return BarLimit(measure: .trades, threshold: Int128(count))
        case .volume(let base):
            guard instrument.isInverse == 0 else { return nil }
            return Self.lots(Int128(base), instrument)
        case .dollar(let quote):
            // A contract of an inverse instrument is so much of the quote currency.
            if instrument.isInverse != 0 { return Self.lots(Int128(quote) * 10, instrument) }
            guard instrument.tickLotValueE12 > 0 else { return nil }
            let value = Int128(instrument.tickLotValueE12)
            return BarLimit(
                measure: .value, threshold: (Int128(quote) * 10_000 + value - 1) / value)
        }
    }

    /// `amountE9` of what a contract stands for as lots, rounded up: as many are enough, and one
    /// less is not.
    private static func lots(_ amountE9: Int128, _ instrument: Instrument) -> BarLimit {
        var scale: Int128 = 1
        for _ in 0..<instrument.quantityDecimals { scale *= 10 }
        let contract = instrument.contractValueE9
        let lot = Int128(instrument.lotMantissa) * Int128(contract == 0 ? 1_000_000_000 : contract)
        return BarLimit(measure: .lots, threshold: (amountE9 * scale + lot - 1) / lot)
    }
}

/// What a bar's trades are measured by, and how much of it ends the bar.
public struct BarLimit: BitwiseCopyable, Sendable {
    enum Measure: BitwiseCopyable, Sendable {
        case trades, lots
        /// Ticks times lots.
        case value
    }

    let measure: Measure
    let threshold: Int128
}

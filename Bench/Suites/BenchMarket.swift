//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages

/// What the suites of the stages share: one instrument as the venue lists it, and its prices.
enum BenchMarket {
    /// BTCUSDT on Binance USD-M, 2024: ticks of 0.10, lots of 0.001.
    static func instrument() -> Instrument {
        var instrument = Instrument()
        instrument.venue = .binanceUSDM
        instrument.venueSymbolText = "BTCUSDT"
        instrument.symbolText = "BTC-USDT"
        instrument.quoteAssetText = "USDT"
        instrument.priceDecimals = 2
        instrument.quantityDecimals = 3
        instrument.tickMantissa = 10
        instrument.lotMantissa = 1
        instrument.tickLotValueE12 = 100_000_000
        instrument.priceMin = PriceTicks(rawValue: 5_568)
        instrument.priceMax = PriceTicks(rawValue: 45_297_640)
        instrument.quantityMin = QuantityLots(rawValue: 1)
        instrument.quantityMax = QuantityLots(rawValue: 1_000_000)
        instrument.marketQuantityMax = QuantityLots(rawValue: 120_000)
        instrument.notionalMinE8 = 10_000_000_000
        instrument.percentUpE4 = 10_500
        instrument.percentDownE4 = 9_500
        instrument.openOrdersMax = 200
        return instrument
    }

    /// BTC-USDT of OKX's spot market: ticks of 0.1, lots of 1e-8.
    static func okxInstrument() -> Instrument {
        var instrument = Instrument()
        instrument.venue = .okx
        instrument.kind = .spot
        instrument.venueSymbolText = "BTC-USDT"
        instrument.symbolText = "BTC-USDT"
        instrument.quoteAssetText = "USDT"
        instrument.priceDecimals = 1
        instrument.quantityDecimals = 8
        instrument.tickMantissa = 1
        instrument.lotMantissa = 1
        instrument.contractValueE9 = 1_000_000_000
        return instrument
    }

    /// Mid price of the generated market, ticks.
    static let midTicks: Int64 = 618_000
    /// Record time of the generated market, nanoseconds since 1970 UTC.
    static let startTimeNs: UInt64 = 1_723_161_256_000_000_000

    /// Ticks as the venue prints them.
    static func price(_ ticks: Int64) -> String {
        Decimals.text(mantissa: ticks * 10, decimals: 2)
    }

    /// Lots as the venue prints them.
    static func quantity(_ lots: Int64) -> String { Decimals.text(mantissa: lots, decimals: 3) }
}

/// Texts one behind the other in one memory, with readable slack behind each.
///
/// SAFETY: the memory is written in `init` alone and lives as long as the value.
@safe
final class FrameTexts: @unchecked Sendable {
    private let memory: UnsafeMutablePointer<UInt8>
    private let stride: Int
    private let lengths: UnsafeMutablePointer<Int>
    let count: Int
    /// Bytes of all texts.
    let byteCount: Int

    init(_ texts: [String]) {
        precondition(!texts.isEmpty && texts.count & (texts.count - 1) == 0, "a power of two")
        count = texts.count
        byteCount = texts.reduce(0) { $0 + $1.utf8.count }
        stride = (texts.map(\.utf8.count).max()! + 64 + 63) / 64 * 64
        unsafe memory = .allocate(capacity: stride * texts.count)
        unsafe memory.initialize(repeating: 0, count: stride * texts.count)
        unsafe lengths = .allocate(capacity: texts.count)
        for (index, text) in texts.enumerated() {
            for (at, byte) in text.utf8.enumerated() { unsafe memory[index * stride + at] = byte }
            unsafe lengths[index] = text.utf8.count
        }
    }

    deinit {
        unsafe memory.deallocate()
        unsafe lengths.deallocate()
    }

    /// The text of `index`, modulo their number.
    @inline(__always)
    func bytes(_ index: Int) -> UnsafePointer<UInt8> {
        unsafe UnsafePointer(memory + (index & (count - 1)) * stride)
    }

    @inline(__always)
    func length(_ index: Int) -> Int { unsafe lengths[index & (count - 1)] }
}

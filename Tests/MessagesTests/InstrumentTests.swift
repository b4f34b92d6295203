//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import Messages
import Platform
import Testing

@Suite("Instruments")
struct InstrumentTests {
    /// BTCUSDT as Binance lists it: prices with two decimals in steps of 0.10, lots of 0.001.
    private static func bitcoin() -> Instrument {
        var instrument = Instrument()
        instrument.venue = .binanceUSDM
        instrument.priceDecimals = 2
        instrument.quantityDecimals = 3
        instrument.tickMantissa = 10
        instrument.lotMantissa = 1
        instrument.symbolText = "BTC-USDT"
        instrument.venueSymbolText = "BTCUSDT"
        instrument.quoteAssetText = "USDT"
        return instrument
    }

    @Test func `names come back as written, and a shorter one leaves nothing behind`() {
        var instrument = Self.bitcoin()
        #expect(instrument.symbolText == "BTC-USDT")
        #expect(instrument.venueSymbolText == "BTCUSDT")
        #expect(instrument.quoteAssetText == "USDT")
        instrument.symbolText = "A"
        #expect(instrument.symbolText == "A")
        instrument.symbolText = String(repeating: "x", count: 31)
        #expect(instrument.symbolText.count == 31)
    }

    @Test func `a name without room for its zero is a programmer error`() async {
        await #expect(processExitsWith: .failure) {
            var instrument = Instrument()
            instrument.symbolText = String(repeating: "x", count: 32)
        }
    }

    @Test func `prices and quantities are told as the venue prints them`() {
        let instrument = Self.bitcoin()
        #expect(instrument.text(price: PriceTicks(rawValue: 618_002)) == "61800.20")
        #expect(instrument.text(quantity: QuantityLots(rawValue: -25)) == "-0.025")
        #expect(instrument.value(price: PriceTicks(rawValue: 618_002)) == 61_800.2)
        #expect(instrument.value(quantity: QuantityLots(rawValue: 25)) == 0.025)
    }

    @Test func `the value of one lot at one tick is exact`() {
        var instrument = Self.bitcoin()
        let isDerived = instrument.deriveTickLotValue()
        #expect(isDerived)
        // 0.10 * 0.001 = 1e-4 of the quote currency.
        #expect(instrument.tickLotValueE12 == 100_000_000)
    }

    /// Contract values of recorded instruments: 0.01 BTC, 10,000,000 PEPE, and one coin.
    @Test(arguments: [
        (ContractCase(
            tick: 1, priceDecimals: 1, lot: 1, quantityDecimals: 2, contractE9: 10_000_000),
            Int64(10_000_000)),
        (ContractCase(
            tick: 1, priceDecimals: 9, lot: 1, quantityDecimals: 1,
            contractE9: 10_000_000_000_000_000), Int64(1_000_000_000)),
        (ContractCase(tick: 1, priceDecimals: 1, lot: 1, quantityDecimals: 8, contractE9: 0),
            Int64(1_000)),
    ])
    func `the value of a tick and a lot counts what a contract stands for`(
        _ c: ContractCase, _ value: Int64
    ) {
        var instrument = Self.bitcoin()
        instrument.tickMantissa = c.tick
        instrument.priceDecimals = c.priceDecimals
        instrument.lotMantissa = c.lot
        instrument.quantityDecimals = c.quantityDecimals
        instrument.contractValueE9 = c.contractE9
        let isDerived = instrument.deriveTickLotValue()
        #expect(isDerived)
        #expect(instrument.tickLotValueE12 == value)
    }

    struct ContractCase: Sendable {
        var tick: Int64
        var priceDecimals: UInt8
        var lot: Int64
        var quantityDecimals: UInt8
        var contractE9: Int64
    }

    @Test func `a value that is no whole number of 1e-12, or does not fit, is refused`() {
        var fine = Self.bitcoin()
        fine.priceDecimals = 7
        fine.quantityDecimals = 6
        fine.tickMantissa = 1  // 1e-7 * 1e-6 = 1e-13.
        let isFineDerived = fine.deriveTickLotValue()
        #expect(!isFineDerived)
        var large = Self.bitcoin()
        large.tickMantissa = Int64.max
        let isLargeDerived = large.deriveTickLotValue()
        #expect(!isLargeDerived)
        var empty = Self.bitcoin()
        empty.lotMantissa = 0
        let isEmptyDerived = empty.deriveTickLotValue()
        #expect(!isEmptyDerived)
    }

    @Test func `each venue has one text, and back`() {
        for venue in [Venue.binanceUSDM, .binanceSpot, .binanceCOINM, .okx] {
            #expect(Venue(text: venue.text) == venue)
        }
        #expect(Venue(text: "binance") == nil)
        #expect(Venue(rawValue: 255).text == "venue-255")
    }

    @Test func `a table gives each instrument its place as id`() {
        var first = Self.bitcoin()
        first.instrumentID = 77
        var second = Self.bitcoin()
        second.symbolText = "ETH-USDT"
        let table = InstrumentTable.standalone([first, second])
        #expect(table.count == 2)
        #expect(table[0].instrumentID == 0)
        #expect(table[1].instrumentID == 1)
        #expect(table[1].symbolText == "ETH-USDT")
        #expect(unsafe table.pointer(1).pointee.symbolText == "ETH-USDT")
    }

    @Test func `memory that is no table is a programmer error`() async {
        await #expect(processExitsWith: .failure) {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
            unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
            _ = unsafe InstrumentTable(memory: memory)
        }
    }
}

@Suite("Clock")
struct ClockTests {
    @Test func `the clock never steps back`() {
        let clock = WallClock.calibrated()
        var last: UInt64 = 0
        for _ in 0..<100_000 {
            let now = clock.now()
            #expect(now >= last)
            last = now
        }
    }

    @Test func `the clock stays close to the system's`() {
        let clock = WallClock.calibrated()
        let before = wallNs()
        let now = clock.now()
        let after = wallNs()
        // A millisecond covers the anchor's jitter on a busy machine.
        #expect(now + 1_000_000 >= before)
        #expect(now <= after + 1_000_000)
    }

    @Test func `a stamp before the anchor is a time before the anchor`() {
        let clock = WallClock.calibrated()
        let earlier = clock.ns(at: clock.anchorTSC &- 1_000_000)
        #expect(earlier < clock.anchorNs)
        #expect(clock.anchorNs - earlier < 10_000_000)
        #expect(clock.ns(at: clock.anchorTSC) == clock.anchorNs)
    }
}

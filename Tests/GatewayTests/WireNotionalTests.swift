//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CZlib
import Foundation
import Gateway
import Messages
import Strategy
import Testing
import Venues

/// Goal: the value that reaches the wire is the value that was meant, on every venue, for linear
/// and inverse contracts alike; never more, and less by under one lot.
///
/// Method: for every instrument of every recorded list, sizes by value become lots, lots become a
/// frame, and the frame's text is read back. The value of that text is computed from the venue's
/// own row (`ctVal`, `ctMult`, `lotSz`) with exact decimals, by nothing that made the order.
@Suite("Value of orders on the wire")
struct WireNotionalTests {
    /// A decimal of the venue, exactly.
    struct Exact {
        var mantissa: Int128
        var decimals: Int

        init(_ mantissa: Int128, _ decimals: Int) {
            (self.mantissa, self.decimals) = (mantissa, decimals)
        }

        init(_ text: String) throws {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            try #require(parts.count <= 2)
            let digits = parts.joined()
            try #require(!digits.isEmpty && digits.allSatisfy { $0.isASCII && $0.isNumber })
            mantissa = try #require(Int128(digits))
            decimals = parts.count == 2 ? parts[1].count : 0
            while decimals > 0 && mantissa % 10 == 0 {
                mantissa /= 10
                decimals -= 1
            }
        }

        func times(_ other: Exact) throws -> Exact {
            let (product, overflow) = mantissa.multipliedReportingOverflow(by: other.mantissa)
            try #require(!overflow)
            return Exact(product, decimals + other.decimals)
        }

        func scaled(to wanted: Int) throws -> Int128 {
            var value = mantissa
            for _ in decimals..<max(wanted, decimals) {
                let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
                try #require(!overflow)
                value = tenfold
            }
            return value
        }

        /// -1, 0, 1.
        func compared(with other: Exact) throws -> Int {
            let places = max(decimals, other.decimals)
            let (a, b) = (try scaled(to: places), try other.scaled(to: places))
            return a < b ? -1 : a > b ? 1 : 0
        }

        func minus(_ other: Exact) throws -> Exact {
            let places = max(decimals, other.decimals)
            return Exact(try scaled(to: places) - other.scaled(to: places), places)
        }
    }

    /// What the venue's own row says of an instrument.
    struct Row {
        var lot: Exact
        var contract: Exact
        var isInverse: Bool
    }

    /// What became of the instruments of one list.
    struct Tally: Equatable {
        var covered = 0
        /// Reasons, with how many instruments each holds back.
        var refused: [String: Int] = [:]

        init(_ covered: Int = 0, _ refused: [String: Int] = [:]) {
            self.covered = covered
            self.refused = refused
        }

        mutating func refuse(_ reason: String) { refused[reason, default: 0] += 1 }
    }

    static let tooFine = "one tick of one lot is no whole number of 1e-12"

    static let values = ["200", "1000", "12345.67", "999999.99999999"].compactMap {
        Decimals.mantissa($0, decimals: 8)
    }

    /// Prices at which one instrument is tried: those where the value makes at least one lot and
    /// no more than any venue takes.
    static let ticks: [Int64] = [1, 3, 97, 6_180, 61_800, 618_002, 9_999_999, 314_159_265]

    /// The wire's text of quantity and price.
    typealias Wire = (quantity: String, price: String)

    /// Tries all values and prices of one instrument.
    ///
    /// - Returns: How many orders were compared.
    private func compare(
        _ instrument: Instrument, _ row: Row, _ encode: (inout OrderIntent) throws -> Wire?
    ) throws -> Int {
        var compared = 0
        for notionalE8 in Self.values {
            let rule = SizeRule(.quoteNotionalE8(notionalE8), instrument)
            for ticks in Self.ticks {
                let lots = rule.lots(atMid: ticks)
                if lots < 1 || lots > Int64.max / instrument.lotMantissa { continue }
                var intent = Fixtures.place(
                    1, instrumentID: instrument.instrumentID, price: ticks, quantity: lots)
                guard let wire = try encode(&intent) else { continue }
                let meant = Exact(Int128(notionalE8), 8)
                let quantity = try Exact(wire.quantity)
                var value = try quantity.times(row.contract)
                var ofOneLot = try row.lot.times(row.contract)
                if !row.isInverse {
                    let price = try Exact(wire.price)
                    value = try value.times(price)
                    ofOneLot = try ofOneLot.times(price)
                }
                let name = instrument.venueSymbolText
                #expect(try value.compared(with: meant) <= 0, "\(name): never more")
                #expect(
                    try meant.minus(value).compared(with: ofOneLot) < 0,
                    "\(name): less by under one lot")
                compared += 1
            }
        }
        return compared
    }

    // MARK: - OKX

    private static let okx = "../shared/venues/okx"
    private static let binance = "../shared/venues/binance/rest_recorded_gct"
    private static let haveLists = FileManager.default.fileExists(atPath: okx)
        && FileManager.default.fileExists(atPath: binance)

    private func wholeFile(_ path: String) throws -> [UInt8] {
        var file: OpaquePointer?
        try #require(unsafe apus_gzip_open(path, &file) == 0)
        defer { unsafe apus_gzip_close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe apus_gzip_read(file, &chunk, chunk.count)
            try #require(count >= 0)
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    private func rows(_ body: [UInt8]) throws -> [String: Row] {
        let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        var rows: [String: Row] = [:]
        for item in object?["data"] as? [[String: Any]] ?? [] {
            func text(_ name: String) -> String { item[name] as? String ?? "" }
            // Of a listing to come, nothing but its name is told.
            if text("lotSz").isEmpty { continue }
            let lot = try Exact(text("lotSz"))
            let isSpot = text("instType") == "SPOT"
            guard isSpot || (!text("ctVal").isEmpty && !text("ctMult").isEmpty) else { continue }
            rows[text("instId")] = Row(
                lot: lot,
                contract: isSpot
                    ? Exact(1, 0) : try Exact(text("ctVal")).times(Exact(text("ctMult"))),
                isInverse: text("ctType") == "inverse")
        }
        return rows
    }

    /// Instruments listed several times count once. Lists of before the venue numbered its
    /// instruments get numbers from here: their sizes are as real.
    private func tally(_ bodies: [[UInt8]]) throws -> Tally {
        var tally = Tally()
        var seen: Set<String> = []
        for body in bodies {
            var listing = try OKXInstruments.listing(body)
            listing.instruments.removeAll { !seen.insert($0.venueSymbolText).inserted }
            for index in listing.instruments.indices
            where listing.instruments[index].venueCode == 0 {
                listing.instruments[index].venueCode = Int64(index) + 1
            }
            let rows = try rows(body)
            for refusal in listing.refusals { tally.refuse(refusal.reason) }
            let table = InstrumentTable.standalone(listing.instruments)
            var encoder = try OKXFixtures.encoder(table)
            for id in 0..<UInt32(table.count) {
                let instrument = table[id]
                let row = try #require(rows[instrument.venueSymbolText])
                if !encoder.isTradable(id) {
                    tally.refuse(instrument.kind == .option ? "option" : "not tradable")
                    continue
                }
                if instrument.isInverse == 0 && instrument.tickLotValueE12 == 0 {
                    tally.refuse(Self.tooFine)
                    continue
                }
                let compared = try compare(instrument, row) { intent in
                    let length = unsafe encoder.encodePlace(&intent, timeMs: 0)
                    if length == 0 { return nil }
                    let frame = (0..<length).map { unsafe encoder.frameBytes[$0] }
                    let item = try OKXRequestText(try #require(texts(ofFrames: frame))[0]).items[0]
                    #expect(item["instIdCode"] == "#\(instrument.venueCode)")
                    return (item["sz"] ?? "", item["px"] ?? "")
                }
                if compared > 0 { tally.covered += 1 } else { tally.refuse("no price fits") }
            }
        }
        return tally
    }

    /// Lists of the live venue, and what is held back of each.
    static let lists: [(file: String, tally: Tally)] = [
        (
            "instruments_live/production_instruments_spot_2026-04.json.gz",
            Tally(1_216, [tooFine: 2])
        ),
        ("instruments_live/production_instruments_swap_2026-04.json.gz", Tally(312)),
        ("instruments_live/production_instruments_futures_2026-04.json.gz", Tally(32)),
        (
            "instruments_live/demo_instruments_spot_2026-04.json.gz",
            Tally(501, ["state test": 1, "state preopen": 2, tooFine: 6])
        ),
        (
            "instruments_live/demo_instruments_swap_2026-04.json.gz",
            Tally(152, ["state preopen": 1])
        ),
        (
            "instruments_live/demo_instruments_futures_2026-04.json.gz",
            Tally(53, ["state preopen": 1])
        ),
        ("instruments_live/production_instruments_spot_selected.json", Tally(9)),
        ("instruments_live/production_instruments_swap_selected.json", Tally(8)),
        ("instruments_live/production_instruments_futures_selected.json", Tally(3)),
        ("instruments_live/demo_instruments_spot_selected.json", Tally(9)),
        ("instruments_live/demo_instruments_swap_selected.json", Tally(8)),
        ("instruments_live/demo_instruments_futures_selected.json", Tally(3)),
        ("okx_2022-05-13_rest_instruments.txt.gz", Tally(783, ["option": 696])),
    ]

    @Test(
        .enabled(if: haveLists, "the recorded instrument lists are not here"),
        arguments: lists.indices)
    func `every instrument of OKX's lists sends the value that was meant`(index: Int) throws {
        let (file, expected) = Self.lists[index]
        let bodies = OKXInstruments.bodies(try wholeFile("\(Self.okx)/\(file)"))
        let tally = try tally(bodies)
        #expect(tally == expected, "\(file)")
    }

    // MARK: - Binance

    @Test(
        .enabled(if: haveLists, "the recorded instrument lists are not here"),
        arguments: [
            ("fapi_v1_exchangeInfo_GET.json", Venue.binanceUSDM, 25, 25),
            ("api_v3_exchangeInfo_GET.json", .binanceSpot, 12, 25),
        ])
    func `every instrument of Binance's lists sends the value that was meant`(
        file: String, venue: Venue, covered: Int, listed: Int
    ) throws {
        let data = Data(try wholeFile("\(Self.binance)/\(file)"))
        let recorded = try #require(
            try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        let body = try #require(recorded.first?["response"] as? [String: Any])
        let symbols = try #require(body["symbols"] as? [[String: Any]])
        var rows: [String: Row] = [:]
        for symbol in symbols {
            let filters = symbol["filters"] as? [[String: Any]] ?? []
            let lots = filters.first { $0["filterType"] as? String == "LOT_SIZE" }
            rows[symbol["symbol"] as? String ?? ""] = Row(
                lot: try Exact(lots?["stepSize"] as? String ?? ""), contract: Exact(1, 0),
                isInverse: false)
        }
        let instruments = try BinanceREST.instruments(
            Array(try JSONSerialization.data(withJSONObject: body)), symbols: [], venue: venue)
        let table = InstrumentTable.standalone(instruments)
        var encoder = try BinanceOrderEncoder(
            configuration: Fixtures.configuration(), instruments: table)
        var tally = Tally()
        for id in 0..<UInt32(table.count) {
            let instrument = table[id]
            let row = try #require(rows[instrument.venueSymbolText])
            if instrument.tickLotValueE12 == 0 {
                tally.refuse(Self.tooFine)
                continue
            }
            let compared = try compare(instrument, row) { intent in
                let length = unsafe encoder.encodePlace(&intent, timeMs: 0)
                if length == 0 { return nil }
                let frame = (0..<length).map { unsafe encoder.frameBytes[$0] }
                let text = try #require(texts(ofFrames: frame))[0]
                let object =
                    try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
                let values = object?["params"] as? [String: Any] ?? [:]
                #expect(values["symbol"] as? String == instrument.venueSymbolText)
                return (values["quantity"] as? String ?? "", values["price"] as? String ?? "")
            }
            if compared > 0 { tally.covered += 1 } else { tally.refuse("no price fits") }
        }
        #expect(symbols.count == listed)
        // The others do not trade, or are no perpetual contracts.
        #expect(tally == Tally(covered))
    }
}

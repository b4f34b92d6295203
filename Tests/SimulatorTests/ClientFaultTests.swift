//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// The production client, as in ProductionClient.swift.
#if DEBUG

import Testing

@testable import Simulator

/// Goal: what a venue says wrongly is refused and counted, the book it was about is not used until
/// it is whole again, and no other book is touched (I11, I18).
///
/// Method: the simulator's messages with one fault in them go to the production decoder and books.
@Suite("Faults as the production client meets them", .serialized)
struct ClientFaultTests {
    /// Begins after two seconds, when the books stand.
    private static func fault(_ name: FaultName, countMax: Int = 1) -> Fault {
        var fault = Fault(name)
        fault.countMax = countMax
        fault.fromNs = 2_000_000_000
        return fault
    }

    private static func rig(
        _ venue: VenueName, _ faults: [Fault], okx: [OKXChannel] = [.books],
        binance: [String] = ["depth@100ms"]
    ) throws -> any ClientRig {
        let rig: any ClientRig =
            venue == .okx
            ? try OKXRig(faults, channels: okx) : try BinanceRig(faults, streams: binance)
        rig.run(seconds: 0.5)
        rig.takeSnapshots()
        return rig
    }

    /// New snapshots bring all books back.
    private static func expectMended(_ rig: any ClientRig) {
        rig.takeSnapshots()
        rig.run(seconds: 1)
        #expect(rig.lost.isEmpty)
        #expect(rig.wrong().isEmpty)
    }

    @Test(arguments: [VenueName.binanceUSDM, .okx])
    func `crossed-book: the book ends, and is asked for anew`(venue: VenueName) throws {
        let rig = try Self.rig(venue, [Self.fault(.crossedBook)])
        #expect(rig.lost.isEmpty)
        let asked = rig.client.counter("kernel_snapshot_requests_total")
        rig.run(seconds: 2)
        #expect(rig.faults.counts[.crossedBook] == 1)
        #expect(rig.client.counter("kernel_books_crossed_total") == 1)
        #expect(rig.lost.count == 1)
        #expect(rig.client.counter("kernel_snapshot_requests_total") > asked)
        Self.expectMended(rig)
    }

    @Test func `crossed-book: a crossed quote is counted`() throws {
        let rig = try Self.rig(
            .binanceUSDM, [Self.fault(.crossedBook, countMax: 5)], binance: ["bookTicker"])
        rig.run(seconds: 2)
        #expect(rig.faults.counts[.crossedBook] == 5)
        #expect(rig.client.counter("kernel_quotes_crossed_total") == 5)
    }

    @Test(arguments: [VenueName.binanceUSDM, .okx])
    func `mixed-symbols: what names another instrument is refused`(venue: VenueName) throws {
        let rig = try Self.rig(
            venue, [Self.fault(.mixedSymbols, countMax: 20)],
            okx: [.trades, .tickers, .books5, .markPrice],
            binance: ["depth@100ms", "bookTicker", "trade", "aggTrade", "markPrice@1s"])
        let requests = rig.client.counter("parser_unknown_symbols_total")
        rig.run(seconds: 2)
        #expect(rig.faults.counts[.mixedSymbols] == 20)
        #expect(rig.client.counter("parser_mixed_symbols_total") == 20)
        #expect(rig.client.counter("parser_unknown_symbols_total") == requests)
        if venue == .binanceUSDM {
            // An event of a book that was refused is missing in that book alone.
            #expect(!rig.lost.isEmpty)
            Self.expectMended(rig)
        }
    }

    @Test(arguments: [VenueName.binanceUSDM, .okx])
    func `mixed-symbols: a depth event of another book breaks a chain and no price`(
        venue: VenueName
    ) throws {
        let rig = try Self.rig(venue, [Self.fault(.mixedSymbols)])
        rig.run(seconds: 2)
        #expect(rig.faults.counts[.mixedSymbols] == 1)
        #expect(!rig.lost.isEmpty)
        #expect(rig.client.counter("kernel_gaps_total") >= 1)
        #expect(rig.client.counter("kernel_books_crossed_total") == 0)
        Self.expectMended(rig)
    }

    @Test(arguments: [VenueName.binanceUSDM, .okx])
    func `many-decimals: zeros are read, what is off the tick is refused`(
        venue: VenueName
    ) throws {
        let rig = try Self.rig(
            venue, [Self.fault(.manyDecimals, countMax: 40)], okx: [.bestQuotes],
            binance: ["bookTicker"])
        rig.run(seconds: 3)
        #expect(rig.faults.counts[.manyDecimals] == 40)
        let refused = rig.client.counter("parser_inexact_decimals_total")
        // A choice with equal chances; whole numbers of OKX stay as they are.
        #expect((1...34).contains(refused), "\(refused)")
        for name in ["malformed", "overflows"] {
            #expect(rig.client.counter("parser_\(name)_total") == 0, "\(name)")
        }
    }

    @Test(arguments: [VenueName.binanceUSDM, .okx])
    func `old-snapshot: it is not used, the next one is`(venue: VenueName) throws {
        let rig = try Self.rig(venue, [Self.fault(.oldSnapshot, countMax: 3)])
        #expect(rig.lost.isEmpty)
        rig.run(seconds: 2)
        if venue == .binanceUSDM { (rig as? BinanceRig)?.market.skipDepthEvent() }
        rig.run(seconds: 0.5)
        rig.takeSnapshots()
        #expect(rig.faults.counts[.oldSnapshot] == 3)
        #expect(rig.lost == [0, 1, 2])
        let refused =
            venue == .okx ? "kernel_gaps_total" : "kernel_snapshots_too_old_total"
        #expect(rig.client.counter(refused) >= 3)
        Self.expectMended(rig)
    }

    @Test func `missing-snapshot: a request without an answer is made again`() throws {
        var fault = Fault(.missingSnapshot)
        fault.countMax = 3
        let rig = try BinanceRig([fault])
        rig.run(seconds: 0.5)
        rig.takeSnapshots()
        #expect(rig.faults.counts[.missingSnapshot] == 3)
        rig.run(seconds: 5)
        #expect(rig.lost == [0, 1, 2])
        #expect(rig.client.counter("kernel_snapshot_timeouts_total") == 0)
        rig.run(seconds: 6)
        #expect(rig.client.counter("kernel_snapshot_timeouts_total") >= 3)
        Self.expectMended(rig)
    }

    @Test func `stale-time: a quote older than the one before is not used`() throws {
        let rig = try Self.rig(
            .okx, [Self.fault(.staleTime, countMax: 4)], okx: [.bestQuotes])
        rig.run(seconds: 2)
        #expect(rig.faults.counts[.staleTime] == 4)
        #expect(rig.client.counter("kernel_quotes_stale_total") == 4)
    }

    /// Both channels tell of the same matches, `trades` merged by price.
    @Test(arguments: [false, true])
    func `trades-all beside trades counts no trade twice`(isLate: Bool) throws {
        func lots(_ channels: [OKXChannel]) throws -> (lots: Int64, repeated: UInt64) {
            let rig = try OKXRig([], channels: channels)
            rig.delaysMatches = isLate
            rig.run(seconds: 6)
            return (
                rig.client.barLots, rig.client.counter("parser_repeated_trades_total")
            )
        }
        let merged = try lots([.trades])
        #expect(merged.lots > 0 && merged.repeated == 0)
        let single = try lots([.tradesAll])
        #expect(single.repeated == 0)
        if !isLate { #expect(single.lots == merged.lots) }
        let both = try lots([.tradesAll, .trades])
        #expect(both.lots == merged.lots)
        #expect(both.repeated > 100)
    }
}

#endif

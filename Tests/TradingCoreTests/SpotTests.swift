//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import HTTP
import Journal
import Platform
import Telemetry
import TestSupport
import Testing
import Transport

extension ProgramTests {
    @Suite("Binance Spot")
    struct Spot {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        private static let venues = "okx,binance-usdm,binance-spot"
        private static let symbols =
            "okx:BTC-USDT-SWAP,binance-usdm:BTC-USDT,binance-spot:BTC-USDT,binance-spot:ETH-USDT"

        private func hasOrders(_ engine: EngineProgram, on venue: String, above: UInt64) -> Bool {
            engine.telemetry?.instruments.contains {
                $0.venue == venue && $0.status.ordersSent > above
            } ?? false
        }

        private func ordersSent(_ engine: EngineProgram, on venue: String) -> UInt64 {
            engine.telemetry?.instruments.first { $0.venue == venue }?.status.ordersSent ?? 0
        }

        private func awaitOrders(_ engine: EngineProgram, _ what: String) throws {
            for venue in ["okx", "binance-usdm"] {
                let before = ordersSent(engine, on: venue)
                try engine.awaitThat("an order on \(venue) \(what)") {
                    hasOrders(engine, on: venue, above: before)
                }
            }
        }

        @Test(arguments: ["json", "sbe"])
        func `three venues have valid books and two of them orders, through losses and gaps`(
            encoding: String
        ) throws {
            let venue = try VenueProgram(["--venue", Self.venues], in: workplace)
            let engine = try EngineProgram(
                "spot", venue,
                [
                    "trading.venues=\(Self.venues)", "trading.symbols=\(Self.symbols)",
                    "trading.spot_encoding=\(encoding)", "strategy.interval=500ms",
                ], in: workplace)
            try engine.awaitReady()
            #expect(engine.areBooksValid)
            try awaitOrders(engine, "at first")

            let connects = engine.counter("reader_connects_total")
            venue.program.child.signal(SIGUSR1)
            try engine.awaitThat("every connection is made again") {
                engine.counter("reader_connects_total") >= 2 * connects
            }
            try engine.awaitThat("books again") { engine.areBooksValid }
            try awaitOrders(engine, "after the reconnect")

            venue.program.child.signal(SIGUSR2)
            try engine.awaitThat("a gap in each book") { engine.counter("kernel_gaps_total") >= 4 }
            try engine.awaitThat("books after the gap") { engine.areBooksValid }
            try awaitOrders(engine, "after the gap")

            let (status, summary) = try engine.stop()
            #expect(status == 0, "\(engine.program.errors)")
            try summary.expectConsistent()
            let rows = try summary.instruments
            #expect(rows.count == 4)
            for row in rows {
                #expect(try row.flag("book_in_sync"))
                #expect(try row.count("gaps") == 1)
                let isSpot = try row.text("venue") == "binance-spot"
                #expect(try (row.count("orders_sent") == 0) == isSpot)
            }
            let counters = try summary.counters
            #expect((counters["strategy_data_only_signals_total"] ?? 0) > 0)
            #expect((counters["parser_binary_messages_total"] ?? 0 > 0) == (encoding == "sbe"))
            for name in ["malformed", "unknown_symbols", "inexact_decimals", "venue_errors"] {
                #expect(counters["parser_\(name)_total"] ?? 0 == 0, "\(name)")
            }
        }

        private func get(_ url: String, _ venue: VenueProgram) throws -> [UInt8] {
            let response = try HTTPClient().request(
                method: "GET", url: url, headers: [], caFile: venue.caFile, timeout: .seconds(10))
            #expect(response.status == 200)
            return response.body
        }

        /// Whether a capture's lines hold the book's update with this last id.
        private func holds(_ path: String, update id: Int) throws -> Bool {
            var reader = try CaptureReader(path: path)
            let wanted = "\"u\":\(id),\"b\":"
            do throws(CaptureError) {
                while let line = try reader.next() {
                    if unsafe String(decoding: line.json, as: UTF8.self).contains(wanted) {
                        return true
                    }
                }
            } catch {
                // The end of a file that is being written.
            }
            return false
        }

        @Test func `a recording replays to the book that the venue had`() throws {
            let venue = try VenueProgram(
                ["--venue", "binance-usdm,binance-spot"], in: workplace)
            let config = try workplace.write(venue.endpoints, to: "record.yaml")
            let folder = workplace.file("captures")
            let recorder = try Program(
                "apus",
                [
                    "record", "--venue", "binance-spot", "--symbols", "BTC-USDT", "--out", folder,
                    "--config", config, "--set",
                    "system.instance=\(EngineProgram.name("spot-record"))",
                ], in: workplace)
            func captures() -> [String] {
                ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
                    .filter { $0.hasPrefix("binance-spot_btcusdt_") }.map { "\(folder)/\($0)" }
            }
            // A flushed snapshot: the book stands in the file from here on.
            try waitUntil("a snapshot in a file") {
                guard let path = captures().first else { return false }
                var reader = try CaptureReader(path: path)
                do throws(CaptureError) {
                    while let line = try reader.next() {
                        if unsafe line.json.starts(with: "{\"lastUpdateId\"".utf8) { return true }
                    }
                } catch {
                    // The end of a file that is being written.
                }
                return false
            }
            let rest = venue.address("binance-spot.rest")
            _ = try get("\(rest)/apus/pause", venue)
            let told = try jsonObject(
                String(decoding: try get("\(rest)/apus/book?symbol=BTCUSDT", venue), as: UTF8.self))
            let id = try #require(told["lastUpdateId"] as? Int)
            let path = try #require(captures().first)
            try waitUntil("the last update is recorded") { try holds(path, update: id) }
            recorder.child.signal(SIGINT)
            #expect(try recorder.exitStatus(within: 20) == 0, "\(recorder.errors)")

            let run = try Program.run(
                "apus", ["replay", path, "--venue", "binance-spot", "--emit", "book"],
                in: workplace)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.errors.contains("0 malformed, 0 parse errors, 0 unknown, 0 gaps"))
            let book = try jsonObject(run.output)
            #expect(book["update_id"] as? Int == id)
            for side in ["bids", "asks"] {
                let found = try #require(book[side] as? [[String]]).prefix(500)
                let wanted = try #require(told[side] as? [[String]]).prefix(500)
                #expect(found.count == 500)
                #expect(found == wanted)
            }
        }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform
import TestSupport
import Testing

extension ProgramTests {
    /// Goal: `apus replay` prints what the design says, exactly, and the same each time.
    ///
    /// Method: the beginning of a recording goes through every kind of output; whole recordings
    /// through the book, which golden digests check.
    @Suite(
        "Recorded frames through the production stages",
        .enabled(if: Captures.areThere, "the recordings are absent"))
    struct ReplayCommandTests {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        /// The first `count` lines of a recording as a file of its own.
        private func beginning(_ capture: String, lines count: Int) throws -> String {
            let file = workplace.file("beginning-\(count).txt")
            let tool = Process()
            tool.executableURL = URL(fileURLWithPath: "/bin/sh")
            tool.arguments = ["-c", "gzip -dc '\(capture)' | head -n \(count) > '\(file)'"]
            try tool.run()
            tool.waitUntilExit()
            return file
        }

        private func replay(
            _ file: String, _ emit: String, _ arguments: String...
        ) throws -> (status: Int32, output: String, errors: String) {
            try Program.run("apus", ["replay", file, "--emit", emit] + arguments, in: workplace)
        }

        struct Kind: CustomTestStringConvertible {
            let emit: String
            /// The columns; a last "…" stands for names of indicators or features.
            let columns: String
            var testDescription: String { emit }
        }

        @Test(arguments: [
            Kind(
                emit: "quotes",
                columns: "ts,symbol,bid_price,bid_quantity,ask_price,ask_quantity,update_id"),
            Kind(
                emit: "trades", columns: "ts,symbol,trade_id,price,quantity,aggressor_side"),
            Kind(
                emit: "bars",
                columns: "ts,symbol,timeframe,open,high,low,close,volume,trades"),
            Kind(emit: "indicators", columns: "ts,symbol,timeframe,…"),
            Kind(emit: "features", columns: "ts,symbol,…"),
            Kind(emit: "signals", columns: "ts,symbol,model,score,confidence,action"),
            Kind(
                emit: "orders",
                columns: "ts,symbol,client_order_id,side,type,price,quantity,reason"),
        ])
        func `every kind has its columns, parses, and is the same each time`(_ kind: Kind) throws {
            let file = try beginning(Captures.bitcoin, lines: 4_000)
            let first = try replay(file, kind.emit)
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.errors.contains("0 malformed, 0 parse errors, 0 unknown, 0 gaps"))
            let again = try replay(file, kind.emit)
            #expect(again.output == first.output)

            let rows = first.output.split(separator: "\n").map {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
            let header = rows[0].joined(separator: ",")
            if kind.columns.hasSuffix("…") {
                #expect(header.hasPrefix(kind.columns.dropLast()))
                #expect(rows[0].count >= (kind.emit == "features" ? 22 : 8))
            } else {
                #expect(header == kind.columns)
            }
            #expect(rows.count > 1)
            for row in rows.dropFirst() {
                #expect(row.count == rows[0].count)
                #expect(UInt64(row[0]) != nil && row[1] == "BTC-USDT")
            }
            try expectSameAsJSON(file, kind.emit, rows)
        }

        /// The JSON lines hold the fields of the CSV, decimals as the same text.
        private func expectSameAsJSON(
            _ file: String, _ emit: String, _ rows: [[Substring]]
        ) throws {
            let json = try replay(file, emit, "--format", "jsonl")
            let lines = json.output.split(separator: "\n")
            #expect(lines.count == rows.count - 1)
            for (line, row) in zip(lines, rows.dropFirst()) {
                let object = try jsonObject(String(line))
                #expect(object.count == row.count)
                #expect(object["symbol"] as? String == "BTC-USDT")
                for (name, text) in zip(rows[0], row) {
                    guard let value = object[String(name)] as? String else { continue }
                    #expect(value == text, "\(name)")
                }
            }
        }

        @Test func `the list of indicators is the list of columns`() throws {
            let file = try beginning(Captures.bitcoin, lines: 4_000)
            let run = try replay(
                file, "indicators", "--set", "features.indicators=macd(5,8,3),obv")
            #expect(run.status == 0, "\(run.errors)")
            let rows = run.output.split(separator: "\n")
            #expect(
                rows[0] == "ts,symbol,timeframe,macd_5_8_3_line,macd_5_8_3_signal,"
                    + "macd_5_8_3_histogram,obv")
            #expect(rows.count > 1)
        }

        @Test(arguments: ["1d", "250ms", "ticks:7", "volume:0.5", "dollar:20000"])
        func `bars of every kind hold the trades of the recording`(timeframe: String) throws {
            let file = try beginning(Captures.bitcoin, lines: 4_000)
            func rows(_ emit: String) throws -> [[Substring]] {
                let run = try replay(file, emit, "--timeframe", timeframe)
                #expect(run.status == 0, "\(run.errors)")
                let lines = run.output.split(separator: "\n").dropFirst()
                return lines.map { $0.split(separator: ",") }
            }
            let trades = try rows("trades")
            let bars = try rows("bars")
            #expect(bars.isEmpty == (timeframe == "1d"))
            #expect(bars.allSatisfy { $0[2] == timeframe })
            let counted = bars.compactMap { Int($0[8]) }.reduce(0, +)
            #expect(counted <= trades.count)
            // In thousandths, the recording's lots.
            func lots(_ text: Substring) -> Int { Int(text.filter { $0 != "." })! }
            #expect(
                bars.reduce(0) { $0 + lots($1[7]) }
                    == trades.prefix(counted).reduce(0) { $0 + lots($1[4]) })
            if timeframe == "ticks:7" {
                #expect(bars.count == trades.count / 7)
                #expect(bars.allSatisfy { $0[8] == "7" })
            }
        }

        /// Goal: a closed bar is the last forming row of it, or that and the trade that closed it.
        @Test(arguments: ["1s", "ticks:7"])
        func `forming bars grow into the closed ones`(timeframe: String) throws {
            let file = try beginning(Captures.bitcoin, lines: 4_000)
            let plain = try replay(file, "bars", "--timeframe", timeframe)
            let run = try replay(file, "bars", "--timeframe", timeframe, "--forming")
            #expect(run.status == 0, "\(run.errors)")
            let rows = run.output.split(separator: "\n")
            let closed = rows.filter { $0.hasSuffix(",closed") }.map { $0.dropLast(7) }
            #expect(closed == plain.output.split(separator: "\n").dropFirst().map { $0[...] })
            var last: [Substring]?
            for row in rows.dropFirst() {
                let cells = row.split(separator: ",")
                let count = try #require(Int(cells[8]))
                if let last, last[9] == "forming" {
                    #expect(cells[0] == last[0] && cells[3] == last[3], "\(row)")
                    let before = try #require(Int(last[8]))
                    #expect(count > before || (cells[9] == "closed" && cells[..<9] == last[..<9]))
                }
                last = cells
            }
            #expect(rows.count > 2 * closed.count)
        }

        @Test func `decimals are printed in the precision of the venue`() throws {
            let file = try beginning(Captures.bitcoin, lines: 2_000)
            let rows = try replay(file, "quotes").output.split(separator: "\n").dropFirst()
            #expect(!rows.isEmpty)
            for row in rows {
                let fields: [Substring] = row.split(separator: ",")
                let decimals = fields[2..<6].map { $0.reversed().prefix { $0 != "." }.count }
                #expect(decimals == [2, 3, 2, 3], "\(row)")
            }
        }

        @Test(arguments: [Captures.bitcoin, Captures.ether])
        func `the book at every checkpoint is the golden one`(_ capture: String) throws {
            let golden = try Captures.golden(capture)
            var marks = try #require(golden["checkpoints"] as? [[String: Any]])
            marks.append(try #require(golden["final"] as? [String: Any]))
            let files = try untilUpdates(capture, marks.map { try #require($0["u"] as? Int) })
            for (mark, file) in zip(marks, files) {
                let run = try replay(file, "book")
                #expect(run.status == 0, "\(run.errors)")
                let book = try jsonObject(run.output)
                #expect(book["update_id"] as? Int == mark["u"] as? Int)
                #expect(book["sequence_gaps"] as? Int == 0)
                let found = try digest(
                    of: try #require(book["bids"] as? [[String]]),
                    try #require(book["asks"] as? [[String]]), in: workplace)
                #expect(found == mark["sha256"] as? String, "after update \(mark["u"] ?? 0)")
            }
        }

        /// Files that end with the depth event of each final update id.
        private func untilUpdates(_ capture: String, _ ids: [Int]) throws -> [String] {
            let all = try beginning(capture, lines: 1_000_000)
            let lines = try String(contentsOfFile: all, encoding: .utf8)
                .split(separator: "\n", omittingEmptySubsequences: false)
            return try ids.enumerated().map { index, id in
                let last = try #require(
                    lines.firstIndex { $0.contains("\"u\":\(id),\"pu\"") }, "update \(id)")
                // The snapshot may come after the first event that is applied to it.
                let snapshot = lines.firstIndex { $0.contains("{\"lastUpdateId\"") } ?? 0
                let late = snapshot > last ? [lines[snapshot]] : []
                return try workplace.write(
                    (lines[...last] + late).joined(separator: "\n") + "\n",
                    to: "until-\(index).txt")
            }
        }

        @Test func `corrupt and cut lines are counted, named and survived`() throws {
            let file = try beginning(Captures.bitcoin, lines: 3_000)
            let good = try String(contentsOfFile: file, encoding: .utf8)
            var lines = good.split(separator: "\n").map(String.init)
            let cleanRun = try replay(file, "quotes")
            let time = try #require(lines[2_000].split(separator: " ").first)
            lines.insert("no time at all", at: 1_000)
            lines.insert("\(time) {\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"tra", at: 2_001)
            lines.insert("\(time) {\"unknown\":[1,{\"a\":null}]}", at: 2_001)
            lines.insert(
                "\(time) {\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":}}",
                at: 2_001)
            let huge = String(repeating: "x", count: 200_000)
            lines.insert(
                "\(time) {\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"\(huge)\"}}", at: 2_001)
            let broken = try workplace.write(lines.joined(separator: "\n"), to: "broken.txt")
            let run = try replay(broken, "quotes")
            #expect(run.status == 1)
            #expect(run.errors.contains("1001"), "\(run.errors)")
            #expect(
                run.errors.contains("2 malformed, 1 parse errors, 2 unknown, 0 gaps"),
                "\(run.errors)")
            #expect(run.output == cleanRun.output)
        }

        @Test func `a compressed file that is cut is an error after all its lines`() throws {
            let whole = try Data(contentsOf: URL(fileURLWithPath: Captures.bitcoin))
            let cut = workplace.file("cut.gz")
            try whole.prefix(200_000).write(to: URL(fileURLWithPath: cut))
            let run = try replay(cut, "trades")
            #expect(run.status == 1)
            #expect(run.errors.contains("cut.gz"), "\(run.errors)")
            #expect(run.output.split(separator: "\n").count > 10)
        }

        /// Goal: a file that holds no message since it is cut is told so, not as one without
        /// market data. Method: gzip files that end in their head and behind it.
        @Test(arguments: [1, 4, 10, 12])
        func `a compressed file that is cut in its head is told as cut`(length: Int) throws {
            let head: [UInt8] = [31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 75, 76]
            let file = workplace.file("head-\(length).gz")
            try Data(head.prefix(length)).write(to: URL(fileURLWithPath: file))
            let run = try replay(file, "book")
            #expect(run.status == 1)
            #expect(run.errors.contains("\(file): the compressed data ends too early"))
        }

        @Test func `a lost depth event is a gap and the book is not used after it`() throws {
            let file = try beginning(Captures.bitcoin, lines: 4_000)
            var lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            let depths = lines.indices.filter { lines[$0].contains("\"e\":\"depthUpdate\"") }
            let lost = depths[depths.count / 2]
            let lostTime = try #require(lines[lost].split(separator: " ").first.map { "\($0)" })
            lines.remove(at: lost)
            let broken = try workplace.write(lines.joined(separator: "\n"), to: "gap.txt")
            let quotes = try replay(broken, "quotes")
            #expect(quotes.errors.contains("1 gaps"), "\(quotes.errors)")
            let orders = try replay(broken, "orders")
            let last = orders.output.split(separator: "\n").last?.split(separator: ",").first
            #expect(
                try #require(last.flatMap { UInt64($0) }) <= (UInt64(lostTime) ?? 0) + 100_000_000)
        }
    }
}

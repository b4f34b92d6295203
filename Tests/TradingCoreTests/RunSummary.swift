//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Messages
import TestSupport
import Testing

/// The JSON that `--summary` writes.
struct RunSummary {
    struct Row {
        let values: [String: Any]

        func text(_ key: String) throws -> String { try #require(values[key] as? String, "\(key)") }
        func count(_ key: String) throws -> Int { try #require(values[key] as? Int, "\(key)") }
        func flag(_ key: String) throws -> Bool { try #require(values[key] as? Bool, "\(key)") }
        func rows(_ key: String) throws -> [Row] {
            try #require(values[key] as? [[String: Any]], "\(key)").map(Row.init)
        }

        /// A decimal in 1e-8.
        func decimal(_ key: String) throws -> Int64 { try RunSummary.mantissa(text(key)) }

        /// SHA-256 of the book as `expected_books.json` defines it.
        func bookDigest(in workplace: Workplace) throws -> String {
            let book = try #require(values["book"] as? [String: Any])
            return try digest(
                of: try #require(book["bids"] as? [[String]]),
                try #require(book["asks"] as? [[String]]), in: workplace)
        }
    }

    let root: Row

    init(_ workplace: Workplace) throws {
        root = Row(values: try jsonObject(workplace.text("summary.json")))
    }

    var instruments: [Row] { get throws { try root.rows("instruments") } }
    var counters: [String: Int] {
        get throws { try #require(root.values["counters"] as? [String: Int]) }
    }
    var histograms: [String: [String: Any]] {
        get throws { try #require(root.values["histograms"] as? [String: [String: Any]]) }
    }

    static func mantissa(_ text: String) throws -> Int64 {
        let isNegative = text.hasPrefix("-")
        let digits = isNegative ? String(text.dropFirst()) : text
        let value = try #require(Decimals.mantissa(digits, decimals: 8), "\(text)")
        return isNegative ? -value : value
    }

    /// Position, fees and open orders agree with the fills of each instrument, and every order was
    /// approved (I1, I2).
    func expectConsistent() throws {
        for row in try instruments {
            var position: Int64 = 0
            var fees: Int64 = 0
            for fill in try row.rows("fills") {
                let quantity = try fill.decimal("quantity")
                position += try fill.text("side") == "buy" ? quantity : -quantity
                fees += try fill.decimal("fee")
            }
            let symbol = try row.text("symbol")
            #expect(try row.decimal("position") == position, "\(symbol)")
            #expect(try row.decimal("fees") == fees, "\(symbol)")
            #expect(try row.count("fill_count") == row.rows("fills").count, "\(symbol)")
            #expect(try row.rows("open_orders").isEmpty, "\(symbol)")
            let trades = try row.rows("fills").map { try $0.count("trade_id") }
            #expect(Set(trades).count == trades.count, "\(symbol): a fill counted twice")
        }
        let counters = try counters
        // What risk approved just before the end is refused by the gateway, and counted.
        let sent = try #require(counters["gateway_orders_sent_total"])
        let approved = try #require(counters["risk_approved_total"])
        let refused = ["state", "session", "write", "encoding", "identity"].reduce(0) {
            $0 + (counters["gateway_refused_\($1)_total"] ?? 0)
        }
        #expect(sent <= approved && approved - sent <= refused)
        for name in [
            "parser_malformed_total", "parser_inexact_decimals_total", "parser_oversized_total",
            "gateway_outbound_mismatch_total", "gateway_contradictions_total",
            "gateway_impossible_fills_total", "gateway_external_fills_total",
        ] { #expect(counters[name] == 0, "\(name)") }
        for (name, count) in counters where name.hasSuffix("_hot_allocations_total") {
            #expect(count == 0, "\(name)")
        }
    }
}

func jsonObject(_ text: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}

/// SHA-256 of levels, one "<price> <quantity>" a line, bids then asks, as sha256sum prints it.
func digest(of bids: [[String]], _ asks: [[String]], in workplace: Workplace) throws -> String {
    let lines = (bids + asks).map { "\($0[0]) \($0[1])\n" }.joined()
    return try digest(ofText: lines, in: workplace)
}

func digest(ofText text: String, in workplace: Workplace) throws -> String {
    let file = try workplace.write(text, to: "digest.txt")
    let tool = Process()
    tool.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    tool.arguments = [file]
    let pipe = Pipe()
    tool.standardOutput = pipe
    try tool.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    tool.waitUntilExit()
    return String(String(decoding: output, as: UTF8.self).prefix(64))
}

/// The recordings beside the project.
enum Captures {
    static let folder = "\(FileManager.default.currentDirectoryPath)/../shared/data/captures"
    static let areThere = FileManager.default.fileExists(
        atPath: "\(folder)/expected_books.json")
    static let bitcoin = "\(folder)/binance-usdm_btcusdt_20240808.gz"
    static let ether = "\(folder)/binance-usdm_ethusdt_20240808.gz"

    /// The golden books of a chain that begins with `file`.
    static func golden(_ file: String) throws -> [String: Any] {
        let text = try String(contentsOfFile: "\(folder)/expected_books.json", encoding: .utf8)
        let books = try #require(jsonObject(text)["books"] as? [[String: Any]])
        let name = file.split(separator: "/").last.map(String.init)
        return try #require(books.first { ($0["files"] as? [String])?.first == name })
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Platform

extension Run {
    /// Files of more bytes are refused.
    public static let sizeMax = 1 << 30

    /// Reads a run's file.
    ///
    /// Nothing in it is believed: numbers have bounds, times are in order, what is needed is there,
    /// and what is not known is passed over.
    /// - Throws: Place and reason of what is refused.
    public init(path: String) throws(RunFileError) {
        guard let bytes = TextFile.bytes(path, sizeMax: Self.sizeMax) else {
            throw RunFileError(path, "cannot be read, or is larger than \(Self.sizeMax) bytes")
        }
        let file = path.split(separator: "/").last ?? "run"
        let name = file.hasSuffix(".json") ? String(file.dropLast(5)) : String(file)
        do throws(RunFileError) {
            try self.init(bytes, name: name)
        } catch {
            throw RunFileError("\(path): \(error.place)", error.reason)
        }
    }

    /// - Parameter name: What the reports call it.
    public init(_ bytes: [UInt8], name: String) throws(RunFileError) {
        // The parser asks for no slack; the copy gives empty input an address.
        let padded = bytes + [0]
        let draft = try unsafe padded.withUnsafeBufferPointer {
            text throws(RunFileError) -> RunDraft in
            guard let base = text.baseAddress else { throw RunFileError("byte 0", "nothing") }
            var reader = DocumentReader(unsafe JSONPull(base, count: text.count - 1))
            var draft = RunDraft()
            try draft.read(&reader)
            return draft
        }
        self = try draft.run(name: name)
    }
}

/// A run while its file is read.
struct RunDraft {
    private var given: Set<String> = []
    private var format = ""
    private var version: UInt64 = 0
    private var kind = ""
    private var startNs: UInt64 = 0
    private var endNs: UInt64 = 0
    private var quote = ""
    private var initialEquity = 0.0
    private var equity: [Run.EquityPoint] = []
    private var fills: [Run.Fill] = []
    var orders = Run.OrderCounts()
    var latencies: [Run.Latency] = []
    private var marks: [Run.Marks] = []
    private var symbols: [String] = []
    private var places: [String: Int] = [:]
    var delays: [Run.Delay] = []
    var metadata: [Run.Fact] = []

    private static let pointsMax = 50_000_000
    static let rowsMax = 1_000
    private static let symbolsMax = 10_000

    mutating func read(_ reader: inout DocumentReader) throws(RunFileError) {
        let first = reader.next()
        try reader.members(first, at: "document") { reader, name, token throws(RunFileError) in
            guard given.insert(name).inserted else {
                throw RunFileError(name, "stands there twice")
            }
            try take(name, token, &reader)
        }
        try reader.end()
    }

    private mutating func take(
        _ name: String, _ token: JSONToken, _ reader: inout DocumentReader
    ) throws(RunFileError) {
        switch name {
        case "format": format = try reader.text(token, at: name)
        case "version": version = try reader.count(token, at: name)
        case "kind": kind = try reader.text(token, at: name)
        case "start_ns": startNs = try reader.timeNs(token, at: name)
        case "end_ns": endNs = try reader.timeNs(token, at: name)
        case "quote": quote = try reader.text(token, at: name)
        case "initial_equity": initialEquity = try reader.positive(token, at: name)
        case "equity": try takeEquity(token, &reader)
        case "fills": try takeFills(token, &reader)
        case "orders": try takeOrders(token, &reader)
        case "latency": try takeLatencies(token, &reader)
        case "marks": try takeMarks(token, &reader)
        case "delays": try takeDelays(token, &reader)
        case "metadata": try takeMetadata(token, &reader)
        default: try reader.skip(token, at: name)
        }
    }

    /// What only all members together can say.
    func run(name: String) throws(RunFileError) -> Run {
        let needed = [
            "format", "version", "kind", "start_ns", "end_ns", "quote", "initial_equity", "equity",
        ]
        if let missing = needed.first(where: { !given.contains($0) }) {
            throw RunFileError(missing, "is missing")
        }
        guard format == "apus-run" else { throw RunFileError("format", "not apus-run") }
        guard version == 1 else { throw RunFileError("version", "\(version) is not known, only 1") }
        guard let kind = Run.Kind(rawValue: kind) else {
            throw RunFileError("kind", "not one of backtest, paper, live")
        }
        guard startNs <= endNs else { throw RunFileError("end_ns", "is before start_ns") }
        for (index, point) in equity.enumerated() {
            guard startNs <= point.timeNs, point.timeNs <= endNs else {
                throw RunFileError("equity[\(index)][0]", "is not between start_ns and end_ns")
            }
        }
        for (index, fill) in fills.enumerated() {
            guard startNs <= fill.timeNs, fill.timeNs <= endNs else {
                throw RunFileError("fills[\(index)].t_ns", "is not between start_ns and end_ns")
            }
        }
        return Run(
            name: name, kind: kind, startNs: startNs, endNs: endNs, quote: quote,
            initialEquity: initialEquity, equity: equity, fills: fills, orders: orders,
            latencies: latencies, marks: marks, symbols: symbols,
            delays: delays.sorted { $0.delayNs < $1.delayNs }, metadata: metadata)
    }

    // MARK: - Series

    private mutating func takeEquity(
        _ token: JSONToken, _ reader: inout DocumentReader
    ) throws(RunFileError) {
        var points: [Run.EquityPoint] = []
        try reader.elements(token, at: "equity", countMax: Self.pointsMax) {
            reader, index, token throws(RunFileError) in
            guard token == .arrayStart else {
                throw RunFileError("equity[\(index)]", "an array is needed here")
            }
            var token = reader.next()
            let timeNs = try reader.timeNs(token, at: "equity[\(index)][0]")
            token = reader.next()
            let equity = try reader.number(token, at: "equity[\(index)][1]")
            token = reader.next()
            let position = try reader.number(token, at: "equity[\(index)][2]")
            try reader.end(of: "equity[\(index)]")
            guard timeNs >= points.last?.timeNs ?? 0 else {
                throw RunFileError("equity[\(index)][0]", "is before the one in front of it")
            }
            points.append(
                Run.EquityPoint(timeNs: timeNs, equity: equity, positionValue: position))
        }
        equity = points
    }

    private mutating func takeMarks(
        _ token: JSONToken, _ reader: inout DocumentReader
    ) throws(RunFileError) {
        try reader.elements(token, at: "marks", countMax: Self.pointsMax) {
            reader, index, token throws(RunFileError) in
            guard token == .arrayStart else {
                throw RunFileError("marks[\(index)]", "an array is needed here")
            }
            var token = reader.next()
            let timeNs = try reader.timeNs(token, at: "marks[\(index)][0]")
            token = reader.next()
            let symbol = try reader.text(token, at: "marks[\(index)][1]")
            token = reader.next()
            let mid = try reader.positive(token, at: "marks[\(index)][2]")
            try reader.end(of: "marks[\(index)]")
            let place = try place(of: symbol)
            guard timeNs >= marks[place].timesNs.last ?? 0 else {
                throw RunFileError("marks[\(index)][0]", "is before the one in front of it")
            }
            marks[place].timesNs.append(timeNs)
            marks[place].mids.append(mid)
        }
    }

    private mutating func place(of symbol: String) throws(RunFileError) -> Int {
        if let known = places[symbol] { return known }
        guard symbols.count < Self.symbolsMax else {
            throw RunFileError(symbol, "one symbol more than \(Self.symbolsMax)")
        }
        places[symbol] = symbols.count
        symbols.append(symbol)
        marks.append(Run.Marks())
        return symbols.count - 1
    }

    private mutating func takeFills(
        _ token: JSONToken, _ reader: inout DocumentReader
    ) throws(RunFileError) {
        try reader.elements(token, at: "fills", countMax: Self.pointsMax) {
            reader, index, token throws(RunFileError) in
            let form = try FillForm(token, &reader, index: index)
            let fill = try form.fill(index: index) { symbol throws(RunFileError) in
                try place(of: symbol)
            }
            guard fill.timeNs >= fills.last?.timeNs ?? 0 else {
                throw RunFileError("fills[\(index)].t_ns", "is before the one in front of it")
            }
            fills.append(fill)
        }
    }
}

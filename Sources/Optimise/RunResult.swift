//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Platform

/// What one run of the engine over recorded data left: the document of `apus backtest --out`.
struct RunResult: Sendable, Equatable {
    struct Sample: Sendable, Equatable {
        let timeNs: UInt64
        let equity: Double
    }

    var initialEquity = 0.0
    /// In ascending time.
    var equity: [Sample] = []
    var fillCount = 0
    /// Members of "orders" that are numbers.
    var orders: [String: Double] = [:]

    static let format = "apus-run"
    static let version = 1.0

    /// - Throws: `OptimiseError` for what cannot be read or is no such document.
    init(contentsOf path: String) throws(OptimiseError) {
        guard let bytes = TextFile.bytes(path) else {
            throw OptimiseError("cannot read \(path), or it is over 64 MiB")
        }
        try self.init(bytes)
    }

    init(_ bytes: [UInt8]) throws(OptimiseError) {
        // The parser asks for no slack; the copy gives empty input an address.
        let padded = bytes + [0]
        let result = unsafe padded.withUnsafeBufferPointer { text -> RunResult? in
            var reader = RunReader(
                parser: unsafe JSONPull(text.baseAddress!, count: bytes.count))
            return reader.read()
        }
        guard let result else {
            throw OptimiseError("not a result of apus backtest (format apus-run, version 1)")
        }
        self = result
    }

    fileprivate init() {}
}

/// Reads the document token by token: a long run has millions of samples.
private struct RunReader {
    var parser: JSONPull
    private var result = RunResult()

    init(parser: JSONPull) { self.parser = parser }

    /// `nil` when the document is none, or its samples are not in order.
    mutating func read() -> RunResult? {
        guard parser.next() == .objectStart else { return nil }
        var isRun = false
        var isVersion = false
        while true {
            let token = parser.next()
            if token == .objectEnd { break }
            guard token == .key else { return nil }
            switch text {
            case "format":
                guard parser.next() == .string else { return nil }
                isRun = text == RunResult.format
            case "version": isVersion = number() == RunResult.version
            case "initial_equity":
                guard let value = number() else { return nil }
                result.initialEquity = value
            case "equity": guard equity() else { return nil }
            case "fills":
                guard let count = elements() else { return nil }
                result.fillCount = count
            case "orders": guard orders() else { return nil }
            default: guard skip(parser.next()) else { return nil }
            }
        }
        return parser.next() == .end && isRun && isVersion ? result : nil
    }

    private var text: String {
        unsafe String(
            decoding: UnsafeBufferPointer(
                start: parser.bytes + parser.start, count: parser.length), as: UTF8.self)
    }

    /// A number, or the text of one: money may be written as either.
    private mutating func number() -> Double? {
        let token = parser.next()
        guard token == .number || token == .string else { return nil }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    private mutating func skip(_ token: JSONToken) -> Bool {
        switch token {
        case .objectStart, .arrayStart: parser.skipContainer()
        case .string, .number, .true, .false, .null: true
        default: false
        }
    }

    private mutating func elements() -> Int? {
        guard parser.next() == .arrayStart else { return nil }
        var count = 0
        while true {
            let token = parser.next()
            if token == .arrayEnd { return count }
            guard skip(token) else { return nil }
            count += 1
        }
    }

    private mutating func equity() -> Bool {
        guard parser.next() == .arrayStart else { return false }
        while true {
            let token = parser.next()
            if token == .arrayEnd { return true }
            guard token == .arrayStart, parser.next() == .number, let timeNs = UInt64(text),
                let equity = number(), parser.skipContainer()
            else { return false }
            if let last = result.equity.last, last.timeNs > timeNs { return false }
            result.equity.append(RunResult.Sample(timeNs: timeNs, equity: equity))
        }
    }

    private mutating func orders() -> Bool {
        guard parser.next() == .objectStart else { return false }
        while true {
            let token = parser.next()
            if token == .objectEnd { return true }
            guard token == .key else { return false }
            let name = text
            let value = parser.next()
            if value == .number {
                result.orders[name] = Double(text).flatMap { $0.isFinite ? $0 : nil }
            } else {
                guard skip(value) else { return false }
            }
        }
    }
}

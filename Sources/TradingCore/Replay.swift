//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Telemetry
public import Configuration
import Indicators
import Journal
import MarketData
public import Messages
import Risk
import Strategy
import Venues

/// What `apus replay --emit` can print.
public enum EmitKind: String, CaseIterable, Sendable {
    case quotes, trades, book, bars, indicators, features, signals, orders
}

/// A replay as asked for on the command line.
public struct ReplayRequest {
    public var files: [String]
    public var venue: Venue
    public var emit: EmitKind
    /// "csv" or "jsonl".
    public var format: String
    /// Of bars and indicators.
    public var timeframe: Timeframe
    /// The venue's exchangeInfo or instruments as JSON; `nil`: precision is inferred from the
    /// stream.
    public var instrumentsFile: String?
    public var settings: Settings
    /// Of bars: those that form too, after every frame that changed one.
    public var showsForming = false
    /// The files are lines: recordings of one feed by several connections at one time.
    public var areLines = false

    public init(
        files: [String], venue: Venue, emit: EmitKind, format: String, timeframe: Timeframe,
        instrumentsFile: String?, settings: Settings
    ) {
        self.files = files
        self.venue = venue
        self.emit = emit
        self.format = format
        self.timeframe = timeframe
        self.instrumentsFile = instrumentsFile
        self.settings = settings
    }
}

/// What a replay counted.
public struct ReplayReport: Sendable {
    public var lines = 0
    public var malformedLines = 0
    public var parseErrors: UInt64 = 0
    /// Messages that are well formed but of no known kind, symbol or size.
    public var unknownMessages: UInt64 = 0
    public var gaps: UInt64 = 0
    public var rows = 0
    /// Books that a message's checksum confirmed, and those that it did not.
    public var checksumMatches = 0
    public var checksumMismatches = 0
    /// By line: messages it brought first, copies dropped, and messages dropped because another
    /// line was to bring them with those before them.
    public var feedLines: [(wins: UInt64, copies: UInt64, ahead: UInt64)] = []
}

/// Recorded frames through the production stages, results as rows.
///
/// The stages are those of `apus run`, in one thread; the clock of every decision is the recorded
/// receive time, so the same input gives the same bytes.
public final class Replay {
    private let request: ReplayRequest
    private let warn: (String) -> Void
    private let instruments: InstrumentTable
    private var path: ReplayPath!
    private var venue: ReplayVenue
    private var report = ReplayReport()
    private var snapshotSymbol: [Int: String] = [:]
    private var emitter: ReplayEmitter!
    private var proof = BookProof()

    /// - Parameters:
    ///   - output: Called with pieces of text for standard output.
    ///   - warn: Called with one line for standard error.
    /// - Throws: `EngineError`, `CaptureError`, `ConfigurationError`.
    public convenience init(
        _ request: ReplayRequest, output: @escaping (String) -> Void,
        warn: @escaping (String) -> Void
    ) throws {
        unsafe try self.init(request, output: output, featureSink: nil, warn: warn)
    }

    /// As above; `featureSink` takes the feature vectors instead of any row.
    init(
        _ request: ReplayRequest, output: @escaping (String) -> Void = { _ in },
        featureSink: ((UnsafePointer<FeatureVector>) -> Void)?,
        warn: @escaping (String) -> Void
    ) throws {
        self.request = request
        self.warn = warn
        instruments = .standalone(
            try ReplayInstruments.find(request.files, request.venue, request.instrumentsFile))
        venue = ReplayVenue(instruments: instruments)
        var configuration = try PathSettings.replay(
            request.settings, instruments: instruments, timeframe: request.timeframe)
        if request.areLines {
            guard request.files.count <= Self.linesMax else {
                throw EngineError("at most \(Self.linesMax) lines")
            }
            configuration.lineCount = request.files.count
        }
        emitter = ReplayEmitter(
            request, configuration, instruments: instruments, output: output)
        var sinks = emitter.sinks
        unsafe sinks.feature = unsafe featureSink ?? sinks.feature
        path = try ReplayPath(configuration, instruments: instruments, sinks: sinks)
    }

    /// Runs to the end of the input. What came before an input that fails is put out all the same.
    public func run() throws -> ReplayReport {
        var lines = try CaptureMerge(paths: request.files)
        var isFirst = true
        var failure: CaptureError?
        while failure == nil {
            do throws(CaptureError) {
                guard let line = try lines.next() else { break }
                if isFirst {
                    for frame in ReplayPath.allConnected(timeNs: line.receiveTimeNs) { feed(frame) }
                    for id in ConnectionID.count..<path.connectionCount {
                        feed(ReplayPath.connected(UInt16(id), timeNs: line.receiveTimeNs))
                    }
                    isFirst = false
                }
                report.lines += 1
                take(line)
            } catch {
                guard case .malformed = error else {
                    failure = error
                    continue
                }
                report.malformedLines += 1
                warn("\(error)")
            }
        }
        emitter.finish(path)
        if let failure { throw failure }
        report.rows = emitter.rowCount
        report.checksumMatches = proof.matches
        report.checksumMismatches = proof.mismatches
        if request.areLines, request.files.count > 1 {
            report.feedLines = request.files.indices.map { line in
                func count(_ name: String) -> UInt64 {
                    path.telemetry.counter("line\(line)_\(name)_total").value
                }
                return (count("wins"), count("copies"), count("ahead"))
            }
        }
        for counter in path.telemetry.reader.counters {
            switch counter.name {
            case "parser_malformed_total", "parser_inexact_decimals_total":
                report.parseErrors += counter.value
            case "parser_unknown_frames_total", "parser_unknown_symbols_total",
                "parser_oversized_total", "parser_ignored_total":
                report.unknownMessages += counter.value
            case "kernel_gaps_total": report.gaps += counter.value
            default: break
            }
        }
        return report
    }

    private func take(_ line: CaptureLine) {
        var context: UInt64 = 0
        var kind = FrameKind.text
        var connection = ConnectionID.line(request.areLines ? line.fileIndex : 0)
        if request.venue == .okx {
            // Its messages name their instrument themselves.
        } else if unsafe LineKind.isSnapshot(line.json) {
            guard let symbol = snapshotSymbol[line.fileIndex],
                let id = emitter.instrumentID(venueSymbol: symbol)
            else {
                warn("line \(line.lineNumber): a snapshot before any message of its instrument")
                report.malformedLines += 1
                return
            }
            kind = .rest
            connection = ConnectionID.inbox
            context = RESTContext(kind: RESTContext.depthSnapshot, instrumentID: id).packed
        } else if let symbol = unsafe LineKind.symbol(line.json) {
            if snapshotSymbol[line.fileIndex] != symbol { snapshotSymbol[line.fileIndex] = symbol }
        }
        while unsafe !path.feed(
            connectionID: connection, kind: kind, context: context, timeNs: line.receiveTimeNs,
            bytes: line.json)
        {
            path.drain()
        }
        path.drain()
        answerOrders(line.receiveTimeNs)
        emitter.afterFrame(path, timeNs: line.receiveTimeNs)
        if request.venue == .okx {
            unsafe proof.check(line.json, path) { emitter.instrumentID(venueSymbol: $0) }
        }
    }

    /// Lets the stand-in venue answer what the gateway sent, until nothing more is sent.
    private func answerOrders(_ timeNs: UInt64) {
        for _ in 0..<Self.answerRoundsMax {
            let frames = path.takeOrderFrames()
            if frames.isEmpty { return }
            for text in OrderFrameText.decode(frames) {
                for answer in venue.answer(request: text, timeNs: timeNs) {
                    feed(
                        RecordedFrame(
                            connectionID: answer.isReply
                                ? ConnectionID.orderEntry : ConnectionID.userStream,
                            kind: .text, timeNs: timeNs, bytes: Array(answer.text.utf8)))
                }
            }
        }
    }

    /// An answer may cause a cancel, its answer nothing more: a few rounds always suffice.
    private static let answerRoundsMax = 8
    private static let linesMax = 4

    private func feed(_ frame: RecordedFrame) {
        while !path.feed(frame) { path.drain() }
        path.drain()
    }
}

/// What a recorded line is, told by its first bytes.
public enum LineKind {
    /// A REST depth snapshot: `{"lastUpdateId":…`.
    public static func isSnapshot(_ json: UnsafeRawBufferPointer) -> Bool {
        unsafe hasPrefix(json, "{\"lastUpdateId\"")
    }

    /// The venue's symbol of a combined stream message: "BTCUSDT" of `{"stream":"btcusdt@…`.
    public static func symbol(_ json: UnsafeRawBufferPointer) -> String? {
        let start = "{\"stream\":\"".utf8.count
        guard unsafe hasPrefix(json, "{\"stream\":\""),
            let end = unsafe json[start...].prefix(32).firstIndex(of: UInt8(ascii: "@"))
        else { return nil }
        return unsafe String(decoding: json[start..<end], as: UTF8.self).uppercased()
    }

    private static func hasPrefix(_ json: UnsafeRawBufferPointer, _ prefix: StaticString) -> Bool {
        guard json.count >= prefix.utf8CodeUnitCount else { return false }
        for index in 0..<prefix.utf8CodeUnitCount
        where unsafe json[index] != prefix.utf8Start[index] { return false }
        return true
    }
}

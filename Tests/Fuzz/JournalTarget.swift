//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CJournal
import CKernels
import Configuration
import Glibc
import Journal
import Messages
import Platform
import TradingCore

/// A journal of one segment. With an odd first byte, which is no part of it, checksums are set
/// right first, so that what they protect is reached: the frames, and the session they tell of.
final class JournalTarget: FuzzTarget {
    private static let headerSize = Int(APUS_JOURNAL_ALIGNMENT)
    private let folder: String
    private let file: String

    init() {
        folder = "/dev/shm/apus-fuzz-journal-\(getpid())"
        file = "\(folder)/000001.apj"
        precondition(unsafe mkdir(folder, 0o700) == 0, "a folder in memory")
    }

    var seeds: [(name: String, bytes: [UInt8])] {
        guard let writer = try? JournalWriter(
            folder: folder, configuration: JournalConfiguration(segmentBytes: 65_536))
        else { return [] }
        for (index, kind) in JournalKind.all.enumerated() {
            let body = [UInt8](repeating: UInt8(index + 1), count: index * 40)
            Self.append(kind, body, to: writer)
        }
        writer.close(timeoutNs: 10_000_000_000)
        let bytes = TextFile.bytes(file) ?? []
        unsafe unlink(file)
        return [
            ("left", [0] + bytes), ("right", [1] + bytes), ("session", [1] + session),
        ]
    }

    /// A segment of a session that can be read.
    private var session: [UInt8] {
        guard let writer = try? JournalWriter(
            folder: folder, configuration: JournalConfiguration(segmentBytes: 65_536))
        else { return [] }
        let table = InstrumentTable.standalone([
            Self.instrument("BTCUSDT", .binanceUSDM), Self.instrument("BTC-USDT", .okx),
        ])
        let frame = Array(#"{"e":"bookTicker","b":"61800.20"}"#.utf8)
        Self.append(.session, Array(Self.description.utf8), to: writer)
        Self.append(.instruments, table.bytes, to: writer)
        for connection in 1..<6 as Range<UInt16> {
            for kind in [FrameKind.connected, .text, .disconnected] {
                Self.append(
                    .frameIn, detail: kind.rawValue, connection: connection,
                    kind == .text ? frame : [], to: writer)
            }
        }
        Self.append(.control, [UInt8](repeating: 0, count: 64), to: writer)
        Self.append(.lost, detail: 5, [1, 0, 0, 0, 0, 0, 0, 0], to: writer)
        Self.append(.note, detail: 1, Array("a model was changed".utf8), to: writer)
        Self.append(.state, Array("risk records 7".utf8), to: writer)
        writer.close(timeoutNs: 10_000_000_000)
        defer { unsafe unlink(file) }
        return TextFile.bytes(file) ?? []
    }

    private static var description: String {
        let settings = Settings(schema: EngineSchema.keys)
        let text = settings.text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
        return """
            {"format":"apus-session","version":1,"instance":"a",\
            "fingerprint":"0x\(String(settings.fingerprint, radix: 16))","start_ns":"0x1",\
            "order_id_base":"0x1","mask_seed":"0x1","placement":"fused","accounts":[\
            {"venue":"binance-usdm","mode":0,"authenticated":false},\
            {"venue":"okx","mode":2,"authenticated":false}],"models":[],"settings":"\(text)"}
            """
    }

    private static func instrument(_ symbol: String, _ venue: Venue) -> Instrument {
        var result = Instrument()
        result.venue = venue
        result.venueSymbolText = symbol
        result.symbolText = "BTC-USDT"
        return result
    }

    private static func append(
        _ kind: JournalKind, detail: UInt8 = 0, connection: UInt16 = 0, _ body: [UInt8],
        to writer: JournalWriter
    ) {
        _ = unsafe body.withUnsafeBytes {
            unsafe writer.append(
                kind: kind, detail: detail, connection: connection, timeNs: 1, writtenNs: 2, $0)
        }
    }

    func run(_ input: UnsafeBufferPointer<UInt8>) {
        var bytes = unsafe Array(input.dropFirst())
        if unsafe input.first.map({ $0 & 1 == 1 }) == true { Self.setRight(&bytes) }
        put(bytes)
        let full = frames(.full)
        precondition(frames(.checksums) >= full, "more is checked of less")
        let summary = try? JournalSummary(folder: folder)
        precondition(summary.map { $0.frames == full } ?? true, "the summary counts them")
        for venue in [Venue.binanceUSDM, .okx] { market(of: venue) }
        guard let report = try? JournalRecovery.recover(folder: folder) else { return }
        precondition(report.frames == full, "as many frames as were read")
        precondition(frames(.full) == full, "what was recovered is whole")
        for name in SystemFile.names(in: "\(folder)/quarantine") {
            unsafe unlink("\(folder)/quarantine/\(name)")
        }
    }

    private func put(_ bytes: [UInt8]) {
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        precondition(descriptor >= 0, "a file in memory")
        _ = unsafe write(descriptor, bytes, bytes.count)
        close(descriptor)
    }

    /// Reads the market data of a venue, as a backtest does.
    private func market(of venue: Venue) {
        guard let market = try? JournalMarket(folder: folder, venue: venue) else { return }
        precondition(!market.instruments.isEmpty, "a venue with instruments")
        while let frame = try? market.next() {
            precondition(frame.bytes.count <= Int(APUS_JOURNAL_BODY_MAX), "a frame's bytes")
        }
    }

    private func frames(_ verification: JournalReader.Verification) -> UInt64 {
        guard var reader = try? JournalReader(folder: folder, verification: verification) else {
            return 0
        }
        var last: UInt64?
        var count: UInt64 = 0
        while let frame = try? reader.next() {
            precondition(last.map { $0 + 1 == frame.number } ?? true, "numbers go on")
            precondition(!JournalText.line(frame).utf8.contains(0x0a), "one line")
            precondition(JournalCSV.row(frame).hasSuffix("\n"), "a row")
            last = frame.number
            count += 1
        }
        return count
    }

    /// Puts the right checksums into the header and every frame behind it.
    private static func setRight(_ bytes: inout [UInt8]) {
        guard bytes.count >= headerSize else { return }
        setRight(&bytes, 0..<headerSize, checksumAt: 60)
        var place = headerSize
        while place + headerSize <= bytes.count {
            let length = (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
            guard length < bytes.count else { return }
            let end = place + Int(apus_journal_frame_size(length))
            guard end <= bytes.count else { return }
            setRight(&bytes, place..<end, checksumAt: place + 56)
            place = end
        }
    }

    private static func setRight(_ bytes: inout [UInt8], _ range: Range<Int>, checksumAt: Int) {
        for index in 0..<4 { bytes[checksumAt + index] = 0 }
        let part = Array(bytes[range])
        let value = unsafe apus_crc32c(0, part, part.count)
        for index in 0..<4 { bytes[checksumAt + index] = UInt8(value >> (8 * index) & 0xff) }
    }
}

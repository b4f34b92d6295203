//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Journal
public import Messages
public import TradingCore

/// Captures in Binance's or OKX's form.
public final class CaptureSource: MarketSource {
    public let instruments: [Instrument]
    public let frameCount: Int?
    public private(set) var malformedCount = 0
    private var lines: CaptureMerge
    private let isOKX: Bool
    private let ids: [String: UInt32]
    /// By file: what its last message with a symbol was about; a snapshot names none.
    private var symbols: [Int: String] = [:]

    /// - Parameters:
    ///   - instrumentsFile: The venue's own description; `nil`: precision is inferred.
    ///   - counts: Reads the files once before, to know how far a run is.
    public init(paths: [String], venue: Venue, instrumentsFile: String?, counts: Bool) throws {
        instruments = try ReplayInstruments.find(paths, venue, instrumentsFile)
        isOKX = venue == .okx
        var ids: [String: UInt32] = [:]
        for (id, instrument) in instruments.enumerated() {
            ids[instrument.venueSymbolText] = UInt32(id)
        }
        self.ids = ids
        frameCount = counts ? try Self.count(paths) : nil
        lines = try CaptureMerge(paths: paths)
    }

    private static func count(_ paths: [String]) throws -> Int {
        var count = 0
        for path in paths {
            var reader = try CaptureReader(path: path)
            var isDone = false
            while !isDone {
                do throws(CaptureError) {
                    isDone = try reader.next() == nil
                    if !isDone { count += 1 }
                } catch {
                    guard case .malformed = error else { return count }
                }
            }
        }
        return count
    }

    public func next() throws -> RecordedFrame? {
        while true {
            do throws(CaptureError) {
                guard let line = try lines.next() else { return nil }
                if let frame = frame(line) { return frame }
                malformedCount += 1
            } catch {
                guard case .malformed = error else { throw error }
                malformedCount += 1
            }
        }
    }

    /// `nil` for a snapshot before any message of its instrument.
    private func frame(_ line: CaptureLine) -> RecordedFrame? {
        let bytes = unsafe Array(line.json)
        if !isOKX {
            if unsafe LineKind.isSnapshot(line.json) {
                guard let symbol = symbols[line.fileIndex], let id = ids[symbol] else {
                    return nil
                }
                return ReplayPath.snapshot(of: id, timeNs: line.receiveTimeNs, bytes: bytes)
            }
            if let symbol = unsafe LineKind.symbol(line.json) {
                if symbols[line.fileIndex] != symbol { symbols[line.fileIndex] = symbol }
            }
        }
        return RecordedFrame(
            connectionID: ConnectionID.quotes, kind: .text, timeNs: line.receiveTimeNs,
            bytes: bytes)
    }
}

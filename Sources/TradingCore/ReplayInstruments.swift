//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Journal
public import Messages
import Platform
import Venues

/// Which instruments a set of captures is about.
public enum ReplayInstruments {
    /// With `file`, the venue's own description of every symbol the captures show; without, their
    /// precision as the stream shows it.
    public static func find(
        _ captures: [String], _ venue: Venue, _ file: String?
    ) throws -> [Instrument] {
        if venue == .okx, let file { return try okx(captures, file) }
        if let file {
            guard let bytes = TextFile.bytes(file) else {
                throw EngineError("cannot read \(file)")
            }
            let symbols = try symbols(captures)
            do {
                return try BinanceREST.instruments(bytes, symbols: symbols, venue: venue)
            } catch { throw EngineError("\(file): \(error)") }
        }
        var inference = PrecisionInference(venue: venue)
        let failure = unsafe try scan(captures) { unsafe inference.observe($0) }
        let found = inference.instruments()
        guard !found.isEmpty else { throw nothing(in: captures, failure) }
        return found
    }

    /// The instruments that the frames `next` gives are about, with the precision that they show.
    public static func inferred(
        venue: Venue, _ next: () -> RecordedFrame?
    ) -> [Instrument] {
        var inference = PrecisionInference(venue: venue)
        for _ in 0..<linesScannedMax {
            guard let frame = next() else { break }
            unsafe frame.bytes.withUnsafeBytes { unsafe inference.observe($0) }
        }
        return inference.instruments()
    }

    /// OKX's own description of every instrument the captures show.
    private static func okx(_ captures: [String], _ file: String) throws -> [Instrument] {
        var inference = PrecisionInference(venue: .okx)
        let failure = unsafe try scan(captures) { unsafe inference.observe($0) }
        let symbols = inference.instruments().map(\.venueSymbolText)
        guard !symbols.isEmpty else { throw nothing(in: captures, failure) }
        let bodies = OKXInstruments.bodies(try WholeFile.bytes(file))
        do {
            return try OKXInstruments.instruments(bodies, symbols: symbols)
        } catch { throw EngineError("\(file): \(error)") }
    }

    private static func nothing(in captures: [String], _ failure: CaptureError?) -> EngineError {
        EngineError(
            failure?.description
                ?? "no market data message in \(captures.joined(separator: ", "))")
    }

    /// Shows the first messages of every capture; what is wrong with a line is the replay's matter.
    ///
    /// - Returns: The first failure of a file itself.
    private static func scan(
        _ captures: [String], _ body: (UnsafeRawBufferPointer) -> Void
    ) throws -> CaptureError? {
        var failure: CaptureError?
        for path in captures {
            var reader = try CaptureReader(path: path)
            var lines = 0
            while lines < linesScannedMax {
                lines += 1
                do throws(CaptureError) {
                    guard let line = try reader.next() else { break }
                    unsafe body(line.json)
                } catch {
                    if case .malformed = error { continue }
                    failure = failure ?? error
                    break
                }
            }
        }
        return failure
    }

    /// The venue's symbols of the captures' streams, in order of appearance.
    private static func symbols(_ captures: [String]) throws -> [String] {
        var found: [String] = []
        let failure = unsafe try scan(captures) { json in
            guard let symbol = unsafe LineKind.symbol(json) else { return }
            if !found.contains(symbol) { found.append(symbol) }
        }
        guard !found.isEmpty else { throw nothing(in: captures, failure) }
        return found
    }

    private static let linesScannedMax = 20_000
}

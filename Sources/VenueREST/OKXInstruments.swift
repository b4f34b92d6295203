//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
public import Messages

/// Why OKX's instruments could not be read.
public enum OKXInstrumentError: Error, Equatable, CustomStringConvertible {
    case notJSON
    case venue(code: String, message: String)
    case missing(String)
    /// The reply does not list the symbol, or lists it in a way that cannot be traded.
    case unusable(symbol: String, reason: String)

    public var description: String {
        switch self {
        case .notJSON: "not a JSON document"
        case .venue(let code, let message): "the venue answered \(code): \(message)"
        case .missing(let what): "no \(what)"
        case .unusable(let symbol, let reason): "\(symbol): \(reason)"
        }
    }
}

/// Instruments of OKX out of replies of `GET /api/v5/public/instruments` and
/// `/api/v5/account/instruments`, all kinds: spot, swaps, futures and options, linear and inverse.
public enum OKXInstruments {
    /// Kinds that are asked for one by one.
    public static let types = ["SPOT", "SWAP", "FUTURES", "OPTION"]

    public static func path(type: String) -> String {
        "/api/v5/public/instruments?instType=\(type)"
    }

    /// A row that no instrument was made from.
    public struct Refusal: Equatable, Sendable {
        public let symbol: String
        public let reason: String
    }

    /// What a reply lists.
    public struct Listing: Sendable {
        public var instruments: [Instrument] = []
        public var refusals: [Refusal] = []

        public init() {}
    }

    /// The live instruments of one reply, in its order. Rows that are not live, or that lack what
    /// trading needs, are told with the reason.
    public static func listing(_ body: [UInt8]) throws(OKXInstrumentError) -> Listing {
        guard let document = JSONDocument(body) else { throw .notJSON }
        let code = document["code"]?.text ?? ""
        guard code == "0" else {
            throw .venue(code: code, message: document["msg"]?.text ?? "")
        }
        guard let rows = document["data"]?.elements else { throw .missing("data") }
        var listing = Listing()
        for row in rows {
            do throws(OKXInstrumentRow.Problem) {
                listing.instruments.append(try OKXInstrumentRow(row).instrument())
            } catch {
                listing.refusals.append(
                    Refusal(symbol: row["instId"]?.text ?? "", reason: error.reason))
            }
        }
        return listing
    }

    /// The instruments of several replies, in the order of `symbols`; an empty list takes all that
    /// are live. Of instruments listed twice the first counts.
    public static func instruments(
        _ bodies: [[UInt8]], symbols: [String]
    ) throws(OKXInstrumentError) -> [Instrument] {
        var found: [String: Instrument] = [:]
        var order: [String] = []
        var reasons: [String: String] = [:]
        for body in bodies {
            let listing = try listing(body)
            for instrument in listing.instruments {
                let symbol = instrument.venueSymbolText
                if found[symbol] == nil {
                    order.append(symbol)
                    found[symbol] = instrument
                }
            }
            for refusal in listing.refusals { reasons[refusal.symbol] = refusal.reason }
        }
        var result: [Instrument] = []
        for symbol in symbols.isEmpty ? order : symbols {
            guard let instrument = found[symbol] else {
                throw .unusable(symbol: symbol, reason: reasons[symbol] ?? "not listed")
            }
            result.append(instrument)
        }
        return result
    }

    /// The replies that `file` holds: one JSON document, or a text capture of several, one a line
    /// as `https://URL -> epoch: JSON`.
    public static func bodies(_ file: [UInt8]) -> [[UInt8]] {
        let first = file.first(where: { $0 > 0x20 })
        if first == UInt8(ascii: "{") { return [file] }
        return file.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard line.starts(with: "https://".utf8) else { return nil }
            return line.firstIndex(of: UInt8(ascii: "{")).map { Array(line[$0...]) }
        }
    }
}

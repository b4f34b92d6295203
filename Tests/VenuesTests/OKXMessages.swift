//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Foundation
import Messages
import SeededRandom
import Venues

extension Harness {
    /// One that knows the instruments which `messages` name, at the decimals they are seen with.
    static func okx(naming messages: [[UInt8]]) throws -> Harness {
        var inference = PrecisionInference(venue: .okx)
        for message in messages { unsafe message.withUnsafeBytes { unsafe inference.observe($0) } }
        var instruments = inference.instruments()
        if instruments.isEmpty { instruments = [okxInstrument("BTC-USDT")] }
        // Of these there are marks and rates, whose decimals say nothing.
        for name in ["BTC-USD-SWAP", "BTC-USDT-SWAP", "LTC-USD-190628"]
        where !instruments.contains(where: { $0.venueSymbolText == name }) {
            instruments.append(okxInstrument(name))
        }
        return try .okx(instruments)
    }

    /// One OKX connection, or as many lines of the same.
    static func okx(_ instruments: [Instrument], lines: Int = 1) throws -> Harness {
        let ids = instruments.indices.map { UInt32($0) }
        return try Harness(
            instruments, eventCapacity: 4_096,
            roles: [.inbox]
                + (0..<lines).map { .market(instruments: ids, venue: .okx, line: $0) })
    }

    /// Parses one message of connection `connection`.
    func parse(_ text: String, connection: UInt16) -> [Record] {
        let message = Array(text.utf8)
        let start = unsafe bytes.place(message, slack: [])
        precondition(
            unsafe stage.parse(frame(message.count, connection), bytes: start), "rings with room")
        return takeEvents()
    }
}

/// One message of each hot kind, as the venue writes them in 2026.
enum OKXSample {
    static let trade =
        #"{"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"data":[{"instId":"BTC-USDT-SWAP","#
        + #""tradeId":"2832749635","px":"63913.5","sz":"1","side":"buy","ts":"1786540435948","#
        + #""count":"1","source":"0","seqId":333793117432}]}"#
    static let ticker =
        #"{"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"instType":"SPOT","#
        + #""instId":"BTC-USDT","last":"63707.3","lastSz":"0.00164251","askPx":"63707.3","#
        + #""askSz":"0.15455902","bidPx":"63707.2","bidSz":"1.70080521","open24h":"63958.9","#
        + #""high24h":"64496.9","low24h":"63309.4","sodUtc0":"63484.7","sodUtc8":"63445.9","#
        + #""volCcy24h":"229576048.730317321","vol24h":"3601.1585121","ts":"1786613174873"}]}"#
    static let best =
        #"{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["31774.7","#
        + #""0.14368878","0","3"]],"bids":[["31774.6","0.3392211","0","3"]],"#
        + #""ts":"1654032991947","seqId":4400}]}"#
    static let snapshot =
        #"{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"snapshot","data":[{"#
        + #""asks":[["63921.5","790.41","0","42"],["63922","0.32","0","1"]],"#
        + #""bids":[["63921.4","421.93","0","28"],["63921","7","0","1"],"#
        + #"["63920.7","0.34","0","2"],"#
        + #"["63920","12345.12","0","3"]],"ts":"1786541241006","checksum":0,"prevSeqId":-1,"#
        + #""seqId":333794734980}]}"#
    static let update =
        #"{"arg":{"channel":"books-l2-tbt","instId":"BTC-USDT-SWAP"},"action":"update","data":[{"#
        + #""asks":[["63921.5","0","0","0"]],"bids":[],"ts":"1786541241016","checksum":-5,"#
        + #""prevSeqId":333794734980,"seqId":333794734990}]}"#
    static let legacy =
        #"{"arg":{"channel":"books50-l2-tbt","instId":"BTC-USDT-SWAP"},"action":"update","data":[{"#
        + #""asks":[["63921.5","0.5","0","1"]],"bids":[["0.1","99999999","0","1"]],"#
        + #""ts":"1786541241016","checksum":-286188137}]}"#

    static let all = [trade, ticker, best, snapshot, update, legacy]

    static let instruments = [
        okxInstrument("BTC-USDT"), okxInstrument("BTC-USDT-SWAP", quantityDecimals: 2),
        okxInstrument("ETH-USD-220624-20000-C", priceDecimals: 4, quantityDecimals: 0),
    ]
}

/// A JSON document whose scalars are kept as they were written.
indirect enum WrittenJSON {
    case object([(key: String, value: WrittenJSON)])
    case array([WrittenJSON])
    case scalar(String)

    /// - Precondition: `text` is a document without blanks and escapes.
    init(_ text: String) {
        var rest = text[...]
        self = Self.value(&rest)
    }

    private static func value(_ rest: inout Substring) -> WrittenJSON {
        switch rest.first {
        case "{":
            rest.removeFirst()
            var members: [(key: String, value: WrittenJSON)] = []
            while rest.first != "}" {
                if rest.first == "," { rest.removeFirst() }
                let key = string(&rest)
                rest.removeFirst()
                members.append((key, value(&rest)))
            }
            rest.removeFirst()
            return .object(members)
        case "[":
            rest.removeFirst()
            var elements: [WrittenJSON] = []
            while rest.first != "]" {
                if rest.first == "," { rest.removeFirst() }
                elements.append(value(&rest))
            }
            rest.removeFirst()
            return .array(elements)
        case "\"": return .scalar(string(&rest))
        default:
            let end = rest.firstIndex { ",}]".contains($0) } ?? rest.endIndex
            defer { rest = rest[end...] }
            return .scalar(String(rest[..<end]))
        }
    }

    /// With its quotes.
    private static func string(_ rest: inout Substring) -> String {
        let end = rest.dropFirst().firstIndex(of: "\"")!
        defer { rest = rest[rest.index(after: end)...] }
        return String(rest[...end])
    }

    /// The same document written otherwise: members in any order, blanks, escapes, and members
    /// that nobody knows.
    func rewritten(_ random: inout SplitMix64) -> String {
        func blank() -> String { ["", "", " ", "\n\t"][random.below(4)] }
        switch self {
        case .scalar(let text):
            return text.hasPrefix("\"") ? Self.escaped(text, &random) : text
        case .array(let elements):
            let parts = elements.map { blank() + $0.rewritten(&random) + blank() }
            return "[" + parts.joined(separator: ",") + "]"
        case .object(let members):
            var parts = members.map { member in
                blank() + Self.escaped(member.key, &random) + blank() + ":" + blank()
                    + member.value.rewritten(&random) + blank()
            }
            if random.below(3) == 0 {
                parts.append(#""zz\#(random.below(9))":[1,{"a":"}]"}]"#)
            }
            parts.shuffle(using: &random)
            return "{" + parts.joined(separator: ",") + "}"
        }
    }

    /// Now and then a character as `\u00xx`.
    private static func escaped(_ text: String, _ random: inout SplitMix64) -> String {
        let inner = text.dropFirst().dropLast().map { character -> String in
            guard random.below(12) == 0, let byte = character.asciiValue else {
                return String(character)
            }
            return "\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return "\"" + inner.joined() + "\""
    }
}

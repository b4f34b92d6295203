//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Messages
import Rings
import Telemetry
import Venues

let okxSamples = "../shared/venues/okx"
let haveOKXSamples = FileManager.default.fileExists(atPath: okxSamples)

func okxInstrument(
    _ symbol: String, kind: InstrumentKind = .spot, priceDecimals: UInt8 = 1, tick: Int64 = 1,
    quantityDecimals: UInt8 = 8, lot: Int64 = 1
) -> Instrument {
    var result = instrument(
        symbol, priceDecimals: priceDecimals, tick: tick, quantityDecimals: quantityDecimals,
        lot: lot, venue: .okx)
    result.kind = kind
    result.symbolText = symbol
    return result
}

/// A decoder of OKX's private messages with its ring, fed by hand.
///
/// SAFETY: ring memory is never freed, and tests use a harness on one thread.
@safe
final class OKXPrivateHarness {
    private var memory: RingMemory<ExecutionReport>
    private var decoder: OKXPrivateDecoder
    private var reports: RingConsumer<ExecutionReport>
    private let bytes = GuardedBytes(capacity: 1 << 17)
    let telemetry = TelemetryWriter.standalone()

    /// A spot pair, a swap, and a swap whose lots are large.
    static let instruments = [
        okxInstrument("BTC-USDT"),
        okxInstrument("BTC-USDT-SWAP", kind: .swap, quantityDecimals: 2),
        okxInstrument("ETH-USD-SWAP", kind: .swap, priceDecimals: 2, quantityDecimals: 0),
    ]

    init(_ instruments: [Instrument] = instruments, capacity: Int = 128) throws {
        memory = try RingMemory(capacity: capacity)
        reports = try memory.makeConsumer()
        decoder = OKXPrivateDecoder(
            reports: try memory.makeProducer(), instruments: .standalone(instruments),
            telemetry: telemetry)
    }

    func counter(_ name: String) -> UInt64 { telemetry.counter("parser_\(name)_total").value }

    /// Everything that says a message was not taken.
    var refusals: UInt64 {
        ["malformed", "inexact_decimals", "overflows", "unknown_symbols", "oversized"]
            .reduce(0) { $0 + counter($1) }
    }

    /// Decodes one message; `nil`: the ring had no room.
    func offer(_ message: some Collection<UInt8>) -> Bool {
        let start = unsafe bytes.place(message, slack: [])
        return unsafe decoder.decode(start, count: message.count, ingressTimeNs: 1_000)
    }

    func decode(_ message: some Collection<UInt8>) -> [ExecutionReport] {
        let isTaken = offer(message)
        precondition(isTaken, "a ring with room")
        return takeReports()
    }

    func decode(_ text: String) -> [ExecutionReport] { decode(Array(text.utf8)) }

    func connectionChanged(isUp: Bool) -> [ExecutionReport] {
        let isTaken = decoder.connectionChanged(isUp: isUp, ingressTimeNs: 1_000)
        precondition(isTaken, "a ring with room")
        return takeReports()
    }

    private func takeReports() -> [ExecutionReport] {
        var result: [ExecutionReport] = []
        while let report = unsafe reports.peek() {
            unsafe result.append(report.pointee)
            reports.release()
        }
        return result
    }
}

/// A file's lines, or the one document it is.
func okxMessages(_ path: String) throws -> [[UInt8]] {
    let data = try Data(contentsOf: URL(filePath: "\(okxSamples)/\(path)"))
    return path.hasSuffix(".jsonl")
        ? data.split(separator: UInt8(ascii: "\n")).map { Array($0) } : [Array(data)]
}

/// A push of the `orders` channel; `members` replace or add to the members of one order.
func okxOrder(_ members: [(String, String)] = []) -> String {
    var order: [(String, String)] = [
        ("accFillSz", "0"), ("amendResult", ""), ("amendSource", ""), ("avgPx", "0"),
        ("cTime", "1694153250532"), ("cancelSource", ""), ("category", "normal"), ("ccy", ""),
        ("clOrdId", "apus00000000000000ff"), ("code", "0"), ("execType", ""), ("fee", "0"),
        ("feeCcy", "USDT"), ("fillFee", "0"), ("fillFeeCcy", ""), ("fillPx", ""),
        ("fillSz", "0"), ("fillTime", ""), ("instId", "BTC-USDT"), ("instType", "SPOT"),
        ("lever", "0"), ("msg", ""), ("ordId", "620258920632008725"), ("ordType", "limit"),
        ("pnl", "0"), ("posSide", ""), ("px", "26228.1"), ("rebate", "0"), ("rebateCcy", "BTC"),
        ("reduceOnly", "false"), ("reqId", ""), ("side", "sell"), ("state", "live"),
        ("sz", "0.002"), ("tag", ""), ("tdMode", "cash"), ("tgtCcy", ""), ("tradeId", ""),
        ("uTime", "1694153250532"),
    ]
    for (name, value) in members {
        if let index = order.firstIndex(where: { $0.0 == name }) {
            order[index].1 = value
        } else {
            order.append((name, value))
        }
    }
    let text = order.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",")
    return "{\(text)}"
}

func okxOrdersPush(_ orders: [String]) -> String {
    #"{"arg":{"channel":"orders","instType":"ANY","uid":"448743607034327908"},"data":["#
        + orders.joined(separator: ",") + "]}"
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Options
import Platform
import Rendering
public import TradingCore
import VenueModel

/// What a live session came to beside paper, and why.
public struct GapReport {
    public let parts: GapParts
    public let live: GapSide
    /// The paper run, or the model as configured.
    public let paper: GapSide
    /// The model with the session's latencies and pauses.
    public let nearest: GapSide
    /// The session's orders beside those of `nearest`.
    public let matching: GapMatching
    let session: LiveSession
    let configured: BacktestConfiguration
    let measured: BacktestConfiguration
    let hasPaperRun: Bool
    public let remarks: [String]

    private var quote: String { session.instruments.first?.quoteAssetText ?? "" }

    // MARK: - Text

    public var lines: [String] {
        let seconds = Double(session.endNs - session.startNs) / 1e9
        let symbols = session.instruments.map(\.symbolText).joined(separator: ", ")
        let heads = [
            "session   \(NumberText.fixed(seconds, decimals: 1)) s of \(symbols)",
            "pauses    " + pauseText,
            "model     \(configured.rules.queue.text), \(configured.rules.text)",
            "latency   configured \(Self.text(configured)); measured \(Self.text(measured))", "",
        ]
        return heads + partLines + [""] + sideLines + [""] + [matchingLine]
            + remarks.map { "note: \($0)" }
    }

    /// "2.2 s by state, 0.0 s by connection, 1.5 s by guard".
    private var pauseText: String {
        LiveSession.Pause.Cause.allCases.map { cause in
            let ns = session.pauses.filter { $0.cause == cause }
                .reduce(0) { $0 + $1.untilNs - $1.sinceNs }
            return "\(NumberText.fixed(Double(ns) / 1e9, decimals: 1)) s by \(cause.rawValue)"
        }.joined(separator: ", ")
    }

    private static func text(_ configuration: BacktestConfiguration) -> String {
        "own \(configuration.own.text), entry \(configuration.entry.text), "
            + "response \(configuration.response.text)"
    }

    private var partLines: [String] {
        var table = TextTable(["<", quote, "<"])
        func add(_ name: String, _ valueE12: Int128, _ meaning: String) {
            table.add([name, ExactText.e12(valueE12), meaning])
        }
        add("live", parts.liveE12, "profit of the session, without funding")
        add("paper", parts.paperE12, hasPaperRun ? "the paper run" : "the model as configured")
        add("gap", parts.wholeE12, "live less paper, which is the sum of:")
        add("  fees", parts.feesE12, "the model's fees of the session's fills less those paid")
        add("  latency", parts.latencyE12, "the session's delays in the place of those configured")
        add("  missing", parts.missingE12, "times in which the session did not trade")
        add("  queue", parts.matchingE12, "the rest: queues, matching, what followed from them")
        if hasPaperRun {
            add("  paper run", parts.paperRunE12, "the model on this market data less that run")
        }
        return table.lines
    }

    private var sideLines: [String] {
        var table = TextTable([
            "<", "orders", "filled", "ratio", "fills", "maker", "turnover", "fees", "slippage bps",
            "profit",
        ])
        for (name, side) in [("live", live), ("paper", paper), ("nearest model", nearest)] {
            table.add([
                name, "\(side.orders)", "\(side.ordersFilled)",
                side.fillRatio.map { NumberText.fixed($0, decimals: 3) } ?? "-", "\(side.fills)",
                "\(side.makerFills)", ExactText.e8(ofE12: side.turnoverE12),
                ExactText.e8(ofE12: side.feesE12),
                side.slippageBps.map { NumberText.fixed($0, decimals: 3) } ?? "-",
                ExactText.e8(ofE12: side.profitE12),
            ])
        }
        return table.lines
    }

    private var matchingLine: String {
        "orders    \(matching.matched) of one id, \(matching.same) of them the same; "
            + "\(matching.together) caused by one record, \(matching.alike) of them the same: "
            + "filled by both \(matching.filledByBoth), live alone \(matching.filledLive), "
            + "by the model alone \(matching.filledByModel)"
    }

    // MARK: - JSON

    public var json: String {
        var writer = JSONWriter()
        writer.object { root in
            root.add("format", "apus-gap")
            root.add("version", 1)
            root.add("start_ns", session.startNs)
            root.add("end_ns", session.endNs)
            root.add("quote", quote)
            root.add("live", number: ExactText.e12(parts.liveE12))
            root.add("paper", number: ExactText.e12(parts.paperE12))
            root.add("gap", number: ExactText.e12(parts.wholeE12))
            root.object("parts") { json in
                json.add("fees", number: ExactText.e12(parts.feesE12))
                json.add("latency", number: ExactText.e12(parts.latencyE12))
                json.add("missing_data", number: ExactText.e12(parts.missingE12))
                json.add("queue_and_matching", number: ExactText.e12(parts.matchingE12))
                if hasPaperRun {
                    json.add("paper_run", number: ExactText.e12(parts.paperRunE12))
                }
            }
            root.object("sides") { json in
                json.object("live") { Self.write(live, &$0) }
                json.object("paper") { Self.write(paper, &$0) }
                json.object("nearest_model") { Self.write(nearest, &$0) }
            }
            root.object("matching") { json in
                json.add("matched", matching.matched)
                json.add("same", matching.same)
                json.add("together", matching.together)
                json.add("alike", matching.alike)
                json.add("filled_by_both", matching.filledByBoth)
                json.add("filled_live", matching.filledLive)
                json.add("filled_by_model", matching.filledByModel)
            }
            root.array("pauses") { rows in
                for pause in session.pauses {
                    rows.array { row in
                        row.addElement(pause.sinceNs)
                        row.addElement(pause.untilNs)
                        row.addElement(pause.cause.rawValue)
                    }
                }
            }
            root.object("latency") { json in
                json.add("configured", Self.text(configured))
                json.add("measured", Self.text(measured))
                json.add("round_trips", session.roundTripsNs.count)
            }
            root.array("notes") { rows in remarks.forEach { rows.addElement($0) } }
        }
        return writer.text + "\n"
    }

    private static func write(_ side: GapSide, _ json: inout JSONWriter) {
        json.add("orders", side.orders)
        json.add("orders_filled", side.ordersFilled)
        if let ratio = side.fillRatio { json.add("fill_ratio", ratio) }
        json.add("fills", side.fills)
        json.add("maker_fills", side.makerFills)
        json.add("turnover", number: ExactText.e12(side.turnoverE12))
        json.add("fees", number: ExactText.e12(side.feesE12))
        json.add("slippage", number: ExactText.e12(side.slippageE12))
        if let bps = side.slippageBps { json.add("slippage_bps", bps) }
        json.add("profit", number: ExactText.e12(side.profitE12))
    }

    /// - Throws: `EngineError` when the file cannot be written.
    public func write(to path: String) throws(EngineError) {
        guard TextFile.write(json, to: path) else { throw EngineError("cannot write \(path)") }
    }
}

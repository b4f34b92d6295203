//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Rendering
import VenueModel

/// The result of a run as JSON; its keys are documented in this module's page.
public enum RunResult {
    /// Where the data came from: the file's name without its folder.
    public struct DataFile: Sendable {
        public let name: String
        public let bytes: Int
        /// FNV-1a of the content, 64 bits.
        public let hash: UInt64

        public init(name: String, bytes: Int, hash: UInt64) {
            self.name = name
            self.bytes = bytes
            self.hash = hash
        }
    }

    /// - Parameter isBrief: Without what no figure of returns or fills needs: the orders one by
    ///   one, and marks.
    public static func json(
        _ run: BacktestRun, fingerprint: UInt64, files: [DataFile], delays: [DelayCost] = [],
        isBrief: Bool = false, origin: RunOrigin = RunOrigin(kind: "backtest")
    ) -> String {
        var writer = JSONWriter()
        let instruments = run.source.instruments
        writer.object { root in
            root.add("format", "apus-run")
            root.add("version", 1)
            origin.write(to: &root)
            root.add("start_ns", run.startNs)
            root.add("end_ns", run.endNs)
            root.add("quote", instruments.first?.quoteAssetText ?? "")
            root.add(
                "initial_equity", number: ExactText.e12(run.configuration.initialEquityE12))
            root.array("equity") { rows in
                for sample in run.samples {
                    rows.array { row in
                        row.addElement(sample.timeNs)
                        row.addElement(number: ExactText.e12(sample.equityE12))
                        row.addElement(number: ExactText.e12(sample.positionE12))
                    }
                }
            }
            root.array("fills") { rows in
                for fill in run.venue.fills { write(fill, run, &rows) }
            }
            root.object("orders") { counts in
                let orders = run.venue.orders
                counts.add("placed", orders.count)
                for end in [OrderRecord.End.filled, .cancelled, .rejected, .expired] {
                    counts.add(end.rawValue, orders.count { $0.end == end })
                }
            }
            if !isBrief {
                root.array("orders_list") { rows in
                    for order in run.venue.orders {
                        write(order, instruments[Int(order.instrumentID)], &rows)
                    }
                }
                root.array("marks") { rows in
                    for mark in run.marks.marks {
                        let instrument = instruments[Int(mark.instrumentID)]
                        rows.array { row in
                            row.addElement(mark.timeNs)
                            row.addElement(instrument.venueSymbolText)
                            row.addElement(number: mid(mark.twiceMid, instrument))
                        }
                    }
                }
            }
            root.object("latency") { legs in
                let names: [LatencyModel.Leg: String] = [
                    .own: "own", .entry: "entry", .response: "response",
                ]
                for leg in LatencyModel.Leg.allCases {
                    legs.object(names[leg]) { write(run.delaysNs[leg.rawValue], &$0) }
                }
            }
            if !delays.isEmpty {
                root.array("delays") { rows in
                    for cost in delays { rows.object { cost.write(to: &$0) } }
                }
            }
            root.object("metadata") { write(run, fingerprint, files, &$0) }
        }
        return writer.text + "\n"
    }

    private static func write(
        _ fill: FillRecord, _ run: BacktestRun, _ rows: inout JSONWriter
    ) {
        let order = run.venue.orders[fill.order]
        let instrument = run.source.instruments[Int(order.instrumentID)]
        rows.object { row in
            row.add("t_ns", fill.timeNs)
            row.add("symbol", instrument.venueSymbolText)
            row.add("side", sideText(order.side))
            row.add("price", number: price(fill.price, instrument))
            row.add("quantity", number: lots(fill.quantity, instrument))
            row.add("fee", number: ExactText.e12(fill.feeE12))
            row.add("is_maker", fill.isMaker)
            if let twiceMid = fill.twiceMid {
                row.add("mid", number: mid(twiceMid, instrument))
            }
            row.add("order_id", order.clientID)
        }
    }

    private static func write(
        _ order: OrderRecord, _ instrument: Instrument, _ rows: inout JSONWriter
    ) {
        rows.object { row in
            row.add("order_id", order.clientID)
            row.add("symbol", instrument.venueSymbolText)
            row.add("side", sideText(order.side))
            row.add("type", order.type == .market ? "market" : "limit")
            row.add("time_in_force", timeInForceText(order.timeInForce))
            if order.type != .market { row.add("price", number: price(order.price, instrument)) }
            row.add("quantity", number: lots(order.quantity, instrument))
            row.add("filled", number: lots(order.filled, instrument))
            row.add("placed_ns", order.placedNs)
            row.add("arrived_ns", order.arrivedNs)
            if let endNs = order.endNs { row.add("end_ns", endNs) }
            row.add("end", order.end.rawValue)
            if let refusal = order.refusal { row.add("reason", refusal.rawValue) }
        }
    }

    private static func write(_ delaysNs: [Int64], _ leg: inout JSONWriter) {
        let sorted = delaysNs.sorted()
        leg.add("count", sorted.count)
        guard let least = sorted.first, let most = sorted.last else { return }
        leg.add("min_ns", least)
        let shares = [("p50_ns", 0.5), ("p90_ns", 0.9), ("p99_ns", 0.99), ("p999_ns", 0.999)]
        for (name, share) in shares {
            let rank = Int((Double(sorted.count) * share).rounded(.up))
            leg.add(name, sorted[max(0, min(rank, sorted.count) - 1)])
        }
        leg.add("max_ns", most)
    }

    private static func write(
        _ run: BacktestRun, _ fingerprint: UInt64, _ files: [DataFile],
        _ metadata: inout JSONWriter
    ) {
        let configuration = run.configuration
        metadata.add("config_hash", hex(fingerprint))
        metadata.array("data") { rows in
            for file in files {
                rows.object { row in
                    row.add("path", file.name)
                    row.add("bytes", file.bytes)
                    row.add("hash", "fnv1a64:" + hex(file.hash))
                }
            }
        }
        if let assumption = run.source.assumption { metadata.add("assumption", assumption) }
        metadata.add("seed", configuration.seed)
        metadata.add("queue_model", configuration.rules.queue.text)
        metadata.add("exchange", configuration.rules.text)
        metadata.object("latency") { laws in
            laws.add("own", configuration.own.text)
            laws.add("entry", configuration.entry.text)
            laws.add("response", configuration.response.text)
        }
        var fees = run.venue.fees
        let tier = fees.tier(timeNs: run.endNs)
        metadata.object("fees") { rates in
            rates.add("maker_ppm", tier.makerPpm)
            rates.add("taker_ppm", tier.takerPpm)
        }
        let funding = run.venue.accounts.reduce(0) { $0 + $1.fundingE12 }
        metadata.add("funding", number: ExactText.e12(funding))
        metadata.object("counters") { counters in
            counters.add("frames", run.framesRead)
            counters.add("malformed", run.source.malformedCount)
            counters.add("trades", run.venue.counters.trades)
            counters.add("depth_updates", run.venue.counters.levels)
            counters.add("gaps", run.venue.counters.gaps)
            counters.add("out_of_range", run.venue.counters.outOfRange)
            counters.add("requests", run.venue.counters.requests)
            counters.add("refused", run.venue.counters.refused)
        }
        metadata.add("clock_offset_ns", run.clockOffsetNs)
        metadata.add("interval_ns", configuration.intervalNs)
    }

    // MARK: Text

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func sideText(_ side: Side) -> String { side == .buy ? "buy" : "sell" }

    private static func timeInForceText(_ value: TimeInForce) -> String {
        switch value {
        case .ioc: "ioc"
        case .fok: "fok"
        case .postOnly: "gtx"
        case .gtd: "gtd"
        default: "gtc"
        }
    }

    private static func price(_ ticks: Int64, _ instrument: Instrument) -> String {
        instrument.text(price: PriceTicks(rawValue: ticks))
    }

    private static func lots(_ lots: Int64, _ instrument: Instrument) -> String {
        instrument.text(quantity: QuantityLots(rawValue: lots))
    }

    /// Half of bid plus ask: one decimal more than prices have.
    private static func mid(_ twiceMid: Int64, _ instrument: Instrument) -> String {
        Decimals.text(
            mantissa: twiceMid * instrument.tickMantissa * 5,
            decimals: Int(instrument.priceDecimals) + 1)
    }
}

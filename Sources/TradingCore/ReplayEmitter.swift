//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Indicators
import MarketData
import Messages
import Strategy

/// Turns what the stages do into rows of one kind.
final class ReplayEmitter {
    private let request: ReplayRequest
    private let instruments: InstrumentTable
    private let thresholds: StrategyConfiguration
    private let output: (String) -> Void
    private var writer: RowWriter?
    private var lastQuotes: [Quote?]
    private var pendingIntents: [OrderIntent] = []
    private let ids: [String: UInt32]

    private struct Quote: Equatable {
        let bid: Int64
        let bidQuantity: Int64
        let ask: Int64
        let askQuantity: Int64
    }

    init(
        _ request: ReplayRequest, instruments: InstrumentTable, thresholds: StrategyConfiguration,
        output: @escaping (String) -> Void
    ) {
        self.request = request
        self.instruments = instruments
        self.thresholds = thresholds
        self.output = output
        lastQuotes = Array(repeating: nil, count: instruments.count)
        var ids: [String: UInt32] = [:]
        for id in 0..<UInt32(instruments.count) { ids[instruments[id].venueSymbolText] = id }
        self.ids = ids
        if request.emit != .book {
            writer = RowWriter(
                columns: Self.columns(request.emit),
                format: RowWriter.Format(rawValue: request.format) ?? .csv, output: output)
        }
    }

    var rowCount: Int { writer?.rowCount ?? instruments.count }

    func instrumentID(venueSymbol: String) -> UInt32? { ids[venueSymbol] }

    static func columns(_ kind: EmitKind) -> [String] {
        switch kind {
        case .quotes:
            [
                "ts", "symbol", "bid_price", "bid_quantity", "ask_price", "ask_quantity",
                "update_id",
            ]
        case .trades: ["ts", "symbol", "trade_id", "price", "quantity", "aggressor_side"]
        case .book: []
        case .bars:
            ["ts", "symbol", "timeframe", "open", "high", "low", "close", "volume", "trades"]
        case .indicators: ["ts", "symbol", "timeframe"] + IndicatorSet.names
        case .features: ["ts", "symbol"] + FeatureSchema.names
        case .signals: ["ts", "symbol", "model", "score", "confidence", "action"]
        case .orders:
            ["ts", "symbol", "client_order_id", "side", "type", "price", "quantity", "reason"]
        }
    }

    // MARK: Sinks

    /// The looks at the path that this kind needs.
    var sinks: ReplaySinks {
        var sinks = ReplaySinks()
        switch request.emit {
        case .trades: sinks.event = { [unowned self] in trade($0) }
        case .features: sinks.feature = { [unowned self] in feature($0) }
        case .signals: sinks.signal = { [unowned self] in signal($0) }
        case .orders:
            sinks.intent = { [unowned self] in pendingIntents.append($0.pointee) }
            sinks.verdict = { [unowned self] in verdict($0) }
        case .bars: sinks.bar = { [unowned self] in bar($0) }
        case .indicators: sinks.indicators = { [unowned self] in indicators($0) }
        case .quotes, .book: break
        }
        return sinks
    }

    private func trade(_ event: UnsafePointer<MarketEvent>) {
        guard event.pointee.kind == .trade else { return }
        let trade = UnsafeRawPointer(event).assumingMemoryBound(to: Trade.self).pointee
        let instrument = instruments[trade.instrumentID]
        writer?.write([
            .number("\(trade.ingressTimeNs)"), .text(instrument.symbolText),
            .number("\(trade.tradeID)"), .text(instrument.text(price: trade.price)),
            .text(instrument.text(quantity: trade.quantity)),
            .text(trade.side == .buy ? "buy" : "sell"),
        ])
    }

    private func feature(_ vector: UnsafePointer<FeatureVector>) {
        let symbol = instruments[vector.pointee.instrumentID].symbolText
        var cells: [Cell] = [.number("\(vector.pointee.ingressTimeNs)"), .text(symbol)]
        withUnsafeBytes(of: vector.pointee.values) { bytes in
            let values = bytes.bindMemory(to: Float.self)
            for index in 0..<FeatureSchema.names.count { cells.append(.value(values[index])) }
        }
        writer?.write(cells)
    }

    private func signal(_ signal: UnsafePointer<Signal>) {
        let symbol = instruments[signal.pointee.instrumentID].symbolText
        writer?.write([
            .number("\(signal.pointee.ingressTimeNs)"), .text(symbol),
            .number("\(signal.pointee.modelID)"), .value(signal.pointee.score),
            .value(signal.pointee.confidence), .text(thresholds.action(for: signal.pointee)),
        ])
    }

    private func verdict(_ verdict: UnsafePointer<RiskVerdict>) {
        guard !pendingIntents.isEmpty else { return }
        let intent = pendingIntents.removeFirst()
        guard intent.kind == .place else { return }
        let instrument = instruments[intent.instrumentID]
        let reason =
            verdict.pointee.verdict == .approved
            ? StrategyReason.text(intent.reason) : "risk:\(verdict.pointee.verdict.text)"
        writer?.write([
            .number("\(intent.ingressTimeNs)"), .text(instrument.symbolText),
            .text(ClientOrderID.text(intent.orderID)), .text(intent.side == .buy ? "buy" : "sell"),
            .text(Self.type(intent)), .text(instrument.text(price: intent.limitPrice)),
            .text(instrument.text(quantity: intent.quantity)), .text(reason),
        ])
    }

    private static func type(_ intent: OrderIntent) -> String {
        if intent.type == .market { return "market" }
        switch intent.timeInForce {
        case .ioc: return "limit-ioc"
        case .fok: return "limit-fok"
        case .postOnly: return "limit-post-only"
        default: return "limit-gtc"
        }
    }

    private func bar(_ bar: UnsafePointer<Bar>) {
        guard bar.pointee.timeframeNs == request.timeframeNs else { return }
        let instrument = instruments[bar.pointee.instrumentID]
        writer?.write([
            .number("\(bar.pointee.openTimeNs)"), .text(instrument.symbolText),
            .text(Self.timeframe(bar.pointee.timeframeNs)),
            .text(instrument.text(price: bar.pointee.open)),
            .text(instrument.text(price: bar.pointee.high)),
            .text(instrument.text(price: bar.pointee.low)),
            .text(instrument.text(price: bar.pointee.close)),
            .text(instrument.text(quantity: bar.pointee.volume)),
            .number("\(bar.pointee.tradeCount)"),
        ])
    }

    private func indicators(_ row: UnsafePointer<IndicatorValues>) {
        guard row.pointee.timeframeNs == request.timeframeNs else { return }
        var cells: [Cell] = [
            .number("\(row.pointee.openTimeNs)"),
            .text(instruments[row.pointee.instrumentID].symbolText),
            .text(Self.timeframe(row.pointee.timeframeNs)),
        ]
        withUnsafeBytes(of: row.pointee.values) { bytes in
            let values = bytes.bindMemory(to: Double.self)
            for index in 0..<IndicatorSet.names.count { cells.append(.value(values[index])) }
        }
        writer?.write(cells)
    }

    /// "1s", "3s", "1m".
    static func timeframe(_ ns: UInt64) -> String {
        let seconds = ns / 1_000_000_000
        if seconds >= 3_600, seconds % 3_600 == 0 { return "\(seconds / 3_600)h" }
        if seconds >= 60, seconds % 60 == 0 { return "\(seconds / 60)m" }
        return "\(seconds)s"
    }

    // MARK: After frames and at the end

    /// Prints what a frame changed at level 1.
    func afterFrame(_ path: ReplayPath, timeNs: UInt64) {
        guard request.emit == .quotes else { return }
        for id in 0..<UInt32(instruments.count) {
            guard path.stages.kernel.pointee.isBookInSync(id) else { continue }
            let quote = path.stages.kernel.pointee.quote(of: id)
            let now = Quote(
                bid: quote.bid.rawValue, bidQuantity: quote.bidQuantity.rawValue,
                ask: quote.ask.rawValue, askQuantity: quote.askQuantity.rawValue)
            guard lastQuotes[Int(id)] != now else { continue }
            lastQuotes[Int(id)] = now
            let instrument = instruments[id]
            writer?.write([
                .number("\(timeNs)"), .text(instrument.symbolText),
                .text(instrument.text(price: quote.bid)),
                .text(instrument.text(quantity: quote.bidQuantity)),
                .text(instrument.text(price: quote.ask)),
                .text(instrument.text(quantity: quote.askQuantity)),
                .number("\(quote.updateID)"),
            ])
        }
    }

    /// Prints the books, or what is still pending.
    func finish(_ path: ReplayPath) {
        writer?.flush()
        guard request.emit == .book else { return }
        for id in 0..<UInt32(instruments.count) { output(book(path, id)) }
    }

    private func book(_ path: ReplayPath, _ id: UInt32) -> String {
        let instrument = instruments[id]
        let status = path.telemetry.instrument(id)
        func side(_ side: Side) -> String {
            path.stages.kernel.pointee.levels(of: id, side: side).map { level in
                let price = instrument.text(price: level.price)
                let quantity = instrument.text(quantity: level.quantity)
                return "[\"\(price)\",\"\(quantity)\"]"
            }.joined(separator: ",")
        }
        let updateID = path.stages.kernel.pointee.quote(of: id).updateID
        return "{\"symbol\":\"\(instrument.symbolText)\",\"update_id\":\(updateID),"
            + "\"sequence_gaps\":\(status.pointee.gaps),"
            + "\"bids\":[\(side(.buy))],\"asks\":[\(side(.sell))]}\n"
    }
}

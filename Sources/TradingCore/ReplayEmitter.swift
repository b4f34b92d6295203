//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Execution
import Indicators
import MarketData
import Messages
import Strategy
import Venues

/// Turns what the stages do into rows of one kind.
final class ReplayEmitter {
    private let request: ReplayRequest
    private let instruments: InstrumentTable
    private let strategy: StrategyConfiguration
    private let output: (String) -> Void
    private var writer: RowWriter?
    private var lastQuotes: [Quote?]
    private var pendingIntents: [OrderIntent] = []
    private var pendingChildren: [OrderIntent] = []
    private let ids: [String: UInt32]
    /// Of the bars and indicators asked for.
    private let timeframe: UInt32?
    /// By instrument: the forming bar printed last.
    private var lastForming: [FormingBar?]

    /// What tells one state of a forming bar from another: its trades come one by one.
    private struct FormingBar: Equatable {
        let openTimeNs: UInt64
        let tradeCount: UInt64
    }

    private struct Quote: Equatable {
        let bid: Int64
        let bidQuantity: Int64
        let ask: Int64
        let askQuantity: Int64
    }

    init(
        _ request: ReplayRequest, _ configuration: PathConfiguration,
        instruments: InstrumentTable, output: @escaping (String) -> Void
    ) {
        self.request = request
        self.instruments = instruments
        strategy = configuration.strategy
        self.output = output
        lastQuotes = Array(repeating: nil, count: instruments.count)
        lastForming = Array(repeating: nil, count: instruments.count)
        var ids: [String: UInt32] = [:]
        for id in 0..<UInt32(instruments.count) { ids[instruments[id].venueSymbolText] = id }
        self.ids = ids
        timeframe = configuration.kernel.timeframes.firstIndex(of: request.timeframe)
            .map { UInt32($0) }
        if request.emit != .book {
            writer = RowWriter(
                columns: Self.columns(request.emit, configuration.kernel)
                    + (request.showsForming ? ["state"] : []),
                format: RowWriter.Format(rawValue: request.format) ?? .csv, output: output)
        }
    }

    var rowCount: Int { writer?.rowCount ?? instruments.count }

    func instrumentID(venueSymbol: String) -> UInt32? { ids[venueSymbol] }

    static func columns(_ kind: EmitKind, _ kernel: KernelConfiguration) -> [String] {
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
        case .indicators: ["ts", "symbol", "timeframe"] + kernel.indicators.columnNames
        case .features:
            ["ts", "symbol"] + ((try? kernel.schema()) ?? FeatureSchema()).names
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
        case .trades: unsafe sinks.event = { [unowned self] in unsafe trade($0) }
        case .features: unsafe sinks.feature = { [unowned self] in unsafe feature($0) }
        case .signals: unsafe sinks.signal = { [unowned self] in unsafe signal($0) }
        case .orders:
            unsafe sinks.intent = { [unowned self] in unsafe pendingIntents.append($0.pointee) }
            unsafe sinks.verdict = { [unowned self] in
                unsafe verdict($0, of: &pendingIntents)
            }
            unsafe sinks.child = { [unowned self] in unsafe pendingChildren.append($0.pointee) }
            unsafe sinks.childVerdict = { [unowned self] in
                unsafe verdict($0, of: &pendingChildren)
            }
        case .bars: unsafe sinks.bar = { [unowned self] in unsafe bar($0) }
        case .indicators: unsafe sinks.indicators = { [unowned self] in unsafe indicators($0) }
        case .quotes, .book: break
        }
        return sinks
    }

    private func trade(_ event: UnsafePointer<MarketEvent>) {
        guard unsafe event.pointee.kind == .trade else { return }
        let trade = unsafe UnsafeRawPointer(event).assumingMemoryBound(to: Trade.self).pointee
        let instrument = instruments[trade.instrumentID]
        writer?.write([
            .number("\(trade.ingressTimeNs)"), .text(instrument.symbolText),
            .number("\(trade.tradeID)"), .text(instrument.text(price: trade.price)),
            .text(instrument.text(quantity: trade.quantity)),
            .text(trade.side == .buy ? "buy" : "sell"),
        ])
    }

    private func feature(_ vector: UnsafePointer<FeatureVector>) {
        let symbol = unsafe instruments[vector.pointee.instrumentID].symbolText
        var cells: [Cell] = [.number(unsafe "\(vector.pointee.ingressTimeNs)"), .text(symbol)]
        unsafe withUnsafeBytes(of: vector.pointee.values) { bytes in
            let values = unsafe bytes.bindMemory(to: Float.self)
            let count = unsafe min(Int(vector.pointee.featureCount), values.count)
            for index in 0..<count { unsafe cells.append(.value(values[index])) }
        }
        writer?.write(cells)
    }

    private func signal(_ signal: UnsafePointer<Signal>) {
        let symbol = unsafe instruments[signal.pointee.instrumentID].symbolText
        writer?.write([
            .number(unsafe "\(signal.pointee.ingressTimeNs)"), .text(symbol),
            .number(unsafe "\(signal.pointee.modelID)"), unsafe .value(signal.pointee.score),
            unsafe .value(signal.pointee.confidence),
            unsafe .text(strategy.action(of: signal.pointee)),
        ])
    }

    private func verdict(_ verdict: UnsafePointer<RiskVerdict>, of pending: inout [OrderIntent]) {
        guard !pending.isEmpty else { return }
        let intent = pending.removeFirst()
        guard intent.kind == .place else { return }
        let instrument = instruments[intent.instrumentID]
        let reason =
            unsafe verdict.pointee.verdict == .approved
            ? Self.reason(intent) : unsafe "risk:\(verdict.pointee.verdict.text)"
        writer?.write([
            .number("\(intent.ingressTimeNs)"), .text(instrument.symbolText),
            .text(ClientOrderID.text(intent.orderID)), .text(intent.side == .buy ? "buy" : "sell"),
            .text(Self.type(intent)), .text(instrument.text(price: intent.limitPrice)),
            .text(instrument.text(quantity: intent.quantity)), .text(reason),
        ])
    }

    /// Exits have reasons of their own.
    private static func reason(_ intent: OrderIntent) -> String {
        if intent.reason != 0, let exit = ExitReason(rawValue: intent.reason) { return exit.text }
        return StrategyReason.text(intent.reason)
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
        guard unsafe bar.pointee.timeframe == timeframe else { return }
        unsafe write(bar.pointee, state: "closed")
    }

    private func write(_ bar: Bar, state: String) {
        let instrument = instruments[bar.instrumentID]
        let cells: [Cell] = [
            .number("\(bar.openTimeNs)"), .text(instrument.symbolText),
            .text(request.timeframe.text), .text(instrument.text(price: bar.open)),
            .text(instrument.text(price: bar.high)), .text(instrument.text(price: bar.low)),
            .text(instrument.text(price: bar.close)),
            .text(instrument.text(quantity: bar.volume)), .number("\(bar.tradeCount)"),
        ]
        writer?.write(request.showsForming ? cells + [.text(state)] : cells)
    }

    /// Prints the bars that a frame changed and did not close.
    private func writeForming(_ path: ReplayPath) {
        guard let timeframe else { return }
        for id in 0..<UInt32(instruments.count) {
            guard
                let bar = unsafe path.stages.kernel.pointee.formingBar(
                    of: id, timeframe: Int(timeframe)), bar.tradeCount > 0
            else { continue }
            let now = FormingBar(openTimeNs: bar.openTimeNs, tradeCount: bar.tradeCount)
            guard lastForming[Int(id)] != now else { continue }
            lastForming[Int(id)] = now
            write(bar, state: "forming")
        }
    }

    private func indicators(_ row: UnsafePointer<IndicatorValues>) {
        guard unsafe row.pointee.timeframe == timeframe else { return }
        var cells: [Cell] = [
            .number(unsafe "\(row.pointee.openTimeNs)"),
            unsafe .text(instruments[row.pointee.instrumentID].symbolText),
            .text(request.timeframe.text),
        ]
        unsafe withUnsafeBytes(of: row.pointee.values) { bytes in
            let values = unsafe bytes.bindMemory(to: Double.self)
            let count = unsafe min(Int(row.pointee.count), values.count)
            for index in 0..<count { unsafe cells.append(.value(values[index])) }
        }
        writer?.write(cells)
    }

    // MARK: After frames and at the end

    /// Prints what a frame changed: at level 1, or of the bars that form.
    func afterFrame(_ path: ReplayPath, timeNs: UInt64) {
        if request.showsForming { writeForming(path) }
        guard request.emit == .quotes else { return }
        for id in 0..<UInt32(instruments.count) {
            guard unsafe path.stages.kernel.pointee.isBookValid(of: id) else { continue }
            let quote = unsafe path.stages.kernel.pointee.quote(of: id)
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
        let dump = unsafe path.stages.kernel.pointee.book(of: id)
        func text(_ levels: [PriceLevel]) -> String {
            levels.map { level in
                let price = instrument.text(price: level.price)
                let quantity = instrument.text(quantity: level.quantity)
                return "[\"\(price)\",\"\(quantity)\"]"
            }.joined(separator: ",")
        }
        return "{\"symbol\":\"\(instrument.symbolText)\",\"update_id\":\(dump.updateID),"
            + "\"sequence_gaps\":\(dump.gaps),"
            + "\"bids\":[\(text(dump.bids))],\"asks\":[\(text(dump.asks))]}\n"
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// OKX's side of the synthetic market: its instruments' books and the channels made of them.
final class OKXMarket: MarketSink {
    let tickIntervalNs: UInt64 = 10_000_000
    private(set) var instruments = OKXInstrument.all
    let hub: OKXHub
    let hasLongCodes: Bool
    private let exchange: SyntheticExchange
    private let clock: VenueClock
    private let faults: FaultInjector
    private(set) var feeds: [OKXFeed] = []
    weak var executions: (any ExecutionSink)? {
        didSet { scripted?.executions = executions }
    }
    /// Where orders meet instead of the books; instruments by the same numbers.
    var scripted: ScriptedMarket? {
        didSet { scripted?.executions = executions }
    }
    /// Called each 10 ms after the channels.
    var onTick: (UInt64) -> Void = { _ in }
    /// Instruments that are suspended, and until when.
    private var suspendedUntilNs: [Int: UInt64] = [:]

    /// - Parameters:
    ///   - clock: That of the venue; `nil`: the exchange's.
    ///   - leaders: Books of other venues that lead a coin, by the coin's name, and the size of
    ///     their ticks is that of the coin's linear swap here.
    init(
        seed: UInt64, rate: Double, options: OKXOptions, exchange: SyntheticExchange,
        clock: VenueClock? = nil, leaders: [String: SyntheticBook] = [:],
        faults: FaultInjector = .none
    ) {
        self.exchange = exchange
        self.faults = faults
        let clock = clock ?? exchange.clock
        self.clock = clock
        hasLongCodes = options.hasLongCodes
        hub = OKXHub(faults: faults, clock: clock)
        exchange.add(self)
        // Another stream of numbers than the one that other venues draw from.
        var seeds = SplitMix64(seed: seed ^ 0x6F6B_7800_0000_0001)
        var leading = leaders
        for (index, instrument) in instruments.enumerated() {
            let flow = instrument.flow(rate: rate)
            let anchor = leading[instrument.base].map {
                SyntheticBook.Anchor(book: $0, scale: 1 + flow.basis)
            }
            let book = SyntheticBook(
                sink: self, index: index, parameters: flow.parameters,
                random: SplitMix64(seed: seeds.next()), anchor: anchor, startNs: clock.startNs)
            if leading[instrument.base] == nil { leading[instrument.base] = book }
            exchange.add(book)
            feeds.append(
                OKXFeed(
                    index: index, instrument: instrument, book: book, hub: hub, clock: clock,
                    faults: faults, hasChecksum: options.hasChecksum))
        }
    }

    func index(named name: String) -> Int? { instruments.firstIndex { $0.name == name } }

    func code(_ index: Int) -> Int64 {
        hasLongCodes ? instruments[index].longCode : instruments[index].code
    }

    func index(code: Int64) -> Int? { instruments.indices.first { self.code($0) == code } }

    var nextDeadlineNs: UInt64 { exchange.nextDeadlineNs }

    func advance(to nowNs: UInt64) { exchange.advance(to: nowNs) }

    // MARK: - What happens in the books

    func traded(_ index: Int, _ trade: MarketTrade) {
        var trade = trade
        trade.timeMs = clock.shown(trade.timeMs)
        feeds[index].traded(trade)
    }

    func filled(orderID: Int64, price: Int64, lots: Int64, isMaker: Bool, tradeID: Int64) {
        executions?.filled(
            orderID: orderID, price: price, lots: lots, isMaker: isMaker, tradeID: tradeID)
    }

    func expiredInMatch(orderID: Int64) { executions?.expiredInMatch(orderID: orderID) }

    func changed(_ index: Int, _ change: MatchingEngine.Change, step: Int64) {
        feeds[index].changed(change, step: step)
    }

    func settled(_ index: Int, isChanged: Bool, timeMs: Int64) {
        feeds[index].settled(isChanged: isChanged, timeMs: clock.shown(timeMs))
    }

    func tick(_ count: UInt64, nowNs: UInt64) {
        for feed in feeds { feed.tick(count, nowNs: nowNs) }
        if count % 100 == 0 { updateStates(nowNs: nowNs) }
        onTick(count)
    }

    // MARK: - Orders

    func submit(_ order: MarketOrder) -> MarketOutcome {
        if let scripted { return scripted.submit(order) }
        return exchange.submit(order, to: feeds[order.symbol].book)
    }

    func cancel(_ orderID: Int64, instrument: Int) -> Bool {
        if let scripted { return scripted.cancel(symbol: instrument, orderID: orderID) }
        return exchange.cancel(orderID, in: feeds[instrument].book)
    }

    func reduce(_ orderID: Int64, to lots: Int64, instrument: Int) -> Bool {
        if let scripted { return scripted.reduce(orderID, to: lots, symbol: instrument) }
        return exchange.reduce(orderID, to: lots, in: feeds[instrument].book)
    }

    func skipBookEvent() {
        for feed in feeds { feed.skipBookEvent() }
    }

    // MARK: - States of instruments

    func isSuspended(_ index: Int) -> Bool { suspendedUntilNs[index] != nil }

    func state(_ index: Int) -> String { isSuspended(index) ? "suspend" : "live" }

    private func updateStates(nowNs: UInt64) {
        for (index, until) in suspendedUntilNs where nowNs >= until {
            suspendedUntilNs[index] = nil
            publishState(index)
        }
        if let halt = faults.fires(.instrumentHalt, .okx) {
            let index = faults.pick(below: instruments.count)
            suspendedUntilNs[index] = nowNs + halt.durationNs
            publishState(index)
        }
        if faults.fires(.tickChange, .okx) != nil {
            change(faults.pick(below: instruments.count)) { $0.ticksPerStep *= 10 }
        }
        let contracts = instruments.indices.filter { !instruments[$0].isSpot }
        if faults.fires(.contractChange, .okx) != nil {
            change(contracts[faults.pick(below: contracts.count)]) {
                $0.toldContract = Fixed(
                    units: ($0.toldContract ?? $0.contract).units * 10)
            }
        }
    }

    private func change(_ index: Int, _ body: (inout OKXInstrument) -> Void) {
        body(&instruments[index])
        feeds[index].instrument = instruments[index]
        publishState(index)
    }

    /// The `instruments` channel tells of changes only.
    private func publishState(_ index: Int) {
        let kind = instruments[index].kind
        var writer = ByteWriter(capacity: 2048)
        writer.text("{\"arg\":{\"channel\":\"instruments\",\"instType\":\"\(kind.rawValue)\"}")
        writer.text(",\"data\":[")
        instruments[index].write(code: code(index), state: state(index), to: &writer)
        writer.text("]}")
        hub.publish(
            writer.bytes, to: OKXTopic(channel: .instruments, instrument: kind == .spot ? 0 : 1))
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The private channels: who hears of orders, cash and positions, and when.
///
/// Pushes of orders go out at once; while a request is carried out they wait, so that its reply
/// can come first. Account and positions are gathered and told every 50 ms.
final class OKXPrivateFeed {
    static let regularMs: Int64 = 5_000
    static let connectionsMax = 30

    private let desk: OKXDesk
    private let clock: VenueClock
    private let faults: FaultInjector
    private let text: OKXPrivateText
    private var sessions: [OKXSession] = []
    private var writer = ByteWriter(capacity: 4096)
    private var changedCurrencies: Set<String> = []
    private var changedPositions: Set<Int> = []
    private var held: [(session: OKXSession, bytes: [UInt8])] = []
    /// While true pushes of orders wait for `release`.
    private(set) var isHolding = false
    /// While true pushes of fills wait for `takeLateFills`.
    var isDelayingFills = false
    private var lateFills: [(session: OKXSession, bytes: [UInt8])] = []
    /// Taker fills of the request under way, for the `fills` channel.
    private var takerFills: [(order: OKXOrder, fill: OKXFill, count: Int)] = []
    private var lastRegularMs: Int64 = 0

    init(desk: OKXDesk, clock: VenueClock, faults: FaultInjector) {
        self.desk = desk
        self.clock = clock
        self.faults = faults
        text = OKXPrivateText(desk: desk, clock: clock)
        desk.onOrder = { [unowned self] in tell($0, $1) }
    }

    // MARK: - Subscriptions

    /// How many connections have the channel.
    func connectionCount(_ channel: OKXPrivateArgument.Channel) -> Int {
        sessions.count { session in session.arguments.contains { $0.channel == channel } }
    }

    func add(_ session: OKXSession) {
        if !sessions.contains(where: { $0 === session }) { sessions.append(session) }
    }

    func remove(_ session: OKXSession) { sessions.removeAll { $0 === session } }

    /// The snapshot of a new subscription; `orders` and `fills` have none.
    func sendSnapshot(_ argument: OKXPrivateArgument, to session: OKXSession) {
        switch argument.channel {
        case .orders, .fills: return
        case .account:
            let currencies = desk.account.cash.keys.sorted().filter {
                argument.covers(currency: $0) && desk.account.cash[$0]?.units != 0
            }
            push(account(argument, currencies, event: "snapshot"), to: session)
        case .positions:
            push(positions(argument, openPositions(argument), event: "snapshot"), to: session)
        case .balanceAndPosition:
            argument.begin(&writer)
            writer.text(",\"data\":[")
            text.balanceAndPosition(
                event: "snapshot", currencies: desk.account.cash.keys.sorted(),
                positions: openPositions(argument), trade: nil, to: &writer)
            writer.text("]}")
            push(writer.bytes, to: session)
        }
    }

    private func openPositions(_ argument: OKXPrivateArgument) -> [Int] {
        desk.market.instruments.indices.filter {
            desk.account.positions[$0].lots != 0 && argument.covers(desk.market.instruments[$0])
        }
    }

    private func push(_ bytes: [UInt8], to session: OKXSession) {
        if isHolding { held.append((session, bytes)) } else { session.push(bytes) }
    }

    // MARK: - Orders

    func hold() { isHolding = true }

    /// Sends what waited, in order.
    func release() {
        isHolding = false
        flushTakerFills()
        let waiting = held
        held = []
        for one in waiting { one.session.push(one.bytes) }
    }

    /// Sends the fills that were held back until now.
    func takeLateFills() -> () -> Void {
        let waiting = lateFills
        lateFills = []
        isDelayingFills = false
        return { for one in waiting { one.session.push(one.bytes) } }
    }

    private func tell(_ order: OKXOrder, _ event: OKXOrderEvent) {
        let instrument = desk.instrument(order)
        if let fill = event.fill { note(order, fill, instrument) }
        if event.fill != nil, faults.fires(.missingFill, .okx) != nil { return }
        let count = event.fill != nil && faults.fires(.duplicateFill, .okx) != nil ? 2 : 1
        forEach(.orders) { session, argument in
            guard argument.covers(instrument) else { return }
            argument.begin(&writer)
            writer.text(",\"data\":[")
            order.write(
                event, instrument, last: desk.market.feeds[order.instrument].ticker.last,
                to: &writer)
            writer.text("]}")
            if event.fill != nil, isDelayingFills {
                return lateFills.append((session, writer.bytes))
            }
            for _ in 0..<count { push(writer.bytes, to: session) }
        }
        changedCurrencies.insert(instrument.settle)
        if instrument.isSpot { changedCurrencies.insert(instrument.base) }
    }

    private func forEach(
        _ channel: OKXPrivateArgument.Channel,
        _ body: (OKXSession, OKXPrivateArgument) -> Void
    ) {
        for session in sessions {
            for argument in session.arguments where argument.channel == channel {
                body(session, argument)
            }
        }
    }

    /// A fill changes cash and positions, and is told on the channels of those and of fills.
    private func note(_ order: OKXOrder, _ fill: OKXFill, _ instrument: OKXInstrument) {
        if !instrument.isSpot { changedPositions.insert(order.instrument) }
        let currencies =
            instrument.isSpot ? [instrument.base, instrument.quote] : [instrument.settle]
        forEach(.balanceAndPosition) { session, argument in
            argument.begin(&writer)
            writer.text(",\"data\":[")
            text.balanceAndPosition(
                event: "filled", currencies: currencies,
                positions: instrument.isSpot ? [] : [order.instrument],
                trade: (order.instrument, fill.tradeID), to: &writer)
            writer.text("]}")
            push(writer.bytes, to: session)
        }
        if fill.isMaker || !isHolding { return tellFill(order, fill, count: 1) }
        if let last = takerFills.last, last.order === order, last.fill.price == fill.price {
            takerFills[takerFills.count - 1].fill.lots += fill.lots
            takerFills[takerFills.count - 1].fill.tradeID = fill.tradeID
            takerFills[takerFills.count - 1].count += 1
        } else {
            takerFills.append((order, fill, 1))
        }
    }

    private func flushTakerFills() {
        let fills = takerFills
        takerFills = []
        for one in fills { tellFill(one.order, one.fill, count: one.count) }
    }

    /// A client order id is told only when it is a positive number of 63 bits.
    private func tellFill(_ order: OKXOrder, _ fill: OKXFill, count: Int) {
        // Only trades of a book are told there.
        guard fill.tradeID > 0 else { return }
        let instrument = desk.instrument(order)
        let number = Int64(order.request.clientOrderID).flatMap { $0 > 0 ? $0 : nil } ?? 0
        forEach(.fills) { session, argument in
            guard argument.covers(instrument) else { return }
            argument.begin(&writer)
            writer.text(",\"data\":[{\"instId\":\"\(instrument.name)\",\"fillSz\":\"")
            writer.stripped(instrument.size(fill.lots))
            writer.text("\",\"fillPx\":\"")
            writer.stripped(instrument.price(fill.price))
            writer.text("\",\"side\":\"\(order.side == .bid ? "buy" : "sell")\"")
            writer.text(",\"ts\":\"\(fill.timeMs)\",\"ordId\":\"\(order.orderID)\"")
            writer.text(",\"clOrdId\":\"\(number)\",\"tradeId\":\"\(fill.tradeID)\"")
            writer.text(",\"execType\":\"\(fill.isMaker ? "M" : "T")\",\"count\":\"\(count)\"}]}")
            push(writer.bytes, to: session)
        }
    }

    // MARK: - Account and positions

    /// Every 50 ms.
    func tick() {
        let isRegular = clock.nowMs - lastRegularMs >= Self.regularMs
        if isRegular { lastRegularMs = clock.nowMs }
        let currencies = changedCurrencies.sorted()
        let indices = changedPositions.sorted()
        changedCurrencies.removeAll(keepingCapacity: true)
        changedPositions.removeAll(keepingCapacity: true)
        guard isRegular || !currencies.isEmpty || !indices.isEmpty else { return }
        forEach(.account) { session, argument in
            var told = currencies
            if isRegular, argument.isRegular { told = desk.account.cash.keys.sorted() }
            told = told.filter { argument.covers(currency: $0) }
            guard !told.isEmpty else { return }
            push(account(argument, told, event: "event_update"), to: session)
        }
        forEach(.positions) { session, argument in
            var told = indices.filter { argument.covers(desk.market.instruments[$0]) }
            if isRegular, argument.isRegular {
                told = Array(Set(told + openPositions(argument))).sorted()
            }
            guard !told.isEmpty else { return }
            push(positions(argument, told, event: "event_update"), to: session)
        }
    }

    private func account(
        _ argument: OKXPrivateArgument, _ currencies: [String], event: String
    ) -> [UInt8] {
        argument.begin(&writer)
        writer.text(",\"eventType\":\"\(event)\"")
        if event == "snapshot" { writer.text(",\"curPage\":1,\"lastPage\":true") }
        writer.text(",\"data\":[")
        text.account(currencies, to: &writer)
        writer.text("]}")
        return writer.bytes
    }

    private func positions(
        _ argument: OKXPrivateArgument, _ indices: [Int], event: String
    ) -> [UInt8] {
        argument.begin(&writer)
        writer.text(",\"eventType\":\"\(event)\"")
        if event == "snapshot" { writer.text(",\"curPage\":1,\"lastPage\":true") }
        writer.text(",\"data\":[")
        for (place, index) in indices.enumerated() {
            if place > 0 { writer.text(",") }
            text.position(index, to: &writer)
        }
        writer.text("]}")
        return writer.bytes
    }
}

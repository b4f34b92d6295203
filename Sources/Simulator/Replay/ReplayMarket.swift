//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Plays recorded messages back at their recorded distances and fills client orders against them.
///
/// Messages go out byte for byte. The clock of the recording starts a moment after the first
/// client has subscribed, so that clients with several connections miss nothing. The recorded
/// snapshot answers REST depth from the moment its line is reached; earlier requests wait.
final class ReplayMarket: Market {
    private struct Instrument {
        let symbol: VenueSymbol
        var book = RecordedBook()
        var resting = RestingOrders()
        var aggregates = AggregateTrades()
        var aggregateID: Int64 = 1_000_000
        var mark: Int64 = 0
        var lastDepthID: Int64 = 0
        var isSkippingDepth = false
        /// Depth events before the snapshot, to be applied again on top of it.
        var early: [[UInt8]] = []
        /// The recorded snapshot, until it has been served.
        var snapshot: [UInt8]?
        var hasPassedSnapshot = false
        var events: MarketEvents
        /// Depth requests: those for the recorded snapshot, or for the book after the next event.
        var waiters: [(limit: Int, reply: ([UInt8]) -> Void)] = []
    }

    static let startDelayNs: UInt64 = 250_000_000
    static let backlogMax = 1 << 20
    static let linesPerAdvanceMax = 512
    /// How long a replay at full speed waits at a snapshot for the client that wants it.
    static let snapshotHoldNs: UInt64 = 5_000_000_000

    let symbols: [VenueSymbol]
    weak var executions: (any ExecutionSink)?
    private(set) var isAtEnd = false
    let hub: StreamHub
    private let clock: VenueClock
    private let log: (String) -> Void
    /// Recorded seconds per second; `nil` as fast as clients read.
    private let speed: Double?
    private var source: ReplaySource
    private var pending: ReplaySource.Line?
    private var instruments: [Instrument]
    private var indexByName: [String: Int] = [:]
    private let symbolsOfFile: [[Int]]
    private var startNs: UInt64?
    private var holdUntilNs: UInt64 = 0
    private var firstTimeNs: UInt64 = 0
    private var nextSecondNs: UInt64 = 0
    private var secondCount = 0
    private var tradeID: Int64 = 9_000_000_000_000

    /// - Throws: A sentence for the operator.
    init(
        paths: [String], speed: Double?, clock: VenueClock, log: @escaping (String) -> Void
    ) throws(SimulatorError) {
        var symbols: [VenueSymbol] = []
        var symbolsOfFile: [[Int]] = []
        do {
            for path in paths {
                let names = try ReplaySource.symbols(of: path)
                guard !names.isEmpty else {
                    throw SimulatorError("\(path): no combined-stream messages in it")
                }
                var indices: [Int] = []
                for name in names {
                    guard let symbol = VenueSymbol.known(name) else {
                        throw SimulatorError("\(path): the filters of \(name) are not known")
                    }
                    if !symbols.contains(where: { $0.name == name }) { symbols.append(symbol) }
                    indices.append(symbols.firstIndex { $0.name == name } ?? 0)
                }
                symbolsOfFile.append(indices)
            }
            source = try ReplaySource(paths: paths)
        } catch {
            throw error as? SimulatorError ?? SimulatorError("\(error)")
        }
        self.symbols = symbols
        self.symbolsOfFile = symbolsOfFile
        self.speed = speed
        self.clock = clock
        self.log = log
        hub = StreamHub(symbols: symbols)
        instruments = symbols.map {
            Instrument(symbol: $0, events: MarketEvents(symbol: $0, hasFieldsOf2026: true))
        }
        for (index, symbol) in symbols.enumerated() { indexByName[symbol.lowerName] = index }
        pending = source.next(log: log)
        firstTimeNs = pending?.receiveTimeNs ?? 0
        nextSecondNs = firstTimeNs + 1_000_000_000
    }

    // MARK: - Pace

    private func dueNs(_ line: ReplaySource.Line) -> UInt64 {
        guard let startNs else { return .max }
        guard let speed else { return startNs }
        let passed = Double(line.receiveTimeNs - min(firstTimeNs, line.receiveTimeNs)) / speed
        return startNs + UInt64(min(passed, 9e18))
    }

    var nextDeadlineNs: UInt64 {
        if isAtEnd { return .max }
        guard startNs != nil else {
            return hub.hasHadSubscribers ? clock.nowNs : .max
        }
        guard let pending else { return clock.nowNs }
        if speed == nil {
            if clock.nowNs < holdUntilNs { return holdUntilNs }
            // Clients that read slowly are looked at again in a millisecond.
            if hub.backlogMax > Self.backlogMax { return clock.nowNs + 1_000_000 }
        }
        return dueNs(pending)
    }

    func advance(to nowNs: UInt64) {
        if startNs == nil {
            guard hub.hasHadSubscribers else { return }
            startNs = nowNs + Self.startDelayNs
            log("replay starts: \(symbols.map(\.name).joined(separator: " "))")
        }
        var count = 0
        while let line = pending, dueNs(line) <= nowNs {
            if speed == nil {
                if nowNs < holdUntilNs || hub.backlogMax > Self.backlogMax { return }
                if count >= Self.linesPerAdvanceMax { return }
            }
            count += 1
            while line.receiveTimeNs >= nextSecondNs { secondPassed() }
            pending = source.next(log: log)
            play(line)
        }
        if pending == nil, !isAtEnd {
            isAtEnd = true
            log(
                "replay ends: \(source.lineCount) lines, \(source.badLineCount) bad, "
                    + "\(hub.messageCount) messages sent")
        }
    }

    // MARK: - Messages

    private func play(_ line: ReplaySource.Line) {
        let scanner = RecordedScanner(bytes: line.json)
        guard let message = scanner.message else {
            if let id = scanner.integer(RecordedKey.lastUpdateID) {
                takeSnapshot(scanner, updateID: id, fileIndex: line.fileIndex)
            }
            return
        }
        guard let at = message.name.firstIndex(of: "@"),
            let index = indexByName[String(message.name[..<at])]
        else { return }
        let payload = Array(line.json[message.payload])
        let inner = RecordedScanner(bytes: payload)
        let stream = message.name[message.name.index(after: at)...]
        if stream.hasPrefix("depth") {
            playDepth(index, payload, inner)
        } else if stream == "bookTicker" {
            hub.publish(payload, to: Topic(symbol: index, kind: .bookTicker))
            readTouch(index, inner)
        } else if stream == "trade" {
            hub.publish(payload, to: Topic(symbol: index, kind: .trade))
            readTrade(index, inner)
        } else if let topic = hub.topic(named: message.name) {
            hub.publish(payload, to: topic)
        }
    }

    private func playDepth(_ index: Int, _ payload: [UInt8], _ scanner: RecordedScanner) {
        if instruments[index].isSkippingDepth {
            instruments[index].isSkippingDepth = false
        } else {
            for kind in StreamKind.depths {
                hub.publish(payload, to: Topic(symbol: index, kind: kind))
            }
        }
        if !instruments[index].hasPassedSnapshot { instruments[index].early.append(payload) }
        applyDepth(index, scanner)
        if instruments[index].hasPassedSnapshot, instruments[index].snapshot == nil {
            answerFromBook(index)
        }
    }

    /// Puts a depth event's absolute quantities into the book.
    private func applyDepth(_ index: Int, _ scanner: RecordedScanner) {
        let symbol = instruments[index].symbol
        let tick = symbol.tickSize.units
        let step = symbol.stepSize.units
        guard let bids = scanner.find(RecordedKey.bidLevels) else { return }
        func set(_ side: BookSide, _ price: Fixed, _ quantity: Fixed) {
            let ticks = price.units / tick
            let lots = quantity.units / step
            instruments[index].book.set(side, price: ticks, lots: lots)
            if !instruments[index].resting.orders.isEmpty {
                instruments[index].resting.level(side, price: ticks, lots: lots)
            }
        }
        let behind = scanner.levels(from: bids) { set(.bid, $0, $1) }
        if let behind, let asks = scanner.find(RecordedKey.askLevels, from: behind) {
            _ = scanner.levels(from: asks) { set(.ask, $0, $1) }
        }
        if let id = scanner.integer(RecordedKey.finalID) { instruments[index].lastDepthID = id }
    }

    private func readTouch(_ index: Int, _ scanner: RecordedScanner) {
        let symbol = instruments[index].symbol
        guard let bid = scanner.decimal(RecordedKey.bidPrice),
            let bidLots = scanner.decimal(RecordedKey.bidQuantity),
            let ask = scanner.decimal(RecordedKey.askPrice),
            let askLots = scanner.decimal(RecordedKey.askQuantity)
        else { return }
        let touch = Touch(
            bid: bid.units / symbol.tickSize.units, bidLots: bidLots.units / symbol.stepSize.units,
            ask: ask.units / symbol.tickSize.units, askLots: askLots.units / symbol.stepSize.units)
        instruments[index].book.touch = touch
        instruments[index].mark = (bid.units + ask.units) / 2
        guard !instruments[index].resting.orders.isEmpty else { return }
        instruments[index].resting.level(.bid, price: touch.bid, lots: touch.bidLots)
        instruments[index].resting.level(.ask, price: touch.ask, lots: touch.askLots)
        report(instruments[index].resting.touch(touch))
    }

    private func readTrade(_ index: Int, _ scanner: RecordedScanner) {
        let symbol = instruments[index].symbol
        guard scanner.find(RecordedKey.isMarket) != nil,
            let price = scanner.decimal(RecordedKey.price),
            let quantity = scanner.decimal(RecordedKey.quantity)
        else { return }
        let isBuyerMaker = scanner.find(RecordedKey.isBuyerMaker) != nil
        let ticks = price.units / symbol.tickSize.units
        let lots = quantity.units / symbol.stepSize.units
        instruments[index].aggregates.add(
            price: ticks, lots: lots, id: scanner.integer(RecordedKey.tradeID) ?? 0,
            timeMs: scanner.integer(RecordedKey.time) ?? 0, isBuyerMaker: isBuyerMaker)
        if instruments[index].aggregates.pending.count >= 4 { flushAggregates(index) }
        guard !instruments[index].resting.orders.isEmpty else { return }
        report(
            instruments[index].resting.trade(price: ticks, lots: lots, isBuyerMaker: isBuyerMaker))
    }

    private func flushAggregates(_ index: Int) {
        let topic = Topic(symbol: index, kind: .aggTrade)
        for one in instruments[index].aggregates.pending {
            instruments[index].aggregateID += 1
            guard hub.hasSubscribers(topic) else { continue }
            instruments[index].events.aggregate(
                one, id: instruments[index].aggregateID, eventMs: one.timeMs)
            hub.publish(instruments[index].events.bytes, to: topic)
        }
        instruments[index].aggregates.clear()
    }

    /// One second of the recording is over: mark prices, made from the recorded middle.
    private func secondPassed() {
        let timeMs = Int64(nextSecondNs / 1_000_000)
        secondCount += 1
        for index in instruments.indices {
            flushAggregates(index)
            for kind in [StreamKind.mark1s, .mark3s] where kind == .mark1s || secondCount % 3 == 0 {
                let topic = Topic(symbol: index, kind: kind)
                guard instruments[index].mark > 0, hub.hasSubscribers(topic) else { continue }
                instruments[index].events.markPrice(
                    Fixed(units: instruments[index].mark), eventMs: timeMs)
                hub.publish(instruments[index].events.bytes, to: topic)
            }
        }
        nextSecondNs += 1_000_000_000
    }

    private func report(_ fills: [RestingOrders.Fill]) {
        for fill in fills {
            tradeID += 1
            executions?.filled(
                orderID: fill.orderID, price: fill.price, lots: fill.lots, isMaker: true,
                tradeID: tradeID)
        }
    }

    // MARK: - Snapshots

    /// A recorded REST answer names no symbol: it belongs to the one of its file whose price is
    /// nearest to its best bid.
    private func takeSnapshot(_ scanner: RecordedScanner, updateID: Int64, fileIndex: Int) {
        guard let bids = scanner.find(RecordedKey.snapshotBids),
            let first = scanner.decimal(at: bids + 2)?.value,
            let index = symbolsOfFile[fileIndex].min(by: {
                abs(instruments[$0].mark - first.units) < abs(instruments[$1].mark - first.units)
            })
        else { return }
        let symbol = instruments[index].symbol
        instruments[index].book.clear()
        let behind = scanner.levels(from: bids) {
            instruments[index].book.set(
                .bid, price: $0.units / symbol.tickSize.units,
                lots: $1.units / symbol.stepSize.units)
        }
        if let behind, let asks = scanner.find(RecordedKey.snapshotAsks, from: behind) {
            _ = scanner.levels(from: asks) {
                instruments[index].book.set(
                    .ask, price: $0.units / symbol.tickSize.units,
                    lots: $1.units / symbol.stepSize.units)
            }
        }
        for event in instruments[index].early {
            let early = RecordedScanner(bytes: event)
            if let id = early.integer(RecordedKey.finalID), id >= updateID {
                applyDepth(index, early)
            }
        }
        instruments[index].early = []
        instruments[index].hasPassedSnapshot = true
        instruments[index].snapshot = scanner.bytes
        answerRecorded(index)
        let isWanted = StreamKind.depths.contains {
            hub.hasSubscribers(Topic(symbol: index, kind: $0))
        }
        if speed == nil, instruments[index].snapshot != nil, isWanted {
            holdUntilNs = clock.nowNs + Self.snapshotHoldNs
        }
    }

    private func answerRecorded(_ index: Int) {
        guard let snapshot = instruments[index].snapshot, !instruments[index].waiters.isEmpty else {
            return
        }
        let waiters = instruments[index].waiters
        instruments[index].waiters = []
        instruments[index].snapshot = nil
        holdUntilNs = 0
        for waiter in waiters { waiter.reply(snapshot) }
    }

    /// A later request, after a gap for instance: the book as it stands after the event just sent.
    private func answerFromBook(_ index: Int) {
        guard !instruments[index].waiters.isEmpty else { return }
        let waiters = instruments[index].waiters
        instruments[index].waiters = []
        let book = instruments[index].book
        for waiter in waiters {
            var writer = ByteWriter(capacity: 64 * waiter.limit + 128)
            let bids = book.levels(.bid).suffix(waiter.limit).reversed().lazy
            let asks = book.levels(.ask).suffix(waiter.limit).reversed().lazy
            instruments[index].symbol.writeDepth(
                updateID: instruments[index].lastDepthID, timeMs: clock.nowMs,
                bids: bids.map { ($0.price, $0.lots) }, asks: asks.map { ($0.price, $0.lots) },
                to: &writer)
            waiter.reply(writer.bytes)
        }
    }

    func depth(_ symbol: Int, limit: Int, reply: @escaping ([UInt8]) -> Void) {
        instruments[symbol].waiters.append((limit, reply))
        if instruments[symbol].snapshot != nil {
            answerRecorded(symbol)
        } else if isAtEnd {
            answerFromBook(symbol)
        }
    }

    // MARK: - Orders

    func touch(_ symbol: Int) -> Touch { instruments[symbol].book.touch }

    func markPrice(_ symbol: Int) -> Fixed { Fixed(units: instruments[symbol].mark) }

    func submit(_ order: MarketOrder) -> MarketOutcome {
        let book = instruments[order.symbol].book
        let opposite = order.side.opposite
        // The opposite side's rank grows towards its best, so the limit bounds what is taken.
        let displayed = book.displayed(opposite, limit: order.limit, wanted: order.lots)
        let takable = displayed.reduce(0) { $0 + $1.lots }
        if order.timeInForce == .postOnly, takable > 0 { return .wouldTake }
        if order.timeInForce == .fillOrKill, takable < order.lots { return .cannotFill }
        for level in displayed {
            tradeID += 1
            executions?.filled(
                orderID: order.orderID, price: level.price, lots: level.lots, isMaker: false,
                tradeID: tradeID)
        }
        let leaves = order.lots - takable
        let rests = order.timeInForce == .goodTillCancel || order.timeInForce == .postOnly
        if leaves > 0, rests {
            instruments[order.symbol].resting.join(
                RestingOrders.Order(
                    orderID: order.orderID, side: order.side, price: order.limit, leaves: leaves,
                    ahead: book.lots(order.side, at: order.limit)))
        }
        return .accepted(leaves: leaves)
    }

    func cancel(symbol: Int, orderID: Int64) -> Bool {
        instruments[symbol].resting.remove(orderID: orderID)
    }

    func book(_ symbol: Int) -> [UInt8]? {
        var writer = ByteWriter(capacity: 1 << 16)
        let book = instruments[symbol].book
        let bids = book.levels(.bid).reversed().lazy
        let asks = book.levels(.ask).reversed().lazy
        instruments[symbol].symbol.writeDepth(
            updateID: instruments[symbol].lastDepthID, timeMs: clock.nowMs,
            bids: bids.map { ($0.price, $0.lots) }, asks: asks.map { ($0.price, $0.lots) },
            to: &writer)
        return writer.bytes
    }

    func skipDepthEvent() {
        for index in instruments.indices { instruments[index].isSkippingDepth = true }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Publishes one instrument's market on the public channels.
///
/// The sequence number counts changes of the book in irregular steps. At one instant the channels
/// follow each other as on the venue: `bbo-tbt`, `books-l2-tbt`, `books50-l2-tbt`, `books`,
/// `books5`.
final class OKXFeed {
    static let idleNs: UInt64 = 60_000_000_000
    static let markIdleNs: UInt64 = 10_000_000_000
    static let fundingIntervalNs: UInt64 = 60_000_000_000

    let index: Int
    var instrument: OKXInstrument
    let book: SyntheticBook
    private let hub: OKXHub
    private let clock: VenueClock
    private let faults: FaultInjector
    private let hasChecksum: Bool
    private var text: OKXMarketText
    private(set) var sequence: Int64
    private(set) var lastChangeMs: Int64
    private var windows: [OKXChannel: OKXBookWindow] = [:]
    private(set) var ticker: OKXTicker
    private(set) var candles: [OKXChannel: OKXCandles]
    /// Matches of the operation under way.
    private var matches: [MarketTrade] = []
    private var tickerTouch = Touch()
    private var isTickerDue = false
    private var quoteSequence: Int64 = 0
    private var quoteTouch = Touch()
    private var topSequence: Int64 = 0
    private var markSent = Fixed(units: 0)
    private var markSentNs: UInt64 = 0
    private var limitSent = Fixed(units: 0)
    private var fundingSentNs: UInt64 = 0
    private var skipped: Set<OKXChannel> = []

    init(
        index: Int, instrument: OKXInstrument, book: SyntheticBook, hub: OKXHub,
        clock: VenueClock, faults: FaultInjector, hasChecksum: Bool
    ) {
        self.index = index
        self.instrument = instrument
        self.book = book
        self.hub = hub
        self.clock = clock
        self.faults = faults
        self.hasChecksum = hasChecksum
        text = OKXMarketText(instrument)
        sequence = 333_000_000_000 + Int64(index) * 7_000_003
        lastChangeMs = clock.nowMs
        let price = book.touch.bid
        ticker = OKXTicker(price: price)
        candles = [
            .candle1s: OKXCandles(lengthMs: 1_000, price: price, timeMs: clock.nowMs),
            .candle1m: OKXCandles(lengthMs: 60_000, price: price, timeMs: clock.nowMs),
        ]
        for channel in OKXChannel.bookChannels {
            windows[channel] = OKXBookWindow(
                levelsMax: channel.bookLevelsMax, showsTouched: channel == .books)
        }
    }

    private func topic(_ channel: OKXChannel) -> OKXTopic {
        OKXTopic(channel: channel, instrument: index)
    }

    /// A fault may make what is told look old.
    private func told(_ timeMs: Int64) -> Int64 {
        guard let stale = faults.fires(.staleTime, .okx) else { return timeMs }
        return timeMs - Int64(stale.durationNs / 1_000_000)
    }

    // MARK: - What happens

    func traded(_ trade: MarketTrade) {
        matches.append(trade)
        if hub.hasSubscribers(topic(.tradesAll)) {
            text.trade(.tradesAll, trade, count: nil, sequence: sequence)
            hub.publish(text.bytes, to: topic(.tradesAll))
        }
        let quoteVolume = instrument.dollars(price: instrument.price(trade.price), lots: trade.lots)
        let volume =
            instrument.isSpot
            ? quoteVolume
            : instrument.isInverse
                ? instrument.value(ticks: trade.price, lots: trade.lots)
                : instrument.size(trade.lots) * instrument.contract
        ticker.add(trade, volume: volume)
        isTickerDue = true
        // A trade belongs to the candle of its own time, whether or not the grid has come there.
        turnCandles(timeMs: trade.timeMs, isSecond: false)
        for channel in candles.keys {
            candles[channel]?.add(
                price: trade.price, lots: trade.lots, volume: volume, quoteVolume: quoteVolume)
        }
    }

    func changed(_ change: MatchingEngine.Change, step: Int64) {
        sequence += step
        for channel in OKXChannel.bookChannels {
            windows[channel]?.note(change.side, price: change.price)
        }
    }

    /// One operation is complete: its matches go out merged by price.
    func settled(isChanged: Bool, timeMs: Int64) {
        if isChanged { lastChangeMs = timeMs }
        guard !matches.isEmpty else { return }
        defer { matches.removeAll(keepingCapacity: true) }
        guard hub.hasSubscribers(topic(.trades)) else { return }
        var place = 0
        while place < matches.count {
            var merged = matches[place]
            var count = 1
            while place + count < matches.count, matches[place + count].price == merged.price {
                merged.lots += matches[place + count].lots
                merged.tradeID = matches[place + count].tradeID
                count += 1
            }
            merged.timeMs = told(merged.timeMs)
            text.trade(.trades, merged, count: count, sequence: sequence)
            hub.publish(text.bytes, to: topic(.trades))
            place += count
        }
    }

    // MARK: - The grid of 10 ms

    func tick(_ count: UInt64, nowNs: UInt64) {
        let timeMs = clock.milliseconds(at: nowNs)
        book.updateMark(weight: 0.02)
        if faults.fires(.bookReset, .okx) != nil { sequence = max(sequence / 2, 1) }
        publishQuote()
        for channel in OKXChannel.bookChannels
        where count % (channel.bookIntervalNs / 10_000_000) == 0 {
            publishBook(channel, nowNs: nowNs)
        }
        guard count % 10 == 0 else { return }
        publishTop()
        publishTicker(timeMs: timeMs)
        turnCandles(timeMs: timeMs, isSecond: count % 100 == 0)
        if count % 20 == 0 { publishMark(nowNs: nowNs, timeMs: timeMs) }
        if nowNs - min(fundingSentNs, nowNs) >= Self.fundingIntervalNs, !instrument.isSpot {
            fundingSentNs = nowNs
            text.funding(timeMs: timeMs)
            hub.publish(text.bytes, to: topic(.fundingRate))
        }
    }

    private func rows(_ levels: Int) -> OKXBookWindow.Update {
        var window = OKXBookWindow(levelsMax: levels, showsTouched: false)
        window.restart(book.engine, sequence: sequence)
        return OKXBookWindow.Update(bids: window.rows[0], asks: window.rows[1])
    }

    private func publishQuote() {
        guard quoteSequence != sequence, hub.hasSubscribers(topic(.bestQuotes)) else { return }
        quoteSequence = sequence
        let touch = book.touch
        guard touch != quoteTouch else { return }
        quoteTouch = touch
        var best = rows(1)
        if faults.fires(.crossedBook, .okx) != nil {
            best.bids.removeAll()
            best.cross(book.touch)
        }
        text.top(.bestQuotes, best, timeMs: told(lastChangeMs), sequence: sequence)
        hub.publish(text.bytes, to: topic(.bestQuotes))
    }

    private func publishTop() {
        guard topSequence != sequence, hub.hasSubscribers(topic(.books5)) else { return }
        topSequence = sequence
        text.top(.books5, rows(5), timeMs: told(lastChangeMs), sequence: sequence)
        hub.publish(text.bytes, to: topic(.books5))
    }

    private func publishBook(_ channel: OKXChannel, nowNs: UInt64) {
        guard hub.hasSubscribers(topic(channel)), var window = windows[channel] else { return }
        let isIdle = nowNs - min(window.lastSentNs, nowNs) >= Self.idleNs
        guard sequence != window.sequence || isIdle else { return }
        let isReset = sequence < window.sequence
        var (update, previous) = window.advance(book.engine, sequence: sequence)
        // The fast channels pass over changes below their window; the slow one tells of them.
        let isSent = !update.isEmpty || channel == .books || isIdle || isReset
        if isSent { window.lastSentNs = nowNs } else { window.keep(sequence: previous) }
        windows[channel] = window
        guard isSent, skipped.remove(channel) == nil, faults.fires(.gap, .okx) == nil else {
            return
        }
        if faults.fires(.crossedBook, .okx) != nil { update.cross(book.touch) }
        text.book(
            channel, action: "update", update, timeMs: told(lastChangeMs),
            checksum: checksum(window), previous: previous, sequence: sequence)
        hub.publish(text.bytes, to: topic(channel))
    }

    /// The next update of every book channel will be lost.
    func skipBookEvent() { skipped = Set(OKXChannel.bookChannels) }

    private func checksum(_ window: OKXBookWindow) -> Int32 {
        hasChecksum ? OKXChecksum.value(OKXChecksum.text(window, instrument)) : 0
    }

    private func publishTicker(timeMs: Int64) {
        let touch = book.touch
        guard isTickerDue || touch != tickerTouch, hub.hasSubscribers(topic(.tickers)) else {
            return
        }
        isTickerDue = false
        tickerTouch = touch
        text.ticker(ticker, touch: touch, timeMs: told(timeMs))
        hub.publish(text.bytes, to: topic(.tickers))
    }

    private func turnCandles(timeMs: Int64, isSecond: Bool) {
        for channel in [OKXChannel.candle1s, .candle1m] {
            if let done = candles[channel]?.turn(timeMs: timeMs) {
                text.candle(channel, done, isFinal: true)
                hub.publish(text.bytes, to: topic(channel))
            }
            guard isSecond, candles[channel]?.takeChange() == true,
                let open = candles[channel]?.current
            else { continue }
            text.candle(channel, open, isFinal: false)
            hub.publish(text.bytes, to: topic(channel))
        }
    }

    /// The mark price, cut to whole ticks.
    var mark: Fixed { instrument.price(Int64(book.mark)) }
    var buyLimit: Int64 { Int64(book.mark) * OKXInstrument.buyLimitParts / 10_000 }
    var sellLimit: Int64 { Int64(book.mark) * OKXInstrument.sellLimitParts / 10_000 }

    private func publishMark(nowNs: UInt64, timeMs: Int64) {
        let isIdle = nowNs - min(markSentNs, nowNs) >= Self.markIdleNs
        if mark != markSent || isIdle {
            markSent = mark
            markSentNs = nowNs
            if hub.hasSubscribers(topic(.markPrice)) {
                text.mark(mark, timeMs: told(timeMs))
                hub.publish(text.bytes, to: topic(.markPrice))
            }
        }
        let limit = instrument.price(buyLimit)
        guard limit != limitSent else { return }
        limitSent = limit
        text.limits(buy: limit, sell: instrument.price(sellLimit), timeMs: timeMs)
        hub.publish(text.bytes, to: topic(.priceLimit))
    }

    // MARK: - What a new client gets

    /// Makes the channel's copy of the book current when nobody had it; before the subscription.
    func prepare(_ channel: OKXChannel) {
        guard var window = windows[channel], !hub.hasSubscribers(topic(channel)) else { return }
        window.restart(book.engine, sequence: sequence)
        window.lastSentNs = clock.nowNs
        windows[channel] = window
    }

    /// The first push of a subscription; `nil` where the channel waits for an event.
    func first(_ channel: OKXChannel) -> [UInt8]? {
        let timeMs = clock.nowMs
        switch channel {
        case .books, .books50, .booksAll:
            guard let window = windows[channel], faults.fires(.missingSnapshot, .okx) == nil else {
                return nil
            }
            text.book(
                channel, action: "snapshot",
                OKXBookWindow.Update(bids: window.rows[0], asks: window.rows[1]),
                timeMs: lastChangeMs, checksum: checksum(window), previous: -1,
                sequence: window.sequence - oldSnapshotStep())
        case .bestQuotes: text.top(channel, rows(1), timeMs: lastChangeMs, sequence: sequence)
        case .books5: text.top(channel, rows(5), timeMs: lastChangeMs, sequence: sequence)
        case .tickers: text.ticker(ticker, touch: book.touch, timeMs: timeMs)
        case .candle1s, .candle1m:
            guard let candle = candles[channel]?.current else { return nil }
            text.candle(channel, candle, isFinal: false)
        case .markPrice: text.mark(mark, timeMs: timeMs)
        case .priceLimit:
            text.limits(
                buy: instrument.price(buyLimit), sell: instrument.price(sellLimit), timeMs: timeMs)
        case .fundingRate where !instrument.isSpot: text.funding(timeMs: timeMs)
        default: return nil
        }
        return text.bytes
    }

    // MARK: - REST

    func restBook(levels: Int) -> [UInt8] {
        let update = rows(levels)
        let shown = sequence - oldSnapshotStep()
        return text.fresh { $0.object(update, timeMs: lastChangeMs, sequence: shown) }
    }

    /// How far the number of a snapshot is behind, when a fault wants it older than what follows.
    private func oldSnapshotStep() -> Int64 {
        faults.fires(.oldSnapshot, .okx) == nil ? 0 : 1_000_000
    }

    func restTicker() -> [UInt8] {
        text.fresh { $0.write(ticker, touch: book.touch, timeMs: clock.nowMs) }
    }

    func restLimits() -> [UInt8] {
        text.fresh {
            $0.writeLimits(
                buy: instrument.price(buyLimit), sell: instrument.price(sellLimit),
                timeMs: clock.nowMs)
        }
    }

    /// Candles newest first, each an array.
    func restCandles(_ channel: OKXChannel, limit: Int) -> [[UInt8]] {
        guard let all = candles[channel] else { return [] }
        return all.candles.suffix(limit).reversed().enumerated().map { place, candle in
            text.fresh { $0.write(candle, isFinal: place > 0) }
        }
    }

    /// The whole book with the number of its last change and that of each channel's last message.
    func control() -> [UInt8] {
        let update = rows(.max)
        return text.fresh { text in
            text.object(update, timeMs: lastChangeMs, sequence: sequence)
        }
    }

    /// What the channel's clients have if they missed nothing.
    func control(_ channel: OKXChannel) -> [UInt8]? {
        guard let window = windows[channel] else { return nil }
        let update = OKXBookWindow.Update(bids: window.rows[0], asks: window.rows[1])
        return text.fresh { text in
            text.object(update, timeMs: lastChangeMs, sequence: window.sequence)
        }
    }
}

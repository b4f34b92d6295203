//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Writes the pushes of public channels with the venue's keys.
struct OKXMarketText {
    let instrument: OKXInstrument
    private(set) var writer = ByteWriter(capacity: 1 << 15)

    init(_ instrument: OKXInstrument) { self.instrument = instrument }

    var bytes: [UInt8] { writer.bytes }

    private mutating func begin(_ channel: OKXChannel, action: String? = nil) {
        writer.clear()
        writer.text("{\"arg\":{\"channel\":\"\(channel.rawValue)\",\"instId\":\"")
        writer.text(instrument.name)
        writer.text("\"}")
        if let action { writer.text(",\"action\":\"\(action)\"") }
        writer.text(",\"data\":[")
    }

    private mutating func end() { writer.text("]}") }

    private mutating func decimal(_ key: String, _ value: Fixed) {
        writer.text(",\"\(key)\":\"")
        writer.stripped(value)
        writer.byte(0x22)
    }

    private mutating func time(_ key: String, _ timeMs: Int64) {
        writer.text(",\"\(key)\":\"\(timeMs)\"")
    }

    mutating func rows(_ name: String, _ rows: some Sequence<OKXBookWindow.Row>) {
        writer.text("\"\(name)\":[")
        var isFirst = true
        for row in rows {
            writer.text(isFirst ? "[\"" : ",[\"")
            isFirst = false
            writer.stripped(instrument.price(row.price))
            writer.text("\",\"")
            writer.stripped(instrument.size(row.lots))
            writer.text("\",\"0\",\"\(row.orderCount)\"]")
        }
        writer.text("]")
    }

    /// A message of `books` and its kin. `action` is "snapshot" or "update".
    mutating func book(
        _ channel: OKXChannel, action: String, _ update: OKXBookWindow.Update, timeMs: Int64,
        checksum: Int32, previous: Int64, sequence: Int64
    ) {
        begin(channel, action: action)
        writer.text("{")
        rows("asks", update.asks)
        writer.text(",")
        rows("bids", update.bids)
        writer.text(",\"ts\":\"\(timeMs)\",\"checksum\":\(checksum)")
        writer.text(",\"seqId\":\(sequence),\"prevSeqId\":\(previous)}")
        end()
    }

    /// `bbo-tbt` and `books5`: a snapshot each time, without an action.
    mutating func top(
        _ channel: OKXChannel, _ update: OKXBookWindow.Update, timeMs: Int64, sequence: Int64
    ) {
        begin(channel)
        writer.text("{")
        rows("asks", update.asks)
        writer.text(",")
        rows("bids", update.bids)
        if channel == .books5 { writer.text(",\"instId\":\"\(instrument.name)\"") }
        writer.text(",\"ts\":\"\(timeMs)\",\"seqId\":\(sequence)}")
        end()
    }

    /// - Parameter count: Maker fills merged into it; `nil` on `trades-all`.
    mutating func trade(
        _ channel: OKXChannel, _ trade: MarketTrade, count: Int?, sequence: Int64
    ) {
        begin(channel)
        writer.text("{\"instId\":\"\(instrument.name)\",\"tradeId\":\"\(trade.tradeID)\"")
        decimal("px", instrument.price(trade.price))
        decimal("sz", instrument.size(trade.lots))
        writer.text(",\"side\":\"\(trade.takerSide == .bid ? "buy" : "sell")\"")
        time("ts", trade.timeMs)
        if let count { writer.text(",\"count\":\"\(count)\"") }
        writer.text(",\"source\":\"0\",\"seqId\":\(sequence)}")
        end()
    }

    mutating func ticker(_ ticker: OKXTicker, touch: Touch, timeMs: Int64) {
        begin(.tickers)
        write(ticker, touch: touch, timeMs: timeMs)
        end()
    }

    /// The object of `tickers` and of REST alike.
    mutating func write(_ ticker: OKXTicker, touch: Touch, timeMs: Int64) {
        writer.text("{\"instType\":\"\(instrument.kind.rawValue)\"")
        writer.text(",\"instId\":\"\(instrument.name)\"")
        decimal("last", instrument.price(ticker.last))
        decimal("lastSz", instrument.size(ticker.lastLots))
        decimal("askPx", instrument.price(touch.ask))
        decimal("askSz", instrument.size(touch.askLots))
        decimal("bidPx", instrument.price(touch.bid))
        decimal("bidSz", instrument.size(touch.bidLots))
        decimal("open24h", instrument.price(ticker.open))
        decimal("high24h", instrument.price(ticker.high))
        decimal("low24h", instrument.price(ticker.low))
        decimal("sodUtc0", instrument.price(ticker.open))
        decimal("sodUtc8", instrument.price(ticker.open))
        decimal("volCcy24h", ticker.volume)
        decimal("vol24h", instrument.size(ticker.lots))
        time("ts", timeMs)
        writer.text("}")
    }

    mutating func candle(
        _ channel: OKXChannel, _ candle: OKXCandles.Candle, isFinal: Bool
    ) {
        begin(channel)
        write(candle, isFinal: isFinal)
        end()
    }

    /// One candle's array; its decimals are padded, unlike all others.
    mutating func write(_ candle: OKXCandles.Candle, isFinal: Bool) {
        writer.text("[\"\(candle.openMs)\"")
        for price in [candle.open, candle.high, candle.low, candle.close] {
            writer.text(",\"")
            writer.padded(instrument.price(price), decimals: instrument.priceDecimals)
            writer.text("\"")
        }
        for amount in [instrument.size(candle.lots), candle.volume, candle.quoteVolume] {
            writer.text(",\"")
            writer.padded(amount, decimals: 8)
            writer.text("\"")
        }
        writer.text(",\"\(isFinal ? 1 : 0)\"]")
    }

    mutating func mark(_ price: Fixed, timeMs: Int64) {
        begin(.markPrice)
        writer.text("{\"instType\":\"\(instrument.kind.rawValue)\"")
        writer.text(",\"instId\":\"\(instrument.name)\"")
        decimal("markPx", price)
        time("ts", timeMs)
        writer.text("}")
        end()
    }

    mutating func limits(buy: Fixed, sell: Fixed, timeMs: Int64) {
        begin(.priceLimit)
        writeLimits(buy: buy, sell: sell, timeMs: timeMs)
        end()
    }

    mutating func writeLimits(buy: Fixed, sell: Fixed, timeMs: Int64) {
        writer.text("{\"instType\":\"\(instrument.kind.rawValue)\"")
        writer.text(",\"instId\":\"\(instrument.name)\"")
        decimal("buyLmt", buy)
        decimal("sellLmt", sell)
        time("ts", timeMs)
        writer.text(",\"enabled\":true}")
    }

    mutating func funding(timeMs: Int64) {
        begin(.fundingRate)
        writer.text("{\"instType\":\"SWAP\",\"instId\":\"\(instrument.name)\"")
        writer.text(",\"formulaType\":\"withRate\",\"fundingRate\":\"0.0001\"")
        time("fundingTime", nextFundingMs(after: timeMs))
        time("nextFundingTime", nextFundingMs(after: timeMs) + 28_800_000)
        writer.text(",\"nextFundingRate\":\"\",\"method\":\"current_period\"")
        writer.text(",\"maxFundingRate\":\"0.00375\",\"minFundingRate\":\"-0.00375\"")
        writer.text(",\"interestRate\":\"0.0001\",\"impactValue\":\"20000\",\"premium\":\"0\"")
        writer.text(",\"settFundingRate\":\"0.0001\",\"settState\":\"settled\"")
        time("ts", timeMs)
        writer.text("}")
        end()
    }

    /// Clears what was written and lets `body` write; for REST.
    mutating func fresh(_ body: (inout OKXMarketText) -> Void) -> [UInt8] {
        writer.clear()
        body(&self)
        return writer.bytes
    }

    mutating func object(_ update: OKXBookWindow.Update, timeMs: Int64, sequence: Int64) {
        writer.text("{")
        rows("asks", update.asks)
        writer.text(",")
        rows("bids", update.bids)
        writer.text(",\"ts\":\"\(timeMs)\",\"seqId\":\(sequence)}")
    }
}

/// What happened on an instrument since the simulator began; it stands for 24 hours.
struct OKXTicker {
    var last: Int64
    var lastLots: Int64 = 0
    var open: Int64
    var high: Int64
    var low: Int64
    var lots: Int64 = 0
    var volume = Fixed(units: 0)

    init(price: Int64) {
        last = price
        open = price
        high = price
        low = price
    }

    mutating func add(_ trade: MarketTrade, volume added: Fixed) {
        last = trade.price
        lastLots = trade.lots
        high = max(high, trade.price)
        low = min(low, trade.price)
        lots += trade.lots
        volume.units += added.units
    }
}

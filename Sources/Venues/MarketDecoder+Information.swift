//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Messages
import Telemetry

// Messages of Binance's public streams that no record is made of, closed candles aside: checked
// against the protocol sheet, section 2.2, and counted by kind. A member that the sheet does not
// know is counted, never refused.

extension MarketDecoder {
    /// The event in `inner` when it is of a kind that is counted only.
    @_noAllocation @_noLocks
    mutating func information() -> Outcome {
        if inner.has("e", "kline") { return candle(isContinuous: false) }
        if inner.has("e", "continuous_kline") { return candle(isContinuous: true) }
        if inner.has("e", "24hrMiniTicker") || inner.has("e", "24hrTicker") { return dayTicker() }
        if inner.has("e", "forceOrder") { return liquidation() }
        if inner.has("e", "indexPriceUpdate") || inner.has("e", "IndexUpdate") {
            return indexPrice()
        }
        if inner.has("e", "compositeIndex") { return compositeIndex() }
        if inner.has("e", "assetIndexUpdate") { return assetIndex() }
        if inner.has("e", "contractInfo") { return contractInfo() }
        if inner.has("e", "EquityUpdate") { return tradingSession() }
        if inner.has("e", "serverShutdown") {
            guard inner.are("E", .integer) else { return .malformed }
            return passed(binance.serverShutdowns)
        }
        return inner.kind("e") == .string ? .ignored : .malformed
    }

    /// Counts a message that is good and brings nothing.
    @_noAllocation @_noLocks
    private mutating func passed(_ counter: Counter) -> Outcome {
        inner.know("e ps st")
        counter.increment()
        counters.unknownKeys.add(inner.unknownCount)
        return .passed
    }

    /// `E s k{t T s i f L o c h l v n x q V Q B}`, or `E ps ct k{…}` without the symbol inside.
    @_noAllocation @_noLocks
    private mutating func candle(isContinuous: Bool) -> Outcome {
        let isNamed = isContinuous ? inner.are("ps ct", .text) : inner.are("s", .text)
        guard isNamed, inner.are("E", .integer), let k = inner.field("k"), k.kind == .objectStart,
            unsafe outer.read(inner.bytes, from: k.start, count: k.start &+ k.length),
            outer.are("t T f L n", .integer), outer.are("i", .text), outer.are("x", .boolean),
            outer.are("o c h l v q V Q", .decimal),
            let open = outer.unsigned("t"), let close = outer.unsigned("T"), close >= open
        else { return .malformed }
        outer.know("s B")
        counters.unknownKeys.add(outer.unknownCount)
        // Only of what is closed, and of instruments there are, are records made.
        guard !isContinuous, outer.kind("x") == .true, let time = inner.unsigned("E"),
            let text = unsafe inner.text(inner.field("s")), let start = text.baseAddress,
            let scale = unsafe symbols.find(start, count: text.count),
            time <= VenueTime.millisecondsMax, close <= VenueTime.millisecondsMax
        else { return passed(binance.candles) }
        inner.know("e ps st")
        var candle = CandleDecimals()
        candle.open = outer.decimal("o")
        candle.high = outer.decimal("h")
        candle.low = outer.decimal("l")
        candle.close = outer.decimal("c")
        candle.volume = outer.decimal("v")
        let outcome = unsafe writeCandle(
            scale, candle, venueTimeNs: time &* 1_000_000, openSeconds: open / 1_000,
            lengthSeconds: (close &- open &+ 1) / 1_000)
        if outcome == .done { binance.candles.increment() }
        return outcome
    }

    /// 24-hour ticker `p P w c Q o h l v q O C F L n` or mini ticker `c o h l v q`; Spot's has its
    /// best prices and the close before, too.
    @_noAllocation @_noLocks
    private mutating func dayTicker() -> Outcome {
        guard inner.are("E", .integer), inner.are("s", .text),
            inner.are("c o h l v q", .decimal)
        else { return .malformed }
        if inner.has("e", "24hrTicker") {
            guard inner.are("p P w Q", .decimal), inner.are("O C F L n", .integer) else {
                return .malformed
            }
            inner.know("x b B a A")
        }
        return passed(binance.dayTickers)
    }

    /// `E o{s S o f q p ap X l z T [ps st]}`.
    @_noAllocation @_noLocks
    private mutating func liquidation() -> Outcome {
        guard inner.are("E", .integer), let order = inner.field("o"), order.kind == .objectStart,
            unsafe outer.read(
                inner.bytes, from: order.start, count: order.start &+ order.length),
            outer.are("s S o f X", .text), outer.are("q p ap l z", .decimal),
            outer.are("T", .integer), outer.has("S", "BUY") || outer.has("S", "SELL")
        else { return .malformed }
        outer.know("ps st")
        counters.unknownKeys.add(outer.unknownCount)
        return passed(binance.liquidations)
    }

    /// COIN-M: `E i p`, `i` the pair; USD-M: `E s p`.
    @_noAllocation @_noLocks
    private mutating func indexPrice() -> Outcome {
        guard inner.are("E", .integer), inner.are("p", .decimal),
            inner.are("i", .text) || inner.are("s", .text)
        else { return .malformed }
        return passed(binance.indexPrices)
    }

    @_noAllocation @_noLocks
    private mutating func compositeIndex() -> Outcome {
        guard inner.are("E", .integer), inner.are("s C", .text), inner.are("p", .decimal),
            inner.kind("c") == .arrayStart
        else { return .malformed }
        return passed(binance.indexPrices)
    }

    @_noAllocation @_noLocks
    private mutating func assetIndex() -> Outcome {
        guard inner.are("E", .integer), inner.are("s", .text),
            inner.are("i b a B A q g Q G", .decimal)
        else { return .malformed }
        return passed(binance.indexPrices)
    }

    /// `E s ct dt ot cs [bks]`; `bks` only where the leverage brackets changed.
    @_noAllocation @_noLocks
    private mutating func contractInfo() -> Outcome {
        guard inner.are("E dt ot", .integer), inner.are("s ct cs", .text) else {
            return .malformed
        }
        if let brackets = inner.field("bks"), brackets.kind != .arrayStart { return .malformed }
        return passed(binance.contractInfos)
    }

    @_noAllocation @_noLocks
    private mutating func tradingSession() -> Outcome {
        guard inner.are("E t T", .integer), inner.are("S", .text) else { return .malformed }
        return passed(binance.tradingSessions)
    }

    /// Whether the venue closes the connection after this error reply: it does after text that is
    /// no JSON, code 3. The reply is in `outer`.
    @_noAllocation @_noLocks
    mutating func countError() {
        counters.venueErrors.increment()
        guard let error = outer.field("error"), error.kind == .objectStart,
            unsafe inner.read(
                outer.bytes, from: error.start, count: error.start &+ error.length),
            inner.unsigned("code") == 3
        else { return }
        binance.closingErrors.increment()
    }
}

// MARK: - All-market messages

extension MarketDecoder {
    /// An array of events, one for each instrument that changed: what is ours becomes records.
    @_noAllocation @_noLocks
    mutating func events(
        _ bytes: UnsafePointer<UInt8>, from start: Int, count end: Int
    ) -> Outcome {
        var parser = unsafe JSONPull(bytes, from: start, count: end)
        guard parser.next() == .arrayStart else { return .malformed }
        var result = Outcome.passed
        while true {
            switch parser.next() {
            case .arrayEnd: return parser.next() == .end ? result : .malformed
            case .objectStart: break
            default: return .malformed
            }
            let first = parser.start
            guard parser.skipContainer(),
                unsafe inner.read(bytes, from: first, count: parser.offset)
            else { return .malformed }
            switch event() {
            case .done:
                counters.unknownKeys.add(inner.unknownCount)
                result = .done
            case .passed, .filtered: break
            case .unknownSymbol: binance.unlistedSymbols.increment()
            case .ignored: if result == .passed { result = .ignored }
            case let refusal: return refusal
            }
        }
    }
}

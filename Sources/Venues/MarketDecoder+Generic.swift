//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import JSON
import Messages
import Telemetry

// The generic path: any legal JSON with the members that the venue documents, in any order, with
// blanks, escapes and members that nobody knows. Spot and COIN-M futures go this way too: Spot
// updates have no `T` and no `pu`, its quotes no `e`.

extension MarketDecoder {
    @_noAllocation @_noLocks
    mutating func parseMessage(_ bytes: UnsafePointer<UInt8>, count: Int) -> Outcome {
        guard unsafe outer.read(bytes, count: count) else {
            // Streams of all symbols send arrays.
            return unsafe events(bytes, from: 0, count: count)
        }
        if let data = outer.field("data") {
            outer.know("stream")
            counters.unknownKeys.add(outer.unknownCount)
            if data.kind == .arrayStart {
                return unsafe events(bytes, from: data.start, count: data.start &+ data.length)
            }
            guard data.kind == .objectStart,
                unsafe inner.read(bytes, from: data.start, count: data.start &+ data.length)
            else { return .malformed }
        } else {
            if let outcome = controlReply() { return outcome }
            guard unsafe inner.read(bytes, count: count) else { return .malformed }
        }
        let outcome = event()
        if outcome == .done || outcome == .filtered {
            counters.unknownKeys.add(inner.unknownCount)
        }
        return outcome
    }

    /// Replies to subscriptions: `{"result":…,"id":…}` or `{"error":{…}}`.
    @_noAllocation @_noLocks
    private mutating func controlReply() -> Outcome? {
        if outer.field("error") != nil {
            countError()
            return .passed
        }
        if outer.field("result") != nil, outer.field("id") != nil {
            counters.controlReplies.increment()
            return .passed
        }
        return nil
    }

    @_noAllocation @_noLocks
    mutating func event() -> Outcome {
        if inner.field("e") == nil {
            if inner.field("lastUpdateId") != nil { return spotPartialBook() }
            // Spot's best bid and offer.
            return inner.field("u") != nil && inner.field("B") != nil ? bookTicker() : .ignored
        }
        if inner.has("e", "depthUpdate") { return depthUpdate() }
        if inner.has("e", "bookTicker") { return bookTicker() }
        if inner.has("e", "trade") { return trade() }
        if inner.has("e", "aggTrade") { return aggregateTrade() }
        if inner.has("e", "markPriceUpdate") { return markPrice() }
        return information()
    }

    /// The instrument of member `s`.
    @_noAllocation @_noLocks
    private mutating func instrument() -> UnsafePointer<InstrumentScale>? {
        guard !isOfOtherStream, let text = unsafe inner.text(inner.field("s")),
            let start = text.baseAddress
        else { return nil }
        return unsafe symbols.find(start, count: text.count)
    }

    /// Whether the stream that the message came by is one of another symbol. A stream of one
    /// symbol has it before an at sign; one of all symbols begins with an exclamation mark.
    private var isOfOtherStream: Bool {
        @_noAllocation @_noLocks
        mutating get {
            guard outer.field("data") != nil,
                let stream = unsafe outer.text(outer.field("stream")),
                let symbol = unsafe inner.text(inner.field("s")), unsafe stream.first != 0x21
            else { return false }
            var index = 0
            while index < stream.count, unsafe stream[index] != 0x40 { index &+= 1 }
            if index == stream.count { return false }
            if index != symbol.count { return true }
            index = 0
            while index < symbol.count {
                if unsafe stream[index] | 0x20 != symbol[index] | 0x20 { return true }
                index &+= 1
            }
            return false
        }
    }

    /// Why there is no instrument.
    @_noAllocation @_noLocks
    private mutating func withoutInstrument() -> Outcome {
        if inner.kind("s") != .string { return .malformed }
        return isOfOtherStream ? .mixedSymbols : .unknownSymbol
    }

    /// A member's milliseconds as nanoseconds.
    @_noAllocation @_noLocks
    private func time(_ key: StaticString) -> UInt64? {
        guard let milliseconds = inner.unsigned(key), milliseconds <= VenueTime.millisecondsMax
        else { return nil }
        return milliseconds &* 1_000_000
    }

    /// `T`, or where a venue does not send it, `E`.
    @_noAllocation @_noLocks
    private mutating func venueTime() -> UInt64? {
        inner.know("E st")
        return inner.field("T") != nil ? time("T") : time("E")
    }

    @_noAllocation @_noLocks
    private mutating func trade() -> Outcome {
        guard let scale = unsafe instrument() else { return withoutInstrument() }
        guard let time = venueTime(), let tradeID = inner.unsigned("t") else { return .malformed }
        inner.know("M a b")
        var isMarket = true
        if let kind = inner.field("X") {
            guard kind.kind == .string else { return .malformed }
            isMarket = inner.has("X", "MARKET")
        }
        return unsafe marketTrade(scale, time, tradeID, isMarket: isMarket)
    }

    @_noAllocation @_noLocks
    private mutating func aggregateTrade() -> Outcome {
        guard let scale = unsafe instrument() else { return withoutInstrument() }
        // Frames of 2019 have no `a`; the last trade's id grows as well.
        inner.know("f l nq M")
        guard let time = venueTime(), let tradeID = inner.unsigned("a") ?? inner.unsigned("l")
        else { return .malformed }
        return unsafe marketTrade(scale, time, tradeID, isMarket: true)
    }

    @_noAllocation @_noLocks
    private mutating func marketTrade(
        _ scale: UnsafePointer<InstrumentScale>, _ time: UInt64, _ tradeID: UInt64, isMarket: Bool
    ) -> Outcome {
        let isBuyerMaker: Bool
        switch inner.kind("m") {
        case .true: isBuyerMaker = true
        case .false: isBuyerMaker = false
        default: return .malformed
        }
        var price: Int64 = 0
        var quantity: Int64 = 0
        let priced = unsafe scale.pointee.ticks(inner.decimal("p"), &price)
        let sized = unsafe scale.pointee.lots(inner.decimal("q"), &quantity)
        if priced != .done { return priced }
        if sized != .done { return sized }
        guard isMarket, price > 0, quantity > 0 else { return .filtered }
        return unsafe writeTrade(
            scale.pointee.instrumentID, venueTimeNs: time, tradeID: tradeID, price: price,
            quantity: quantity, isBuyerMaker: isBuyerMaker)
    }

    @_noAllocation @_noLocks
    private mutating func bookTicker() -> Outcome {
        guard let scale = unsafe instrument() else { return withoutInstrument() }
        inner.know("E T ps st")
        var time: UInt64 = 0
        if inner.field("T") != nil {
            guard let sent = self.time("T") else { return .malformed }
            time = sent
        }
        guard let updateID = inner.unsigned("u") else { return .malformed }
        var bid: Int64 = 0
        var bidQuantity: Int64 = 0
        var ask: Int64 = 0
        var askQuantity: Int64 = 0
        let bidPriced = unsafe scale.pointee.ticks(inner.decimal("b"), &bid)
        let bidSized = unsafe scale.pointee.lots(inner.decimal("B"), &bidQuantity)
        let askPriced = unsafe scale.pointee.ticks(inner.decimal("a"), &ask)
        let askSized = unsafe scale.pointee.lots(inner.decimal("A"), &askQuantity)
        if bidPriced != .done { return bidPriced }
        if bidSized != .done { return bidSized }
        if askPriced != .done { return askPriced }
        if askSized != .done { return askSized }
        let instrumentID = unsafe scale.pointee.instrumentID
        _ = writeQuoteSide(
            instrumentID, .buy, venueTimeNs: time, updateID: updateID, price: bid,
            quantity: bidQuantity)
        return writeQuoteSide(
            instrumentID, .sell, venueTimeNs: time, updateID: updateID, price: ask,
            quantity: askQuantity)
    }

    @_noAllocation @_noLocks
    private mutating func markPrice() -> Outcome {
        guard let scale = unsafe instrument() else { return withoutInstrument() }
        inner.know("ap P T st")
        guard let time = time("E") else { return .malformed }
        var mark: Int64 = 0
        var index: Int64 = 0
        let marked = unsafe scale.pointee.nearestTicks(inner.decimal("p"), &mark)
        if marked != .done { return marked }
        // Frames of 2019 have no index.
        if inner.field("i") != nil {
            let indexed = unsafe scale.pointee.nearestTicks(inner.decimal("i"), &index)
            if indexed != .done { return indexed }
        }
        var funding: Int64 = 0
        if let rate = inner.field("r") {
            guard let text = unsafe inner.text(rate) else { return .malformed }
            // Delivery contracts send an empty text.
            if !text.isEmpty {
                let rated = inner.decimal("r").signed(decimals: 8, &funding)
                if rated != .done { return rated }
            }
        }
        return unsafe writeMarkPrice(
            scale.pointee.instrumentID, venueTimeNs: time, mark: mark, index: index,
            fundingRateE8: funding)
    }

    @_noAllocation @_noLocks
    private mutating func depthUpdate() -> Outcome {
        guard let scale = unsafe instrument() else { return withoutInstrument() }
        inner.know("ps")
        guard let time = venueTime(), let first = inner.unsigned("U"),
            let last = inner.unsigned("u")
        else { return .malformed }
        // Spot: updates follow each other without a hole. New COIN-M instruments send -1.
        var previous = first &- 1
        if let field = inner.field("pu") {
            guard field.kind == .number else { return .malformed }
            if unsafe inner.bytes[field.start] == UInt8(ascii: "-") {
                previous = 0
            } else {
                guard let told = inner.unsigned("pu") else { return .malformed }
                previous = told
            }
        }
        switch unsafe DepthStream.of(outer.text(outer.field("stream"))) {
        case .difference: break
        case .partial:
            return unsafe quote(
                inner.field("b"), inner.field("a"), scale, time: time, updateID: last)
        case .retail:
            binance.retailBooks.increment()
            return .passed
        }
        return unsafe book(
            .bookDelta, inner.field("b"), inner.field("a"), scale, time: time,
            updateIDs: (first, last, previous))
    }

    /// A REST snapshot, bare or as the result of a WebSocket API request.
    @_noAllocation @_noLocks
    mutating func parseSnapshot(
        _ bytes: UnsafePointer<UInt8>, count: Int, scale: UnsafePointer<InstrumentScale>
    ) -> Outcome {
        guard unsafe inner.read(bytes, count: count) else { return .malformed }
        if inner.field("code") != nil, inner.field("msg") != nil {
            counters.venueErrors.increment()
            return .passed
        }
        inner.know("E symbol pair")
        // Spot tells no time.
        let time = inner.field("T") != nil ? self.time("T") : 0
        guard let time, let last = inner.unsigned("lastUpdateId") else { return .malformed }
        let outcome = unsafe book(
            .bookSnapshot, inner.field("bids"), inner.field("asks"), scale, time: time,
            updateIDs: (last, last, 0))
        if outcome == .done { counters.unknownKeys.add(inner.unknownCount) }
        return outcome
    }

    /// - Parameter isWide: Levels say more behind price and quantity, in further strings.
    @_noAllocation @_noLocks
    mutating func book(
        _ kind: EventKind, _ bids: JSONField?, _ asks: JSONField?,
        _ scale: UnsafePointer<InstrumentScale>, time: UInt64,
        updateIDs: (first: UInt64, last: UInt64, previous: UInt64), isWide: Bool = false,
        flags: EventFlags = EventFlags(0)
    ) -> Outcome {
        guard let bids, let asks, bids.kind == .arrayStart, asks.kind == .arrayStart else {
            return .malformed
        }
        guard
            var levels = unsafe writeBookHeader(
                scale.pointee.instrumentID, kind, venueTimeNs: time,
                firstUpdateID: updateIDs.first, lastUpdateID: updateIDs.last,
                previousUpdateID: updateIDs.previous, flags: flags)
        else { return .oversized }
        // Wide levels are OKX's, which writes asks first; a scan of them goes by the wire.
        let first = isWide
            ? unsafe parseLevels(asks, .sell, &levels, scale, isWide)
            : unsafe parseLevels(bids, .buy, &levels, scale, isWide)
        if first != .done { return first }
        let second = isWide
            ? unsafe parseLevels(bids, .buy, &levels, scale, isWide)
            : unsafe parseLevels(asks, .sell, &levels, scale, isWide)
        if second != .done { return second }
        levels.close()
        return .done
    }

    @_noAllocation @_noLocks
    private mutating func parseLevels(
        _ field: JSONField, _ side: Side, _ levels: inout LevelWriter,
        _ scale: UnsafePointer<InstrumentScale>, _ isWide: Bool
    ) -> Outcome {
        levels.begin(side)
        let bytes = unsafe inner.bytes
        var parser = unsafe JSONPull(bytes, from: field.start, count: field.start &+ field.length)
        _ = parser.next()
        while true {
            switch parser.next() {
            case .arrayEnd: return .done
            case .arrayStart: break
            default: return .malformed
            }
            var level = ScaledLevel()
            let outcome = unsafe parseLevel(&parser, scale, isWide: isWide, &level)
            if outcome != .done { return outcome }
            guard levels.add(&events, price: level.price, quantity: level.quantity) else {
                return .oversized
            }
        }
    }

    /// The rest of the level that `parser`, over the bytes of `inner`, has just opened.
    @_noAllocation @_noLocks
    func parseLevel(
        _ parser: inout JSONPull, _ scale: UnsafePointer<InstrumentScale>, isWide: Bool,
        _ level: inout ScaledLevel
    ) -> Outcome {
        guard parser.next() == .string else { return .malformed }
        let priced = unsafe scale.pointee.ticks(inner.decimal(parser), &level.price)
        guard parser.next() == .string else { return .malformed }
        let sized = unsafe scale.pointee.lots(inner.decimal(parser), &level.quantity)
        var token = parser.next()
        while isWide, token == .string { token = parser.next() }
        guard token == .arrayEnd else { return .malformed }
        return priced != .done ? priced : sized
    }
}

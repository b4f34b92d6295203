//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import JSON
import Messages
import Telemetry

// OKX's market messages are `{"arg":{"channel":…,"instId":…},["action":…,]"data":[…]}`, its
// answers `{"event":…}`, and its answer to our keep-alive the bare word `pong`. This is the
// generic path: members in any order, blanks and escapes wherever JSON allows them.
//
// Source: OKX API guide v5 and recorded messages of 2021 to 2026.

extension MarketDecoder {
    /// The same by the generic path alone: what the scanner,
    /// `MarketDecoder+OKXScan`, is measured by.
    @_noAllocation @_noLocks
    mutating func decodeOKXMessageGenerically(_ bytes: UnsafePointer<UInt8>, count: Int) {
        counters.generic.increment()
        finishOKX(unsafe parseOKXMessage(bytes, count: count))
    }

    @_noAllocation @_noLocks
    mutating func parseOKXMessage(_ bytes: UnsafePointer<UInt8>, count: Int) -> Outcome {
        okx.isUnnumbered = false
        okx.checksum = 0
        okx.isSingle = false
        guard unsafe outer.read(bytes, count: count) else {
            guard unsafe isPong(bytes, count: count) else { return .malformed }
            okx.counters.pongs.increment()
            return .passed
        }
        if outer.field("event") != nil {
            return OKXEvents.take(outer, counters, okx.counters)
        }
        guard let argument = outer.field("arg"), argument.kind == .objectStart,
            unsafe okx.argument.read(
                bytes, from: argument.start, count: argument.start &+ argument.length),
            let data = outer.field("data"), data.kind == .arrayStart,
            okx.argument.kind("channel") == .string
        else { return .malformed }
        _ = outer.field("action")
        okx.argument.know("instId instType uly")
        _ = okx.argument.field("instFamily")
        counters.unknownKeys.add(outer.unknownCount &+ okx.argument.unknownCount)
        let channel = OKXChannel(okx.argument)
        okx.stream = channel.stream
        okx.isSingle = channel == .allTrades
        if channel == .unknown { return .ignored }
        return unsafe parseOKXItems(data, channel, bytes)
    }

    /// Settles what was decoded among the lines, numbers the books of a stream that does not do so
    /// itself, and shows the records.
    @_noAllocation @_noLocks
    mutating func finishOKX(_ outcome: Outcome) {
        var isGap = !(outcome == .done)
        if line >= 0, !okx.isSingle {
            isGap = outcome == .done && arbitrate(okx.stream, isOKX: true)
        }
        if okx.isUnnumbered { numberOKXBooks(isGap: isGap) }
        if outcome == .done {
            events.publish()
        } else {
            finish(outcome)
        }
    }

    /// A snapshot gets the next number, an update the next one and the one before it. Where an
    /// update was refused or lost, a number stays free, so that the one behind it finds the gap.
    @_noAllocation @_noLocks
    private mutating func numberOKXBooks(isGap: Bool) {
        var index = 0
        while index < events.stagedCount {
            let record = unsafe events.record(index)
            index &+= 1
            if unsafe record.pointee.kind == .bookLevels { continue }
            let header = unsafe UnsafeMutableRawPointer(record)
                .assumingMemoryBound(to: BookHeader.self)
            let before = unsafe okx.number(header.pointee.instrumentID) &+ (isGap ? 1 : 0)
            unsafe okx.setNumber(header.pointee.instrumentID, before &+ 1)
            let isSnapshot = unsafe header.pointee.kind == .bookSnapshot
            unsafe header.pointee.lastUpdateID = before &+ 1
            unsafe header.pointee.firstUpdateID = isSnapshot ? before &+ 1 : before
            unsafe header.pointee.previousUpdateID = isSnapshot ? 0 : before
        }
    }

    @_noAllocation @_noLocks
    private func isPong(_ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
        let pong: StaticString = "pong"
        return unsafe count == 4 && apus_same_bytes(bytes, pong.utf8Start, 4) != 0
    }

    /// Every element of `data`; the venue sends one, but allows for more.
    @_noAllocation @_noLocks
    private mutating func parseOKXItems(
        _ data: JSONField, _ channel: OKXChannel, _ bytes: UnsafePointer<UInt8>
    ) -> Outcome {
        var parser = unsafe JSONPull(bytes, from: data.start, count: data.start &+ data.length)
        _ = parser.next()
        var result = Outcome.ignored
        while true {
            let token = parser.next()
            if token == .arrayEnd { return result }
            let start = parser.start
            guard token == .objectStart || token == .arrayStart, parser.skipContainer() else {
                return .malformed
            }
            let end = parser.offset
            if channel == .candles {
                guard token == .arrayStart,
                    let candle = unsafe readOKXCandle(bytes, from: start, to: end)
                else { return .malformed }
                okx.counters.candles.increment()
                let outcome = takeOKXCandle(candle)
                guard outcome == .done || outcome == .passed else { return outcome }
                if result != .done { result = outcome }
                continue
            }
            guard token == .objectStart, unsafe inner.read(bytes, from: start, count: end) else {
                return .malformed
            }
            let outcome = parseOKXItem(channel)
            guard outcome == .done || outcome == .passed else { return outcome }
            counters.unknownKeys.add(outcome == .done ? inner.unknownCount : 0)
            if result != .done { result = outcome }
        }
    }

    @_noAllocation @_noLocks
    private mutating func parseOKXItem(_ channel: OKXChannel) -> Outcome {
        switch channel {
        case .trades, .allTrades: return parseOKXTrade(isMatch: channel == .allTrades)
        case .tickers: return parseOKXTicker()
        case .bestLevels, .fiveLevels: return parseOKXTopOfBook()
        case .book: return parseOKXBook()
        case .markPrice: return parseOKXMarkPrice()
        case .fundingRate: return parseOKXFundingRate()
        case .reference: return passed(okx.counters.referencePushes, "instId")
        case .instruments: return passed(okx.counters.instrumentPushes, "instId")
        case .status: return passed(okx.counters.statusPushes, "state")
        case .liquidations: return passed(okx.counters.liquidations, "instId")
        case .deleveraging: return passed(okx.counters.deleveragingWarnings, "instType")
        case .candles, .unknown: return .malformed
        }
    }

    /// An item that nothing is made from; it names what it is about all the same.
    @_noAllocation @_noLocks
    private func passed(_ counter: Counter, _ key: StaticString) -> Outcome {
        guard inner.kind(key) == .string else { return .malformed }
        if inner.field("ts") != nil, inner.timeText("ts") == nil { return .malformed }
        counter.increment()
        return .passed
    }

    /// The instrument that the item names, or else the subscription; `nil` where they differ.
    @_noAllocation @_noLocks
    mutating func okxInstrument() -> UnsafePointer<InstrumentScale>? {
        if isOfOtherSubscription { return nil }
        if let text = unsafe inner.text(inner.field("instId")), let start = text.baseAddress {
            return unsafe okx.symbols.find(start, count: text.count)
        }
        guard let text = unsafe okx.argument.text(okx.argument.field("instId")),
            let start = text.baseAddress
        else { return nil }
        return unsafe okx.symbols.find(start, count: text.count)
    }

    private var isOfOtherSubscription: Bool {
        @_noAllocation @_noLocks
        get {
            guard let item = unsafe inner.text(inner.field("instId")),
                let wanted = unsafe okx.argument.text(okx.argument.field("instId")),
                let a = item.baseAddress, let b = wanted.baseAddress
            else { return false }
            return unsafe item.count != wanted.count || apus_same_bytes(a, b, item.count) == 0
        }
    }

    /// Why there is no instrument.
    @_noAllocation @_noLocks
    mutating func withoutOKXInstrument() -> Outcome {
        if isOfOtherSubscription { return .mixedSymbols }
        return inner.kind("instId") == .string || okx.argument.kind("instId") == .string
            ? .unknownSymbol : .malformed
    }
}

/// Answers and notices, of market and private connections alike.
enum OKXEvents {
    @_noAllocation @_noLocks
    static func take(
        _ fields: JSONFields, _ counters: ParserCounters, _ okx: OKXCounters
    ) -> Outcome {
        guard fields.kind("event") == .string else { return .malformed }
        if fields.has("event", "subscribe") || fields.has("event", "unsubscribe")
            || fields.has("event", "login")
        {
            counters.controlReplies.increment()
        } else if fields.has("event", "error") {
            counters.venueErrors.increment()
        } else if fields.has("event", "notice") {
            if fields.has("code", "64008") {
                okx.serviceUpgradeNotices.increment()
            } else {
                okx.otherNotices.increment()
            }
        } else if fields.has("event", "channel-conn-count") {
            okx.channelCounts.increment()
        } else if fields.has("event", "channel-conn-count-error") {
            okx.channelCountErrors.increment()
        } else {
            return .ignored
        }
        return .passed
    }
}

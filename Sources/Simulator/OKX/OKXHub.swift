//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The public channels that this venue serves.
enum OKXChannel: String, CaseIterable, Sendable {
    case trades
    case tradesAll = "trades-all"
    case tickers
    case bestQuotes = "bbo-tbt"
    case books5
    case books
    case books50 = "books50-l2-tbt"
    case booksAll = "books-l2-tbt"
    case candle1s
    case candle1m
    case markPrice = "mark-price"
    case fundingRate = "funding-rate"
    case priceLimit = "price-limit"
    case instruments
    case status

    /// Served on `/business`, the others on `/public`.
    var isBusiness: Bool { self == .tradesAll || self == .candle1s || self == .candle1m }

    /// Needs a log-in and fee tier 4.
    var needsTier: Bool { self == .books50 || self == .booksAll }

    /// Its argument names an instrument.
    var hasInstrument: Bool { self != .instruments && self != .status }

    /// Channels with a snapshot and updates, in the order in which they are pushed.
    static let bookChannels: [OKXChannel] = [.booksAll, .books50, .books]

    /// Nanoseconds between two updates of a book channel.
    var bookIntervalNs: UInt64 { self == .books ? 100_000_000 : 10_000_000 }
    var bookLevelsMax: Int { self == .books50 ? 50 : 400 }

    /// Those that may not be had together for one instrument on one connection.
    func conflicts(with other: OKXChannel) -> Bool {
        (self == .booksAll && (other == .books50 || other == .books))
            || (other == .booksAll && (self == .books50 || self == .books))
    }
}

/// One channel of one instrument. For `instruments` the number is 0 for SPOT and 1 for SWAP, for
/// `status` it is 0.
struct OKXTopic: Hashable, Sendable {
    var channel: OKXChannel
    var instrument: Int
}

/// Receives what is pushed to a topic.
protocol OKXSubscriber: AnyObject {
    func push(_ bytes: [UInt8])
}

/// Who subscribed to which public topic.
final class OKXHub {
    private let faults: FaultInjector
    private let clock: VenueClock
    private var subscribers: [OKXTopic: [any OKXSubscriber]] = [:]
    /// Until when a topic that went silent stays so.
    private var silentUntilNs: [OKXTopic: UInt64] = [:]
    /// Messages handed to clients.
    private(set) var messageCount = 0

    init(faults: FaultInjector, clock: VenueClock) {
        self.faults = faults
        self.clock = clock
    }

    func hasSubscribers(_ topic: OKXTopic) -> Bool { subscribers[topic]?.isEmpty == false }

    func subscribe(_ subscriber: any OKXSubscriber, to topic: OKXTopic) {
        guard subscribers[topic]?.contains(where: { $0 === subscriber }) != true else { return }
        subscribers[topic, default: []].append(subscriber)
    }

    func unsubscribe(_ subscriber: any OKXSubscriber, from topic: OKXTopic) {
        subscribers[topic]?.removeAll { $0 === subscriber }
    }

    func unsubscribeAll(_ subscriber: any OKXSubscriber) {
        for topic in subscribers.keys { unsubscribe(subscriber, from: topic) }
    }

    func publish(_ bytes: [UInt8], to topic: OKXTopic) {
        guard let list = subscribers[topic], !list.isEmpty else { return }
        if !faults.isEmpty, isSilent(topic) { return }
        let bytes = faults.isEmpty ? bytes : faulty(bytes, topic)
        for subscriber in list {
            subscriber.push(bytes)
            messageCount += 1
        }
    }

    /// The message as a fault wants it. Where the data name their instrument, they name another.
    private func faulty(_ bytes: [UInt8], _ topic: OKXTopic) -> [UInt8] {
        var text = bytes
        if topic.channel.hasInstrument, faults.fires(.mixedSymbols, .okx) != nil {
            text = mixed(text, topic)
        }
        if faults.fires(.manyDecimals, .okx) != nil {
            let digit = UInt8(48 + faults.pick(below: 2))
            text = MarketMutation.lengthened(text, digit: digit) ?? text
        }
        return text
    }

    /// The data of an instrument under the argument of another.
    private func mixed(_ bytes: [UInt8], _ topic: OKXTopic) -> [UInt8] {
        let all = OKXInstrument.all
        let other = (topic.instrument + 1 + faults.pick(below: all.count - 1)) % all.count
        let text = String(decoding: bytes, as: UTF8.self)
        guard let argument = text.firstRange(of: "}") else { return bytes }
        return MarketMutation.renamed(
            Array(text[..<argument.upperBound].utf8), all[topic.instrument].name,
            to: all[other].name) + text[argument.upperBound...].utf8
    }

    /// Counts a push that one client got alone, such as a snapshot.
    func noteMessage() { messageCount += 1 }

    private func isSilent(_ topic: OKXTopic) -> Bool {
        if clock.nowNs < silentUntilNs[topic, default: 0] { return true }
        guard let fault = faults.fires(.silentChannel, .okx) else { return false }
        silentUntilNs[topic] = clock.nowNs + fault.durationNs
        return true
    }
}

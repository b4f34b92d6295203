//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The streams of a symbol that Binance's venues serve.
enum StreamKind: Int, CaseIterable, Sendable {
    case depth0, depth100, depth250, depth500, depth1000
    case bookTicker, trade, aggTrade, mark1s, mark3s
    /// Spot's binary form.
    case binaryDepth, binaryQuote, binaryTrade

    /// What stands behind `@` in the stream's name; none where `venue` does not have it.
    func suffixes(_ venue: VenueName) -> [String] {
        if venue == .binanceSpot { return spotSuffixes }
        return switch self {
        case .depth0: ["depth@0ms"]
        case .depth100: ["depth@100ms"]
        case .depth250: ["depth", "depth@250ms"]
        case .depth500: ["depth@500ms"]
        case .depth1000: []
        case .bookTicker: ["bookTicker"]
        case .trade: ["trade"]
        case .aggTrade: ["aggTrade"]
        case .mark1s: ["markPrice@1s"]
        case .mark3s: ["markPrice"]
        case .binaryDepth, .binaryQuote, .binaryTrade: []
        }
    }

    var isBinary: Bool { binarySuffix != nil }

    /// The same of a connection of Spot that carries binary messages. Depth comes every 25 ms.
    var binarySuffix: String? {
        switch self {
        case .binaryDepth: "depth"
        case .binaryQuote: "bestBidAsk"
        case .binaryTrade: "trade"
        default: nil
        }
    }

    /// Spot has two speeds of depth, and no mark price.
    private var spotSuffixes: [String] {
        switch self {
        case .depth100: ["depth@100ms"]
        case .depth1000: ["depth"]
        case .bookTicker: ["bookTicker"]
        case .trade: ["trade"]
        case .aggTrade: ["aggTrade"]
        default: []
        }
    }

    /// Which route of USD-M futures carries the stream; on another one it is silent.
    var route: Route {
        switch self {
        case .depth0, .depth100, .depth250, .depth500, .depth1000, .bookTicker, .trade,
            .binaryDepth, .binaryQuote, .binaryTrade:
            .publicData
        case .aggTrade, .mark1s, .mark3s: .marketData
        }
    }

    static let depths: [StreamKind] = [.depth0, .depth100, .depth250, .depth500, .depth1000]

    /// Nanoseconds between flushes of a depth stream.
    var depthIntervalNs: UInt64 {
        switch self {
        case .depth100: 100_000_000
        case .depth250: 250_000_000
        case .depth500: 500_000_000
        case .depth1000: 1_000_000_000
        default: 25_000_000
        }
    }
}

/// What a connection's path lets through.
enum Route: Equatable, Sendable {
    case publicData, marketData, privateData, orderEntry
}

/// One stream of one symbol.
struct Topic: Hashable, Sendable {
    var symbol: Int
    var kind: StreamKind

    var index: Int { symbol * StreamKind.allCases.count + kind.rawValue }
}

/// Receives the events of streams it subscribed to.
protocol StreamSubscriber: AnyObject {
    /// - Parameter name: The stream's name as this subscriber asked for it.
    func deliver(_ payload: [UInt8], stream name: [UInt8])
    /// Bytes that wait for the client to read.
    var backlog: Int { get }
}

/// Sends each event to those who subscribed to its stream.
final class StreamHub {
    private struct Subscription {
        let subscriber: any StreamSubscriber
        let name: [UInt8]
    }

    private let symbolNames: [String]
    private let topicsByName: [String: Topic]
    private let binaryTopicsByName: [String: Topic]
    private var subscriptions: [[Subscription]]
    /// Messages handed to clients.
    private(set) var messageCount = 0
    /// The first subscription to any stream of market data.
    private(set) var hasHadSubscribers = false

    let venue: VenueName
    private let faults: FaultInjector
    private let clock: VenueClock?
    /// Until when a stream that went silent stays so.
    private var silentUntilNs: [Int: UInt64] = [:]

    init(
        symbols: [VenueSymbol], venue: VenueName = .binanceUSDM, faults: FaultInjector = .none,
        clock: VenueClock? = nil
    ) {
        self.venue = venue
        symbolNames = symbols.map(\.name)
        self.faults = faults
        self.clock = clock
        var names: [String: Topic] = [:]
        var binaryNames: [String: Topic] = [:]
        for (index, symbol) in symbols.enumerated() {
            for kind in StreamKind.allCases {
                for suffix in kind.suffixes(venue) {
                    names["\(symbol.lowerName)@\(suffix)"] = Topic(symbol: index, kind: kind)
                }
                if venue == .binanceSpot, let suffix = kind.binarySuffix {
                    binaryNames["\(symbol.lowerName)@\(suffix)"] = Topic(
                        symbol: index, kind: kind)
                }
            }
        }
        topicsByName = names
        binaryTopicsByName = binaryNames
        subscriptions = Array(repeating: [], count: symbols.count * StreamKind.allCases.count)
    }

    func topic(named name: String, isBinary: Bool = false) -> Topic? {
        isBinary ? binaryTopicsByName[name] : topicsByName[name]
    }

    /// Whether a connection of `route` may carry a stream; Spot has no routes.
    func carries(_ topic: Topic, on route: Route) -> Bool {
        venue == .binanceSpot || topic.kind.route == route
    }

    func subscribe(_ subscriber: any StreamSubscriber, to topic: Topic, name: String) {
        guard !subscriptions[topic.index].contains(where: { $0.subscriber === subscriber }) else {
            return
        }
        subscriptions[topic.index].append(
            Subscription(subscriber: subscriber, name: Array(name.utf8)))
        if topic.kind.route == .publicData { hasHadSubscribers = true }
    }

    func unsubscribe(_ subscriber: any StreamSubscriber, from topic: Topic) {
        subscriptions[topic.index].removeAll { $0.subscriber === subscriber }
    }

    func unsubscribeAll(_ subscriber: any StreamSubscriber) {
        for index in subscriptions.indices {
            subscriptions[index].removeAll { $0.subscriber === subscriber }
        }
    }

    @inline(__always)
    func hasSubscribers(_ topic: Topic) -> Bool { !subscriptions[topic.index].isEmpty }

    func publish(_ payload: [UInt8], to topic: Topic) {
        if !faults.isEmpty, isSilent(topic) { return }
        let payload = faults.isEmpty ? payload : faulty(payload, topic)
        for subscription in subscriptions[topic.index] {
            subscription.subscriber.deliver(payload, stream: subscription.name)
            messageCount += 1
        }
    }

    private func isSilent(_ topic: Topic) -> Bool {
        guard let clock else { return false }
        if clock.nowNs < silentUntilNs[topic.index, default: 0] { return true }
        guard let fault = faults.fires(.silentChannel, venue) else { return false }
        silentUntilNs[topic.index] = clock.nowNs + fault.durationNs
        return true
    }

    /// The message as a fault wants it; those of binary form stay as they are.
    private func faulty(_ payload: [UInt8], _ topic: Topic) -> [UInt8] {
        guard !topic.kind.isBinary else { return payload }
        var text = payload
        if symbolNames.count > 1, faults.fires(.mixedSymbols, venue) != nil {
            let other = (topic.symbol + 1 + faults.pick(below: symbolNames.count - 1))
                % symbolNames.count
            text = MarketMutation.renamed(text, symbolNames[topic.symbol], to: symbolNames[other])
        }
        if faults.fires(.manyDecimals, venue) != nil {
            let digit = UInt8(48 + faults.pick(below: 2))
            text = MarketMutation.lengthened(text, digit: digit) ?? text
        }
        return text
    }

    /// The longest backlog among all subscribers, bytes.
    var backlogMax: Int {
        var longest = 0
        for list in subscriptions {
            for subscription in list { longest = max(longest, subscription.subscriber.backlog) }
        }
        return longest
    }
}

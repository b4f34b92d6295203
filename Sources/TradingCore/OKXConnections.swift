//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Configuration
import Messages
import Transport
import Venues

/// OKX as connections: market data, and one private connection for account and orders.
enum OKXConnections {
    /// The venue closes a connection that was silent for 30 s, and asks for text, not ping frames.
    private static let keepAlive = ConnectionSpecification.KeepAlive(
        text: OKXSubscription.ping, interval: .seconds(20))

    /// The public stream, once a line; it needs no key.
    static func addMarket(
        to plan: inout ConnectionPlan, _ settings: Settings, _ setup: VenueSetup,
        instruments: [UInt32], symbols: [String]
    ) {
        let endpoints = setup.endpoints
        let wanted = subscriptions(settings, symbols)
        plan.addLines(
            count: settings.integer("trading.lines"), instruments: instruments, venue: .okx
        ) { id, line, isSpare in
            ConnectionSpecification(
                id: id, name: "okx.public\(line == 0 ? "" : ".\(line)")",
                url: address(endpoints.stream, .open), caFile: endpoints.caFile,
                messagesOnOpen: OKXSubscription.messages(.subscribe, wanted),
                idleTimeout: .seconds(45),
                silenceTimeout: .nanoseconds(Int64(settings.durationNs("trading.silence_max"))),
                keepAlive: keepAlive, isStandby: isSpare)
        }
        let more = businessSubscriptions(settings, symbols)
        guard !more.isEmpty else { return }
        // One alone, and without a book: its loss costs candles, and trades where `trades` is off.
        plan.add(
            .market(instruments: [], venue: .okx),
            ConnectionSpecification(
                id: plan.nextID, name: "okx.business",
                url: address(endpoints.stream, .business), caFile: endpoints.caFile,
                messagesOnOpen: OKXSubscription.messages(.subscribe, more),
                idleTimeout: .seconds(45), keepAlive: keepAlive))
    }

    /// The channel of candles of a length as in `trading.klines`, their days from midnight UTC;
    /// `nil` for none, and for 8h, which the venue does not have.
    static func candleChannel(_ length: String) -> String? {
        switch length {
        case "none", "8h": nil
        case "6h": "candle6Hutc"
        case "12h": "candle12Hutc"
        case "1d": "candle1Dutc"
        default: length.hasSuffix("h") ? "candle\(length.dropLast())H" : "candle\(length)"
        }
    }

    static func addAccount(to plan: inout ConnectionPlan, _ setup: VenueSetup) {
        let endpoints = setup.endpoints
        let session = setup.okxSession()
        plan.add(
            .privateStream(venue: .okx),
            ConnectionSpecification(
                id: plan.nextID, name: "okx.private",
                url: address(endpoints.userStream, .restricted), caFile: endpoints.caFile,
                opening: { conversation throws(TransportError) in
                    try session.open(conversation)
                }, idleTimeout: .seconds(45), keepAlive: keepAlive))
    }

    /// What one line of market data asks for.
    static func subscriptions(_ settings: Settings, _ symbols: [String]) -> [OKXSubscription] {
        let channels = Set(settings.list("trading.channels"))
        var kinds = [settings.text("trading.okx_book"), "mark-price"]
        if channels.contains("tickers") { kinds.append("bbo-tbt") }
        if channels.contains("trades") { kinds.append("trades") }
        return symbols.flatMap { symbol in
            kinds.map { OKXSubscription($0, instrument: symbol) }
        }
    }

    /// What the business endpoint is asked for.
    static func businessSubscriptions(
        _ settings: Settings, _ symbols: [String]
    ) -> [OKXSubscription] {
        var kinds: [String] = []
        if let channel = candleChannel(settings.text("trading.klines")) { kinds.append(channel) }
        if settings.list("trading.channels").contains("trades-all") { kinds.append("trades-all") }
        return symbols.flatMap { symbol in
            kinds.map { OKXSubscription($0, instrument: symbol) }
        }
    }

    /// What leaves the book of one instrument, and what comes back to it.
    static func renewal(
        _ settings: Settings, _ symbol: String
    ) -> (leave: String, enter: String) {
        let book = [OKXSubscription(settings.text("trading.okx_book"), instrument: symbol)]
        return (
            OKXSubscription.messages(.unsubscribe, book)[0],
            OKXSubscription.messages(.subscribe, book)[0]
        )
    }

    /// The base may be written with or without the path that every endpoint begins with.
    static func address(_ base: String, _ endpoint: OKXSubscription.Endpoint) -> String {
        let path = "/ws/v5"
        let host = base.hasSuffix(path) ? String(base.dropLast(path.count)) : base
        return host + endpoint.rawValue
    }
}

/// Answers of the venue while a private connection is opened.
enum OKXOpening {
    /// Messages that may come before an answer.
    private static let messagesMax = 1_000

    static func awaitLogin(_ conversation: OpeningConversation) throws(TransportError) {
        try awaitEvent(conversation) { $0 == "login" }
    }

    /// Waits until `count` subscriptions were confirmed.
    static func awaitSubscriptions(
        _ conversation: OpeningConversation, count: Int
    ) throws(TransportError) {
        var missing = count
        try awaitEvent(conversation) { event in
            if event == "subscribe" { missing -= 1 }
            return missing == 0
        }
    }

    /// Reads messages until an event's name is enough. Pushes are passed on to the reader;
    /// an error of the venue ends the attempt with its words.
    private static func awaitEvent(
        _ conversation: OpeningConversation, _ isEnough: (String) -> Bool
    ) throws(TransportError) {
        for _ in 0..<messagesMax {
            let message = try conversation.receive()
            guard let event = OKXEvent(message) else {
                conversation.passOn()
                continue
            }
            if event.name == "error" {
                throw TransportError.refused("the venue answered \(event.code): \(event.message)")
            }
            if isEnough(event.name) { return }
        }
        throw TransportError.refused("no answer within \(messagesMax) messages")
    }
}

extension OKXSession {
    /// Logs in and subscribes to the account, on a connection that was just made.
    func open(_ conversation: OpeningConversation) throws(TransportError) {
        try conversation.send(login())
        try OKXOpening.awaitLogin(conversation)
        let wanted = OKXSubscription.account()
        for message in OKXSubscription.messages(.subscribe, wanted) {
            try conversation.send(message)
        }
        try OKXOpening.awaitSubscriptions(conversation, count: wanted.count)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What one subscription asks for.
public struct OKXSubscription: Equatable, Sendable {
    public var channel: String
    /// Of channels of single instruments: the venue's name.
    public var instrument: String?
    /// Of private channels of many: "SPOT", "SWAP", "FUTURES", "ANY".
    public var instrumentType: String?

    public init(_ channel: String, instrument: String? = nil, instrumentType: String? = nil) {
        self.channel = channel
        self.instrument = instrument
        self.instrumentType = instrumentType
    }

    /// What the private connection is asked for: orders first, so that none is missed for the time
    /// the others take.
    ///
    /// - Parameter hasFills: The account's level lets it have the `fills` channel.
    public static func account(hasFills: Bool = false) -> [OKXSubscription] {
        var wanted = [
            OKXSubscription("orders", instrumentType: "ANY"), OKXSubscription("account"),
            OKXSubscription("positions", instrumentType: "ANY"),
            OKXSubscription("balance_and_position"),
        ]
        if hasFills { wanted.append(OKXSubscription("fills")) }
        return wanted
    }

    /// Where a channel lives.
    public enum Endpoint: String, Sendable {
        case open = "/ws/v5/public"
        case restricted = "/ws/v5/private"
        case business = "/ws/v5/business"
    }

    public var endpoint: Endpoint {
        switch channel {
        case "orders", "account", "positions", "balance_and_position", "fills",
            "liquidation-warning", "account-greeks":
            return .restricted
        case "trades-all", "orders-algo", "algo-advance", "deposit-info", "withdrawal-info":
            return .business
        default: return channel.contains("candle") ? .business : .open
        }
    }

    var text: String {
        var text = "{\"channel\":\(OKXText.quoted(channel))"
        if let instrumentType { text += ",\"instType\":\(OKXText.quoted(instrumentType))" }
        if let instrument { text += ",\"instId\":\(OKXText.quoted(instrument))" }
        return text + "}"
    }

    /// The word that keeps a connection open; the venue answers "pong".
    public static let ping = "ping"

    /// Longest message, bytes: the venue takes 64 KB of arguments.
    public static let textLengthMax = 65_535

    public enum Operation: String, Sendable {
        case subscribe
        case unsubscribe
    }

    /// As few messages as say it all, none longer than `textLengthMax`: the venue counts requests.
    ///
    /// - Precondition: No single subscription is longer than that.
    public static func messages(
        _ operation: Operation, _ wanted: [OKXSubscription], lengthMax: Int = textLengthMax
    ) -> [String] {
        let head = "{\"op\":\"\(operation.rawValue)\",\"args\":["
        var messages: [String] = []
        var current = ""
        for subscription in wanted {
            let text = subscription.text
            let length = head.utf8.count + text.utf8.count + 2
            precondition(length <= lengthMax, "a subscription that fits")
            if !current.isEmpty, length + current.utf8.count + 1 > lengthMax {
                messages.append(head + current + "]}")
                current = ""
            }
            current += current.isEmpty ? text : "," + text
        }
        if !current.isEmpty { messages.append(head + current + "]}") }
        return messages
    }
}

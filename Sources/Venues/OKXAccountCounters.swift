//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Telemetry

/// What the parser counts of OKX's private messages; `parser_<name>_total`.
public struct OKXAccountCounters: Sendable {
    /// Cancels that the venue has taken on; that the order is gone, it pushes.
    public let cancelAcks: Counter
    /// Amends that the venue has taken on.
    public let amendAcks: Counter
    /// Amends that it has refused, at once or later.
    public let amendRejects: Counter
    /// Requests refused because there were too many.
    public let throttledReplies: Counter
    /// Pushes of orders that are not ours.
    public let externalOrders: Counter
    /// Fills told by the `fills` channel, which the `orders` channel tells as well.
    public let fillNotices: Counter
    public let positionUpdates: Counter
    /// Notices of the venue, as of the connection's coming end.
    public let notices: Counter
    /// Subscriptions lost to too many connections of one account.
    public let subscriptionsLost: Counter
    /// Answers to the text ping.
    public let pongs: Counter

    public init(_ telemetry: TelemetryWriter) {
        func counter(_ name: String) -> Counter { telemetry.counter("parser_\(name)_total") }
        cancelAcks = counter("cancel_acks")
        amendAcks = counter("amend_acks")
        amendRejects = counter("amend_rejects")
        throttledReplies = counter("throttled_replies")
        externalOrders = counter("external_orders")
        fillNotices = counter("fill_notices")
        positionUpdates = counter("position_updates")
        notices = counter("notices")
        subscriptionsLost = counter("subscriptions_lost")
        pongs = counter("pongs")
    }
}

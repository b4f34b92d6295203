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
    /// Orders refused because their expiry had passed by the venue's clock; as Binance's refusals
    /// of times.
    public let clockRefusals: Counter
    /// Pushes of orders that are not ours.
    public let externalOrders: Counter
    /// Fills told by the `fills` channel, which the `orders` channel tells as well.
    public let fillNotices: Counter
    public let positionUpdates: Counter
    /// Counted of public connections as well.
    let common: OKXCounters

    public init(_ telemetry: TelemetryWriter) {
        func counter(_ name: String) -> Counter { telemetry.counter("parser_\(name)_total") }
        cancelAcks = counter("cancel_acks")
        amendAcks = counter("amend_acks")
        amendRejects = counter("amend_rejects")
        throttledReplies = counter("throttled_replies")
        externalOrders = counter("external_orders")
        clockRefusals = counter("clock_refusals")
        fillNotices = counter("fill_notices")
        positionUpdates = counter("position_updates")
        common = OKXCounters(telemetry)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Telemetry

/// What the decoder of OKX's messages counts beside `ParserCounters`.
struct OKXCounters: Sendable {
    /// Notices that the connection will be closed for an upgrade of the venue's service; a new one
    /// is to be opened within the minute.
    let serviceUpgradeNotices: Counter
    /// Notices of any other code.
    let otherNotices: Counter
    /// Subscriptions that died because too many connections have the channel.
    let channelCountErrors: Counter
    let channelCounts: Counter
    let pongs: Counter
    let allTrades: Counter
    /// Trades that the other of the two channels of trades had brought.
    let repeatedTrades: Counter
    let candles: Counter
    let fundingRates: Counter
    let referencePushes: Counter
    let instrumentPushes: Counter
    let statusPushes: Counter
    let liquidations: Counter
    let deleveragingWarnings: Counter

    init(_ telemetry: TelemetryWriter) {
        func counter(_ name: String) -> Counter { telemetry.counter("parser_\(name)_total") }
        serviceUpgradeNotices = counter("service_upgrade_notices")
        otherNotices = counter("other_notices")
        channelCountErrors = counter("channel_count_errors")
        channelCounts = counter("channel_counts")
        pongs = counter("pongs")
        allTrades = counter("all_trades")
        repeatedTrades = counter("repeated_trades")
        candles = counter("candles")
        fundingRates = counter("funding_rates")
        referencePushes = counter("reference_pushes")
        instrumentPushes = counter("instrument_pushes")
        statusPushes = counter("status_pushes")
        liquidations = counter("liquidations")
        deleveragingWarnings = counter("deleveraging_warnings")
    }
}

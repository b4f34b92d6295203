//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry

extension TelemetryWriter {
    /// Gives row `index` to an instrument and strategy, before it is stored to. One cold thread.
    ///
    /// - Precondition: `index < APUS_TELEMETRY_QUALITY_MAX`.
    public func describeQuality(_ index: Int, symbol: String, venue: String) {
        let row = unsafe qualityRow(index)
        unsafe withUnsafeMutableBytes(of: &row.pointee.venue) { unsafe FixedText.write(venue, $0) }
        unsafe withUnsafeMutableBytes(of: &row.pointee.symbol) {
            unsafe FixedText.write(symbol, $0)
        }
    }

    /// Shows the figures of `data` in row `index`; its names are left as they are.
    public func storeQuality(_ index: Int, _ data: QualityData) {
        let row = unsafe UnsafeMutableRawPointer(qualityRow(index))
        unsafe withUnsafeBytes(of: data) { bytes in
            let offset = MemoryLayout<QualityData>.offset(of: \.strategyID) ?? bytes.count
            for place in stride(from: offset, to: bytes.count, by: 8) {
                unsafe apus_word_store(
                    (row + place).assumingMemoryBound(to: UInt64.self),
                    bytes.load(fromByteOffset: place, as: UInt64.self))
            }
        }
    }

    private func qualityRow(_ index: Int) -> UnsafeMutablePointer<QualityData> {
        precondition(
            index >= 0 && index < Int(APUS_TELEMETRY_QUALITY_MAX), "a row the page can show")
        return unsafe apus_telemetry_quality(page) + index
    }
}

/// How well orders of one instrument and strategy, or all of them, were executed.
public struct QualityRow: Sendable {
    /// "all" in the row of the total.
    public let symbol: String
    /// Empty in the row of the total.
    public let venue: String
    public let data: QualityData

    /// "all" in the row of the total, "-" for fills of no strategy's order.
    public var strategyText: String {
        venue.isEmpty ? "all" : data.strategyID < 8 ? "\(data.strategyID)" : "-"
    }
}

extension TelemetryReader {
    /// The total, then each instrument and strategy that traded; empty before anything is shown.
    public var quality: [QualityRow] {
        let rows = unsafe apus_telemetry_quality(page)!
        var result: [QualityRow] = []
        for index in 0..<Int(APUS_TELEMETRY_QUALITY_MAX) {
            let row = unsafe rows[index]
            let symbol = unsafe withUnsafeBytes(of: row.symbol) { unsafe FixedText.read($0) }
            if symbol.isEmpty { break }
            let venue = unsafe withUnsafeBytes(of: row.venue) { unsafe FixedText.read($0) }
            result.append(QualityRow(symbol: symbol, venue: venue, data: row))
        }
        return result
    }
}

/// The figures by the names that every rendering for programs uses.
extension QualityData {
    public var counts: [(name: String, value: UInt64)] {
        [
            ("orders_placed", ordersPlaced), ("orders_filled", ordersFilled),
            ("orders_canceled", ordersCanceled), ("orders_expired", ordersExpired),
            ("orders_rejected", ordersRejected), ("orders_without_reference", withoutReference),
            ("fills", fills), ("resting_fills", restingFills),
        ]
    }

    /// Not a number where nothing was measured.
    public var ratios: [(name: String, value: Double)] {
        [
            ("fill_ratio", fillRatio), ("order_fill_ratio", ofOrders(ordersFilled)),
            ("cancel_ratio", ofOrders(ordersCanceled)), ("expiry_ratio", ofOrders(ordersExpired)),
            ("reject_ratio", ofOrders(ordersRejected)), ("maker_share", makerShare),
            ("slippage_decision_bps", Double(bitPattern: slippageDecisionBits)),
            ("slippage_arrival_bps", Double(bitPattern: slippageArrivalBits)),
            ("slippage_touch_bps", Double(bitPattern: slippageTouchBits)),
            ("shortfall_bps", Double(bitPattern: shortfallBits)),
        ]
    }

    /// 1e-8 of the quote currency.
    public var money: [(name: String, e8: Int64)] {
        [
            ("traded", tradedE8), ("slippage_decision", slippageDecisionE8),
            ("slippage_arrival", slippageArrivalE8), ("slippage_touch", slippageTouchE8),
            ("shortfall_delay", shortfallDelayE8), ("shortfall_trading", shortfallTradingE8),
            ("shortfall_opportunity", shortfallOpportunityE8),
            ("shortfall_fees", shortfallFeesE8), ("shortfall", shortfallE8),
            ("profit_spread", profitSpreadE8), ("profit_inventory", profitInventoryE8),
            ("profit_latency", profitLatencyE8), ("profit_fees", profitFeesE8),
            ("profit_funding", profitFundingE8), ("profit", profitE8),
        ]
    }

    /// Of orders that rested, from their placing to a first fill.
    public var restingTimes: [(name: String, ns: UInt64)] {
        [
            ("p50", restingP50Ns), ("p90", restingP90Ns), ("p99", restingP99Ns),
            ("max", restingMaxNs),
        ]
    }

    public struct Markout: Sendable {
        /// "100ms".
        public let horizon: String
        /// Gain, 1e-8 of the quote currency.
        public let gainE8: Int64
        /// The same in basis points of the fills' value; not a number without a fill.
        public let bps: Double
        public let judged: UInt64
        /// Fills that wait for it or never got it.
        public let unresolved: UInt64
    }

    public var markoutRows: [Markout] {
        let horizons = ["100ms", "1s", "5s", "30s", "5m"]
        let gains = [markoutE8.0, markoutE8.1, markoutE8.2, markoutE8.3, markoutE8.4]
        let bits = [markoutBits.0, markoutBits.1, markoutBits.2, markoutBits.3, markoutBits.4]
        let judged = [markouts.0, markouts.1, markouts.2, markouts.3, markouts.4]
        let others = [unresolved.0, unresolved.1, unresolved.2, unresolved.3, unresolved.4]
        return horizons.indices.map { index in
            Markout(
                horizon: horizons[index], gainE8: gains[index],
                bps: Double(bitPattern: bits[index]), judged: judged[index],
                unresolved: others[index])
        }
    }

    /// Lots filled of those placed; in the row of the total, by value at the decisions' mids.
    public var fillRatio: Double { Double(bitPattern: fillRatioBits) }
    /// Lots filled while resting of all that were; in the row of the total, by value.
    public var makerShare: Double { Double(bitPattern: makerShareBits) }

    /// Share of the orders placed.
    public func ofOrders(_ count: UInt64) -> Double {
        ordersPlaced == 0 ? .nan : Double(count) / Double(ordersPlaced)
    }
}

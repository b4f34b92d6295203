//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// How much may still be asked of the venue by REST, told before the venue would refuse.
///
/// Counts are kept by the venue's windows: weight by the minute, orders by ten seconds and by the
/// minute. What the venue says it has counted takes the place of a smaller number of ours, so that
/// other processes on the same address are counted in.
///
/// Of the weight a reserve is kept for what an engine must be able to send last: cancels, and
/// questions about orders.
public struct WeightBudget: Sendable {
    public struct Limits: Equatable, Sendable {
        public var weightPerMinuteMax: Int
        /// Weight that ordinary requests leave untouched.
        public var reserve: Int
        public var ordersPerTenSecondsMax: Int
        public var ordersPerMinuteMax: Int

        /// - Precondition: The reserve is smaller than the limit.
        public init(
            weightPerMinuteMax: Int = 2_400, reserve: Int = 400, ordersPerTenSecondsMax: Int = 300,
            ordersPerMinuteMax: Int = 1_200
        ) {
            precondition(reserve >= 0, "a reserve")
            precondition(reserve < weightPerMinuteMax, "a reserve below the limit")
            self.weightPerMinuteMax = weightPerMinuteMax
            self.reserve = reserve
            self.ordersPerTenSecondsMax = ordersPerTenSecondsMax
            self.ordersPerMinuteMax = ordersPerMinuteMax
        }

        /// Those of an exchangeInfo reply; what it leaves out stays as it is.
        public init(_ told: [BinanceREST.RateLimit]) {
            self.init()
            for row in told where row.limit > 0 {
                let limit = Int(clamping: row.limit)
                switch (row.type, row.intervalMs) {
                case ("REQUEST_WEIGHT", 60_000):
                    weightPerMinuteMax = limit
                    reserve = limit / 6
                case ("ORDERS", 10_000): ordersPerTenSecondsMax = limit
                case ("ORDERS", 60_000): ordersPerMinuteMax = limit
                default: break
                }
            }
        }
    }

    /// Why a request is not sent, and when it could be, by the venue's clock.
    public enum Refusal: Equatable, Sendable, CustomStringConvertible {
        case banned(untilMs: UInt64)
        case backingOff(untilMs: UInt64)
        case weight(used: Int, limit: Int, untilMs: UInt64)
        case orders(used: Int, limit: Int, untilMs: UInt64)

        public var description: String {
            switch self {
            case .banned(let until): "the venue has banned this address until \(until)"
            case .backingOff(let until): "the venue asked for a pause until \(until)"
            case .weight(let used, let limit, let until):
                "request weight \(used) of \(limit) used until \(until)"
            case .orders(let used, let limit, let until):
                "\(used) of \(limit) orders used until \(until)"
            }
        }
    }

    private struct Window {
        let lengthMs: UInt64
        var number: UInt64 = 0
        var used = 0

        init(lengthMs: UInt64) { self.lengthMs = lengthMs }

        mutating func turn(_ nowMs: UInt64) {
            // A clock that was set back stays in the later window: nothing is forgotten.
            guard nowMs / lengthMs > number else { return }
            number = nowMs / lengthMs
            used = 0
        }

        var endMs: UInt64 { (number + 1) * lengthMs }
    }

    public var limits: Limits
    private var weight = Window(lengthMs: 60_000)
    private var tenSeconds = Window(lengthMs: 10_000)
    private var minute = Window(lengthMs: 60_000)
    private var bannedUntilMs: UInt64 = 0
    private var pausedUntilMs: UInt64 = 0
    private var isPauseForAll = false

    public init(_ limits: Limits = Limits()) { self.limits = limits }

    /// Weight used in the running minute.
    public var usedWeight: Int { weight.used }

    /// Charges the request, or says why it must not be sent.
    public mutating func admit(_ request: BinanceRequest, nowMs: UInt64) -> Refusal? {
        weight.turn(nowMs)
        tenSeconds.turn(nowMs)
        minute.turn(nowMs)
        if nowMs < bannedUntilMs { return .banned(untilMs: bannedUntilMs) }
        if nowMs < pausedUntilMs, isPauseForAll || request.purpose != .vital {
            return .backingOff(untilMs: pausedUntilMs)
        }
        let limit = limits.weightPerMinuteMax
            - (request.purpose == .vital ? 0 : limits.reserve)
        if request.weight > 0, weight.used + request.weight > limit {
            return .weight(used: weight.used, limit: limit, untilMs: weight.endMs)
        }
        for (window, orders, limit) in [
            (tenSeconds, request.orders.tenSeconds, limits.ordersPerTenSecondsMax),
            (minute, request.orders.minute, limits.ordersPerMinuteMax),
        ] where orders > 0 && window.used + orders > limit {
            return .orders(used: window.used, limit: limit, untilMs: window.endMs)
        }
        weight.used += request.weight
        tenSeconds.used += request.orders.tenSeconds
        minute.used += request.orders.minute
        return nil
    }

    /// Takes what the response's headers say has been used: `X-MBX-USED-WEIGHT-1M`,
    /// `X-MBX-ORDER-COUNT-10S`, `X-MBX-ORDER-COUNT-1M`. Anything but a number is passed over.
    public mutating func observe(
        usedWeight: String?, orderCountTenSeconds: String? = nil, orderCountMinute: String? = nil,
        nowMs: UInt64
    ) {
        weight.turn(nowMs)
        tenSeconds.turn(nowMs)
        minute.turn(nowMs)
        func larger(_ used: Int, _ told: String?) -> Int {
            guard let value = told.flatMap({ Int($0) }), value >= 0 else { return used }
            return max(used, value)
        }
        weight.used = larger(weight.used, usedWeight)
        tenSeconds.used = larger(tenSeconds.used, orderCountTenSeconds)
        minute.used = larger(minute.used, orderCountMinute)
    }

    /// Takes a verdict's pause or ban; times never move back.
    public mutating func observe(_ verdict: BinanceVerdict, nowMs: UInt64) {
        switch verdict {
        case .ok, .rejected, .unknown: break
        case .retryAfter(let milliseconds, let exemptsCancels):
            if nowMs >= pausedUntilMs { isPauseForAll = false }
            pausedUntilMs = max(pausedUntilMs, nowMs + milliseconds)
            if !exemptsCancels { isPauseForAll = true }
        case .stop(let untilMs): bannedUntilMs = max(bannedUntilMs, untilMs)
        }
    }
}

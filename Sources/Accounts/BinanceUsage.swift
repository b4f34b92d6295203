//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import HTTP
import Synchronization
public import VenueREST

/// What all REST sessions with one of Binance's services share: how much they may still ask
/// for, and the key that the user stream was opened with. Cold threads only.
public final class BinanceUsage: Sendable {
    private let budget = Mutex(WeightBudget())
    private let key = Mutex<String?>(nil)

    public init() {}

    /// Charges the request, or says why it must not be sent.
    func admit(_ request: BinanceRequest, nowMs: UInt64) -> WeightBudget.Refusal? {
        budget.withLock { $0.admit(request, nowMs: nowMs) }
    }

    /// Takes what a response tells of the weight used, and its verdict's pause or ban.
    func observe(_ response: HTTPResponse, _ verdict: BinanceVerdict, nowMs: UInt64) {
        budget.withLock { budget in
            budget.observe(
                usedWeight: response.header("X-MBX-USED-WEIGHT-1M"),
                orderCountTenSeconds: response.header("X-MBX-ORDER-COUNT-10S"),
                orderCountMinute: response.header("X-MBX-ORDER-COUNT-1M"), nowMs: nowMs)
            budget.observe(verdict, nowMs: nowMs)
        }
    }

    /// Takes the limits that an exchangeInfo reply lists, if it does.
    ///
    /// - Parameter hasVital: Whether weight is to be kept for requests that must go out.
    func takeLimits(_ exchangeInfo: [UInt8], hasVital: Bool = true) {
        guard let told = try? BinanceREST.rateLimits(exchangeInfo) else { return }
        var limits = WeightBudget.Limits(told)
        if !hasVital { limits.reserve = 0 }
        take(limits)
    }

    public func take(_ limits: WeightBudget.Limits) { budget.withLock { $0.limits = limits } }

    /// Weight used in the running minute, as far as is known.
    public var usedWeight: Int { budget.withLock { $0.usedWeight } }

    /// The key that the user stream was opened with last.
    var streamKey: String? {
        get { key.withLock { $0 } }
        set { key.withLock { $0 = newValue } }
    }
}

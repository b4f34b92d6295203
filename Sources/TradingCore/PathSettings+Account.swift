//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Configuration

extension PathSettings {
    static func accountPolicy(_ settings: Settings) -> AccountKeeper.Policy {
        AccountKeeper.Policy(
            orders: AccountKeeper.Policy.Orders(
                rawValue: settings.text("trading.orders_at_start")) ?? .cancel,
            positions: AccountKeeper.Policy.Positions(
                rawValue: settings.text("trading.positions_at_start")) ?? .refuse,
            reconcileIntervalNs: settings.durationNs("trading.reconcile_interval"),
            worthIntervalNs: settings.durationNs("trading.account_interval"),
            instrumentIntervalNs: settings.durationNs("trading.instrument_interval"),
            fundingIntervalNs: settings.durationNs("trading.funding_interval"))
    }

    static func clockLimits(_ settings: Settings) -> ClockGuard.Limits {
        ClockGuard.Limits(
            offsetMaxNs: Int64(clamping: settings.durationNs("trading.clock_offset_max")),
            stepMaxNs: Int64(clamping: settings.durationNs("trading.clock_step_max")),
            errorMaxNs: settings.durationNs("trading.clock_error_max"))
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Telemetry

/// What risk finds of all accounts together, for the eye; shown at steps of the value at risk.
/// Money is in 1e-8 of the quote currency.
struct RiskFigures {
    private let equity: Counter
    private let exposure: Counter
    private let parametric: Counter
    private let historical: Counter
    private let dayGain: Counter
    private let dayLoss: Counter
    private let drawdown: Counter

    init(_ telemetry: TelemetryWriter) {
        equity = telemetry.counter("risk_figure_equity_e8")
        exposure = telemetry.counter("risk_figure_exposure_e8")
        parametric = telemetry.counter("risk_figure_var_parametric_e8")
        historical = telemetry.counter("risk_figure_var_historical_e8")
        dayGain = telemetry.counter("risk_figure_day_gain_e8")
        dayLoss = telemetry.counter("risk_figure_day_loss_e8")
        drawdown = telemetry.counter("risk_figure_drawdown_e8")
    }

    /// Equities are the venues' own words; where no venue has told one, the configured one.
    @_noAllocation @_noLocks
    func show(
        _ accounts: UnsafeMutablePointer<AccountRisk>, _ parametricE8: Int64, _ historicalE8: Int64
    ) {
        var told: Int128 = 0
        var isTold = false
        var worth: Int128 = 0
        var day: Int128 = 0
        var down: Int128 = 0
        for venue in 0..<Venue.countMax {
            if unsafe accounts[venue].equityTimeNs != 0 {
                isTold = true
                unsafe told &+= Int128(accounts[venue].equityE8)
            }
            unsafe worth &+= accounts[venue].exposureE12
            let losses = unsafe accounts[venue].losses
            day &+= losses.profitE12 &- losses.dayStartE12
            down &+= losses.peakE12 &- losses.profitE12
        }
        if !isTold { told = unsafe Int128(accounts[0].equityE8) }
        equity.set(Self.word(told))
        exposure.set(Self.word(worth / 10_000))
        parametric.set(UInt64(parametricE8))
        historical.set(UInt64(historicalE8))
        dayGain.set(Self.word(day / 10_000))
        dayLoss.set(Self.word((0 &- day) / 10_000))
        drawdown.set(Self.word(down / 10_000))
    }

    /// 0 for what is negative, and the largest number for what does not fit.
    @_noAllocation @_noLocks
    private static func word(_ value: Int128) -> UInt64 {
        UInt64(truncatingIfNeeded: min(max(value, 0), Int128(UInt64.max)))
    }
}

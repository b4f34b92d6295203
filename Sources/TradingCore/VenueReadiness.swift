//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Accounts
public import Configuration
public import Messages
import Options
import Platform

/// What one venue says before an engine may trade there with money.
public enum VenueReadiness {
    /// Asks the venue: clock, account, instruments, dead man's switch.
    ///
    /// The switch is armed and ended again. Where another engine trades on the account, that one
    /// arms it anew within a third of its time.
    ///
    /// - Parameter symbols: Without the venue's name.
    /// - Returns: What was found, and the instruments.
    public static func check(
        _ session: any VenueSession, symbols: [String], _ settings: Settings
    ) -> (lines: [ReadinessLine], instruments: [Instrument]) {
        let venue = session.venue
        let clock = clock(session, settings)
        guard clock.verdict != .fail else { return ([clock], []) }
        var lines = [clock, account(session)]
        var found: [Instrument] = []
        do throws(AccountError) {
            found = try session.instruments(symbols)
            lines.append(
                ReadinessLine("instruments \(venue.text)", .pass, "\(found.count) are traded"))
        } catch {
            lines.append(ReadinessLine("instruments \(venue.text)", .fail, "\(error)"))
        }
        lines.append(deadMan(session, found, settings))
        return (lines, found)
    }

    private static func clock(
        _ session: any VenueSession, _ settings: Settings
    ) -> ReadinessLine {
        let check = "clock \(session.venue.text)"
        let limits = PathSettings.clockLimits(settings)
        var clockGuard = ClockGuard(limits)
        do throws(AccountError) {
            let offsetNs = try session.synchroniseClock()
            let state = clockDiscipline().map {
                ClockGuard.Discipline(
                    isDisciplined: $0.isDisciplined, offsetNs: $0.offsetNs, errorNs: $0.errorNs)
            }
            if let problem = clockGuard.problem(offsetNs: offsetNs, state) {
                return ReadinessLine(check, .fail, problem)
            }
            let offset = Durations.text(ns: offsetNs.magnitude)
            let most = Durations.text(ns: limits.offsetMaxNs.magnitude)
            if let state, !state.isDisciplined {
                return ReadinessLine(
                    check, .warn, "\(offset) apart, and no time source disciplines our clock")
            }
            return ReadinessLine(check, .pass, "\(offset) apart, of \(most) at most")
        } catch { return ReadinessLine(check, .fail, "\(error)") }
    }

    /// The key is proved by a signed request; what it may do, as far as the venue tells.
    private static func account(_ session: any VenueSession) -> ReadinessLine {
        let check = "account \(session.venue.text)"
        do throws(AccountError) {
            try session.checkAccount()
            let worth = try session.worth()
            let equity = Decimals.text(mantissa: worth.equityE8, decimals: 8)
            guard worth.equityE8 > 0 else {
                return ReadinessLine(check, .fail, "its equity is \(equity)")
            }
            // Its configuration tells the key's rights; the futures interface of Binance has none.
            guard session.venue == .okx else {
                return ReadinessLine(
                    check, .warn,
                    "equity \(equity); the venue does not tell the key's rights: see that it may "
                        + "not withdraw")
            }
            return ReadinessLine(
                check, .pass, "equity \(equity), may trade, may not withdraw")
        } catch { return ReadinessLine(check, .fail, "\(error)") }
    }

    private static func deadMan(
        _ session: any VenueSession, _ instruments: [Instrument], _ settings: Settings
    ) -> ReadinessLine {
        let check = "dead man \(session.venue.text)"
        let timeout = settings.text("trading.dead_man")
        do {
            guard let deadMan = try DeadManSwitch(settings, session.venue) else {
                return ReadinessLine(check, .fail, "trading.dead_man is off")
            }
            let known = instruments.filter { $0.isDataOnly == 0 }
            guard !known.isEmpty else {
                return ReadinessLine(check, .fail, "no instrument to arm it for")
            }
            try session.armDeadMan(known, timeoutMs: deadMan.timeoutMs)
            try session.armDeadMan(known, timeoutMs: 0)
            return ReadinessLine(check, .pass, "\(timeout) is taken")
        } catch { return ReadinessLine(check, .fail, "\(error)") }
    }
}

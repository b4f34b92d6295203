//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CTelemetry
import Platform
import Telemetry

/// Takes an engine's right to send, and its accounts out of the market, all venues at a time.
final class KillSwitch {
    private let venues: [WatchdogVenue]
    private let options: WatchdogOptions
    private let journal: KillJournal
    private let control: ControlHandle
    private var duties: [(duty: VenueDuty, thread: PlatformThread)] = []

    init(
        _ venues: [WatchdogVenue], _ options: WatchdogOptions, _ journal: KillJournal,
        control: ControlHandle
    ) {
        self.venues = venues
        self.options = options
        self.journal = journal
        self.control = control
    }

    /// Begins to keep the sessions warm.
    func start() throws(WatchdogError) {
        for venue in venues {
            let duty = VenueDuty(venue, options, journal)
            do throws(PlatformError) { duties.append((duty, try duty.start())) } catch {
                throw WatchdogError("\(error)")
            }
        }
    }

    /// Ends what `start` began.
    func stop() {
        for (duty, thread) in duties {
            duty.stop()
            thread.join()
        }
        duties = []
    }

    /// Whether every venue says that no order is open; ends what `start` began.
    func isVenueEmpty() -> Bool {
        stop()
        return venues.allSatisfy { Withdrawal($0, options, journal).isEmpty }
    }

    /// Does all of it.
    ///
    /// - Returns: Whether it is verified at every venue.
    func act(_ alarm: Alarm) -> Bool {
        let startNs = monotonicNs()
        // First of all: whatever runs sends nothing more, and what is stopped will not when it
        // goes on.
        control.lower(to: .halted, reason: "watchdog: \(alarm.text)")
        control.cancelAll()
        let revokeMs = KillJournal.milliseconds(since: startNs)
        if duties.isEmpty {
            do throws(WatchdogError) { try start() } catch {
                journal.error("kill", ["reason": "\(error)"])
            }
        }
        for (duty, _) in duties { duty.act() }
        journal.info("kill", ["reason": alarm.text])
        journal.info("revoke", ["state": control.state.text, "ms": revokeMs])
        for (_, thread) in duties { thread.join() }
        let isVerified = duties.count == venues.count
            && duties.allSatisfy { $0.duty.result == .isVerified }
        duties = []
        let total = KillJournal.milliseconds(since: startNs)
        if isVerified {
            journal.info("done", ["verified": "true", "ms": total])
        } else {
            journal.error("done", ["verified": "false", "ms": total])
        }
        return isVerified
    }
}

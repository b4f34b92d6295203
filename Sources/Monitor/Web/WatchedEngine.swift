//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Alerts
import Glibc
import Platform

/// An engine that may not run yet, may end, and may be started anew: each look says what there is
/// now, or why there is nothing.
struct WatchedEngine {
    /// Looks within this time share one observation, so that no client makes the monitor read the
    /// engine's memory more often.
    static let lookIntervalNs: UInt64 = 100_000_000

    private let requested: String?
    private let present: () -> [String]
    private var observer: (directory: InstanceDirectory, watch: InstanceObserver)?
    private var latest: Observation?
    private var lookedNs: UInt64?
    /// The intervals of the engine's runs, also after its end.
    private(set) var history = History()
    /// Why there was no engine at the last look.
    private(set) var absence = "nobody has looked yet"
    /// Rules that are judged at each look, also while there is no engine.
    private let alerts: AlertService?
    /// What they did at the last look, while there is no engine.
    private(set) var alertsWithoutEngine: AlertStatus?
    private var lastName: String?

    /// - Parameters:
    ///   - requested: The instance's name; `nil`: see `InstanceChoice`.
    ///   - present: The instances there are.
    init(
        _ requested: String?, alerts: AlertService? = nil,
        present: @escaping () -> [String] = InstanceChoice.present
    ) {
        self.requested = requested
        self.alerts = alerts
        self.present = present
    }

    /// What there is now, at most `lookIntervalNs` old; `nil`: nothing, see `absence`.
    mutating func look() -> Observation? {
        let nowNs = monotonicNs()
        if let lookedNs, nowNs - lookedNs < Self.lookIntervalNs { return latest }
        lookedNs = nowNs
        latest = observe()
        return latest
    }

    /// Ends an interval of the history. One without a living engine is not kept.
    mutating func endInterval() {
        lookedNs = nil
        guard let now = look(), now.isAlive else { return }
        history.add(now)
    }

    private mutating func observe() -> Observation? {
        if let watched = observer?.directory,
            unsafe access(watched.segment("telemetry"), F_OK) != 0
        {
            observer = nil
        }
        if observer == nil { attach() }
        if let now = observer?.watch.observe() { return now }
        let name = requested ?? lastName ?? InstanceChoice.defaultName
        alertsWithoutEngine = alerts?.observe(.absent(name, timeNs: wallNs()))
        return nil
    }

    private mutating func attach() {
        do {
            let name = try InstanceChoice.choose(requested, among: present())
            guard let directory = InstanceDirectory(name: name) else {
                absence = "'\(name)' is no instance name"
                return
            }
            var watch = try InstanceObserver(directory)
            watch.alerts = alerts
            observer = (directory, watch)
            lastName = name
        } catch { absence = "\(error)" }
    }
}

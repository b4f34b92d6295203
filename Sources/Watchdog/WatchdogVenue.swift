//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Configuration
import Messages
import Platform

/// One venue as the watchdog reaches it: with a session of its own.
struct WatchdogVenue: Sendable {
    let venue: Venue
    let session: any EmergencySession
    /// What the engine trades there.
    let instruments: [Instrument]

    /// For one whole request.
    private static let timeout = Duration.seconds(2)

    /// The venues of `instruments` that take orders.
    ///
    /// - Parameter warn: Takes what the operator should know.
    static func all(
        of instruments: [Instrument], _ settings: Settings, environment: [String: String],
        warn: (String) -> Void
    ) throws(WatchdogError) -> [WatchdogVenue] {
        var found: [WatchdogVenue] = []
        let traded = instruments.filter { $0.isDataOnly == 0 }
        for venue in [Venue.binanceUSDM, .okx] {
            let own = traded.filter { $0.venue == venue }
            if own.isEmpty { continue }
            let endpoints = try endpoints(settings, venue)
            let keys = try keys(venue, environment, warn)
            let session: any EmergencySession = venue == .okx
                ? OKXSession(
                    endpoints: endpoints, credentials: keys, clock: VenueClock(),
                    timeout: timeout)
                : BinanceSession(
                    endpoints: endpoints, credentials: keys, clock: VenueClock(),
                    usage: BinanceUsage(), timeout: timeout)
            found.append(WatchdogVenue(venue: venue, session: session, instruments: own))
        }
        return found
    }

    private static func endpoints(
        _ settings: Settings, _ venue: Venue
    ) throws(WatchdogError) -> Endpoints {
        let key = "endpoints.\(venue.text).rest"
        guard let rest = settings.optionalText(key) else {
            throw WatchdogError("\(key) is not told")
        }
        guard rest.hasPrefix("https://") else {
            throw WatchdogError("\(key) must begin with https://")
        }
        return Endpoints(
            rest: rest, stream: "", userStream: "", api: "",
            caFile: settings.optionalText("endpoints.\(venue.text).ca_file"))
    }

    /// The watchdog's own key, or the engine's.
    static func keys(
        _ venue: Venue, _ environment: [String: String], _ warn: (String) -> Void
    ) throws(WatchdogError) -> Credentials {
        let prefix = venue == .okx ? "OKX_" : "BINANCE_"
        let ownPrefix = prefix + "WATCHDOG_"
        var own: [String: String] = [:]
        for (name, value) in environment where name.hasPrefix(ownPrefix) {
            own[prefix + name.dropFirst(ownPrefix.count)] = value
        }
        do {
            if let keys = try Credentials.of(venue, own) { return keys }
        } catch { throw WatchdogError("\(error)".replacing(prefix, with: ownPrefix)) }
        do {
            if let keys = try Credentials.of(venue, environment) {
                warn("\(ownPrefix)API_KEY is not set; the engine's key of \(venue.text) is used")
                return keys
            }
        } catch { throw WatchdogError("\(error)") }
        throw WatchdogError("neither \(ownPrefix)API_KEY nor \(prefix)API_KEY is set")
    }

    /// Proves address, clock, key and rights before they are needed.
    func prove() throws(WatchdogError) {
        do throws(AccountError) {
            _ = try session.synchroniseClock()
            try session.checkAccount()
            _ = try session.listedPositions(instruments)
        } catch { throw WatchdogError("\(venue.text): \(error)") }
    }
}

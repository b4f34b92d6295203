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

/// One venue of a run: where it is, whose account trades there, and what is traded.
struct VenueSetup: Sendable {
    let venue: Venue
    let endpoints: Endpoints
    let credentials: Credentials
    /// As the configuration writes them, without the venue's name.
    let symbols: [String]
    /// What kind of account it is, where the venue has kinds.
    var accountMode: Int64 = 0
    /// Of all sessions.
    let clock = VenueClock()
    /// Of all sessions with Binance.
    private let usage = BinanceUsage()

    init(venue: Venue, endpoints: Endpoints, credentials: Credentials, symbols: [String]) {
        self.venue = venue
        self.endpoints = endpoints
        self.credentials = credentials
        self.symbols = symbols
    }

    /// - Parameter timeout: For one whole request.
    func session(timeout: Duration = .seconds(5)) -> any MarketSession {
        switch venue {
        case .okx: okxSession(timeout: timeout)
        case .binanceSpot:
            BinanceSpotSession(
                endpoints: endpoints, clock: clock, usage: usage, timeout: timeout)
        default: binanceSession(timeout: timeout)
        }
    }

    func okxSession(timeout: Duration = .seconds(5)) -> OKXSession {
        OKXSession(
            endpoints: endpoints, credentials: credentials, clock: clock, timeout: timeout)
    }

    func binanceSession(timeout: Duration = .seconds(5)) -> BinanceSession {
        BinanceSession(
            endpoints: endpoints, credentials: credentials, clock: clock, usage: usage,
            timeout: timeout)
    }
}

extension Venue {
    /// Whether there is a way for orders; other venues bring market data alone.
    var takesOrders: Bool { self != .binanceSpot }
}

/// The venues this run talks to: addresses and keys, and the simulator when one of them is ours.
final class VenueAccess {
    private(set) var setups: [VenueSetup]
    private let simulator: EmbeddedSimulator?

    /// What the venues are wanted for.
    enum Purpose { case trading, recording }

    /// - Parameter purpose: Recording looks at public data only: any address will do, and keys
    ///   are neither read nor needed.
    init(
        _ settings: Settings, for purpose: Purpose = .trading, log: Log
    ) throws(EngineError) {
        let symbols = try TradedSymbols(settings)
        let trades = purpose == .trading
        let isLive = trades && settings.text("trading.account") == "live"
        var given: [Venue: Endpoints] = [:]
        var simulated: [Venue] = []
        for venue in symbols.venues {
            let takesOrders = trades && venue.takesOrders
            guard let endpoints = try PathSettings.endpoints(
                settings, venue, takesOrders: takesOrders) else {
                simulated.append(venue)
                continue
            }
            guard !takesOrders || isLive || endpoints.isLoopback else {
                throw EngineError(
                    "trading.account is simulated but \(endpoints.rest) is not this machine; "
                        + "use --mode live --live to trade there")
            }
            given[venue] = endpoints
        }
        if isLive, let venue = simulated.first {
            throw EngineError(
                "trading.account is live but endpoints.\(venue.text) has no addresses")
        }
        var credentials: [Venue: Credentials] = [:]
        for venue in symbols.venues {
            guard venue.takesOrders else {
                credentials[venue] = try .ofMarketData(
                    settings, Environment.all, isSimulated: given[venue] == nil,
                    isRecording: !trades)
                continue
            }
            let known = trades ? try Self.known(venue) : .none
            if trades, known == nil, given[venue] != nil {
                throw EngineError(
                    "\(Credentials.variables(venue).joined(separator: " and ")) are not set; "
                        + "keys come from the environment only")
            }
            credentials[venue] = known ?? .generated(venue)
        }
        simulator =
            simulated.isEmpty
            ? nil
            : try EmbeddedSimulator(
                venues: simulated, seed: settings.integer("simulator.seed"),
                rate: settings.number("simulator.rate"),
                replay: settings.list("simulator.replay"),
                speed: settings.text("simulator.speed"),
                binanceKey: try Self.signingKey(credentials[.binanceUSDM]),
                isSpotBinary: SpotEncoding(settings) == .sbe, log: log)
        for venue in simulated { given[venue] = simulator?.endpoints[venue] }
        setups = symbols.venues.map { venue in
            VenueSetup(
                venue: venue, endpoints: given[venue]!, credentials: credentials[venue]!,
                symbols: symbols.of(venue))
        }
    }

    /// What the simulator must know of the private key that the environment may name: it takes the
    /// key of Binance from there for whatever venue it plays.
    private static func signingKey(_ known: Credentials?) throws(EngineError) -> Ed25519Key? {
        if let known { return known.privateKey }
        return try Self.known(.binanceUSDM)?.privateKey
    }

    /// What the environment names.
    private static func known(_ venue: Venue) throws(EngineError) -> Credentials? {
        do throws(AccountError) { return try .of(venue, Environment.all) } catch {
            throw EngineError("\(error)")
        }
    }

    /// Keeps what a session learnt of its venue.
    func note(_ session: any MarketSession) {
        for index in setups.indices where setups[index].venue == session.venue {
            setups[index].accountMode = (session as? any VenueSession)?.accountMode ?? 0
        }
    }

    /// False when the embedded simulator has ended.
    var isAlive: Bool { simulator?.isRunning ?? true }

    func stop() { simulator?.stop() }
}

/// What `trading.venues` and `trading.symbols` say together: a symbol is traded on every venue, or
/// on the one it is written with, as in `okx:BTC-USDT-SWAP`.
struct TradedSymbols {
    let venues: [Venue]
    private var symbols: [Venue: [String]] = [:]

    init(_ settings: Settings) throws(EngineError) {
        venues = settings.list("trading.venues").compactMap { Venue(text: $0) }
        guard !venues.isEmpty, Set(venues).count == venues.count else {
            throw EngineError("trading.venues: at least one, each once")
        }
        for entry in settings.list("trading.symbols") {
            let parts = entry.split(separator: ":", maxSplits: 1).map(String.init)
            var wanted = venues
            if parts.count == 2 {
                guard let venue = Venue(text: parts[0]), venues.contains(venue) else {
                    throw EngineError("trading.symbols: \(entry): not a venue of trading.venues")
                }
                wanted = [venue]
            }
            for venue in wanted {
                if symbols[venue, default: []].contains(parts.last ?? entry) {
                    throw EngineError("trading.symbols: \(entry) is there twice")
                }
                symbols[venue, default: []].append(parts.last ?? entry)
            }
        }
        for venue in venues where symbols[venue] == nil {
            throw EngineError("trading.symbols: none for \(venue.text)")
        }
    }

    func of(_ venue: Venue) -> [String] { symbols[venue] ?? [] }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Messages
import Simulator
import VenueREST

/// The wall clock of the simulated machine.
///
/// SAFETY: set and read by the one thread of its world.
final class VirtualWall: @unchecked Sendable {
    var nowNs: UInt64
    init(_ nowNs: UInt64) { self.nowNs = nowNs }
}

/// What the cold side of one venue has under way.
struct ColdState {
    /// The venue lets a key live for an hour.
    static let keepAliveNs: UInt64 = 1_800_000_000_000
    static let deadManMs: UInt64 = 120_000
    static let clockNs: UInt64 = 300_000_000_000

    var listenKey = ""
    /// The account's stream is to be opened.
    var wantsStream = false
    var deadManDueNs: UInt64 = 0
    var keyDueNs = ColdState.keepAliveNs
    var clockDueNs = ColdState.clockNs
    /// Something may have been missed: compare at this time.
    var compareAtNs: UInt64 = .max
}

/// One venue of a world: the simulated one, the account's production session with it, and the
/// connections between.
final class Port {
    let venue: Venue
    let simulated: any InProcessVenue
    /// The number of its first instrument in the engine's table.
    let first: UInt32
    let instruments: [Instrument]
    let session: any VenueSession
    var keeper: AccountKeeper
    var cold = ColdState()
    /// Places of its connections in the world's list.
    let orderLink: Int
    let streamLink: Int

    init(
        _ simulated: any InProcessVenue, _ session: any VenueSession, instruments: [Instrument],
        orderLink: Int, streamLink: Int
    ) {
        venue = session.venue
        self.simulated = simulated
        self.session = session
        self.instruments = instruments
        first = instruments[0].instrumentID
        self.orderLink = orderLink
        self.streamLink = streamLink
        keeper = Self.keeper(session, instruments)
    }

    private static func keeper(
        _ session: any VenueSession, _ instruments: [Instrument]
    ) -> AccountKeeper {
        AccountKeeper(
            session: session, instruments: instruments,
            policy: AccountKeeper.Policy(
                orders: .adopt, positions: .adopt, reconcileIntervalNs: 300_000_000_000,
                worthIntervalNs: 900_000_000_000, instrumentIntervalNs: 3_600_000_000_000))
    }

    /// As after a restart.
    func renewKeeper() { keeper = Self.keeper(session, instruments) }

    // MARK: Making

    private static func endpoints(_ name: String) -> Endpoints {
        Endpoints(rest: VirtualTransport.base, stream: name, userStream: name, api: name)
    }

    static func binanceSession(
        _ transport: VirtualTransport, _ wall: VirtualWall
    ) -> BinanceSession {
        BinanceSession(
            endpoints: endpoints("binance"),
            credentials: Accounts.Credentials(
                apiKey: InProcessBinance.apiKey,
                secret: InProcessBinance.apiSecret),
            clock: VenueClock { wall.nowNs }, usage: BinanceUsage(), transport: transport)
    }

    static func okxSession(_ transport: VirtualTransport, _ wall: VirtualWall) -> OKXSession {
        OKXSession(
            endpoints: endpoints("okx"),
            credentials: Accounts.Credentials(
                apiKey: OKXCredentials.demonstrationKey,
                secret: OKXCredentials.demonstrationSecret,
                passphrase: OKXCredentials.demonstrationPassphrase),
            clock: VenueClock { wall.nowNs }, transport: transport)
    }
}

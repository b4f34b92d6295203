//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CTLS
import Configuration
import Gateway
import Messages
import Platform
import Rings
import Risk
import Telemetry
import Transport
import Venues

/// Connections, byte rings and stages of a live path, wired to each other.
struct EngineWiring: ~Copyable {
    let path: HotPath
    let connector: Connector
    let inbox: ColdInbox

    /// Bytes that may lie between reader and parser, per connection: several of the largest
    /// bursts seen (604 kB/s, 26 kB a message).
    private static let byteRingCapacity = 4 << 20

    init(
        _ settings: Settings, directory: InstanceDirectory, rings: PathRings,
        instruments: InstrumentTable, venue: VenueAccess, control: ControlHandle,
        clock: WallClock, telemetry: TelemetryWriter, log: Log
    ) throws {
        let producers = UnsafeMutablePointer<ByteRingProducer>.allocate(
            capacity: ConnectionID.count)
        let consumers = UnsafeMutablePointer<ByteRingConsumer>.allocate(
            capacity: ConnectionID.count)
        for id in 0..<ConnectionID.count {
            var memory = try ByteRingMemory(
                capacity: Self.byteRingCapacity, path: directory.segment("bytes.\(id)"))
            memory.prefault()
            unsafe (producers + id).initialize(to: try memory.makeProducer())
            unsafe (consumers + id).initialize(to: try memory.makeConsumer())
            // Kept for ever, like everything the hot threads touch.
            memory.leak()
        }
        let inboxBytes = unsafe producers.move()
        let coldInbox = ColdInbox(
            bytes: inboxBytes, inbox: try rings.inbox.makeProducer())
        let connector = Connector(
            specifications: Self.connections(settings, instruments, venue)
        ) { log.info("connection", ["event": $0]) }
        var readerConfiguration = ReaderConfiguration()
        readerConfiguration.timerIntervalNs = settings.durationNs("placement.timer_interval")
        let reader = unsafe PathStages.place(
            ReaderStage(
                configuration: readerConfiguration,
                connector: connector, frames: try rings.frames.makeProducer(),
                byteRings: producers, connectionCount: ConnectionID.count,
                inbox: try rings.inbox.makeConsumer(), outbox: try rings.outbox.makeConsumer(),
                clock: clock, telemetry: telemetry))
        let kernel = try PathSettings.kernel(settings)
        let limits = try PathSettings.risk(settings, instruments: instruments)
        for (id, own) in limits.instruments.enumerated()
        where own.orderQuantityMax == 0 || own.positionMax == 0 {
            log.warning("an instrument is not traded: its limit is 0", [
                "symbol": instruments[UInt32(id)].symbolText,
                "limit": own.orderQuantityMax == 0
                    ? "risk.order_quantity_max" : "risk.position_max",
            ])
        }
        let configuration = PathConfiguration(
            kernel: kernel, models: try PathSettings.models(settings, kernel),
            strategy: try PathSettings.strategy(settings),
            risk: limits,
            gateway: PathSettings.gateway(
                settings, venue.credentials, maskSeed: randomSeed()),
            // Nanoseconds of the start: a session sends far fewer orders than it lasts
            // nanoseconds, so no later session and no other engine of the account meets its ids.
            orderIDBase: wallNs())
        let stages = unsafe try PathStages(
            PathEnds(rings), configuration, instruments: instruments, byteRings: consumers,
            roles: ConnectionID.roles(instrumentCount: instruments.count),
            routes: unsafe [
                OrderRoute(
                    venue: .binanceUSDM,
                    channel: reader.pointee.orderChannel(
                        connectionID: Int(ConnectionID.orderEntry)))
            ],
            control: control, clock: clock, telemetry: telemetry)
        path = unsafe HotPath(reader: reader, stages: stages)
        self.connector = connector
        inbox = coldInbox
    }

    private static func connections(
        _ settings: Settings, _ instruments: InstrumentTable, _ venue: VenueAccess
    ) -> [ConnectionSpecification] {
        let symbols = (0..<UInt32(instruments.count)).map { instruments[$0].venueSymbolText }
        let endpoints = venue.endpoints
        let channels = Set(settings.list("trading.channels"))
        let interval = settings.text("trading.depth_interval")
        let speed = BinanceStreams.DepthSpeed(rawValue: "@" + interval) ?? .ms250
        let isAggregated = settings.text("trading.trade_stream") == "aggTrade"
        let keys = BinanceSession(endpoints: endpoints, credentials: venue.credentials)
        func connection(
            _ id: UInt16, _ name: String, _ url: String, idle: Duration?,
            path: (@Sendable () throws -> String)? = nil
        ) -> ConnectionSpecification {
            ConnectionSpecification(
                id: id, name: "binance-usdm.\(name)", url: url, caFile: endpoints.caFile,
                pathProvider: path, idleTimeout: idle)
        }
        return [
            connection(
                ConnectionID.quotes, "public",
                endpoints.stream
                    + BinanceStreams.publicPath(
                        symbols: symbols, depthSpeed: speed,
                        quotes: channels.contains("tickers"),
                        trades: channels.contains("trades") && !isAggregated),
                idle: .seconds(30)),
            connection(
                ConnectionID.marks, "market",
                endpoints.stream
                    + BinanceStreams.marketPath(
                        symbols: symbols,
                        aggregateTrades: channels.contains("trades") && isAggregated),
                idle: .seconds(30)),
            // Private connections may be silent for minutes; the venue's ping every three minutes
            // is what proves them alive.
            connection(
                ConnectionID.userStream, "private", endpoints.userStream, idle: .seconds(600)
            ) { BinanceStreams.privatePath(listenKey: try keys.listenKey()) },
            connection(ConnectionID.orderEntry, "orders", endpoints.api, idle: .seconds(600)),
        ]
    }
}

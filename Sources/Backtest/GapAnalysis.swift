//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration
import Messages
public import TradingCore
public import VenueModel

/// Compares a live session with the model of the venue on the session's own market data.
public struct GapAnalysis {
    public var live: LiveSession
    /// What the model is told: the session's configuration, with the keys of the venue model.
    public var settings: Settings
    /// From a frame to an order's bytes, as the session measured it; `nil`: not known, so that it
    /// is in the round trips.
    public var own: LatencyLaw?
    public var paper: PaperResult?
    /// Opens the session's market data anew.
    public let source: () throws -> any MarketSource

    public init(
        live: LiveSession, settings: Settings, source: @escaping () throws -> any MarketSource
    ) {
        self.live = live
        self.settings = settings
        self.source = source
    }

    /// Shares of the round trips that a law is made of.
    private static let shares = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0]

    /// - Parameter tell: Takes a line before each run of the model.
    public func report(_ tell: (String) -> Void = { _ in }) throws -> GapReport {
        let configured = try BacktestConfiguration(settings)
        tell("the model as configured")
        let (first, mids) = try runWithMids(configured)
        var measuredLaws = configured
        var measured = first
        if let law = way {
            measuredLaws.entry = law
            measuredLaws.response = law
            measuredLaws.own = own ?? .constant(ns: 0)
        }
        if measuredLaws.entry != configured.entry || measuredLaws.response != configured.response
            || measuredLaws.own != configured.own
        {
            tell("the model with the session's latencies")
            measured = try run(measuredLaws, pauses: [])
        }
        var paused = measured
        if !live.pauses.isEmpty {
            tell("the model with the session's pauses")
            paused = try run(
                measuredLaws,
                pauses: live.pauses.map { BacktestRange(sinceNs: $0.sinceNs, untilNs: $0.untilNs) })
        }
        let (side, grossE12, scheduledE12) = worth(of: first, mids: mids)
        let parts = GapParts(
            GapParts.Steps(
                liveGrossE12: grossE12, liveFeesE12: side.feesE12, scheduledFeesE12: scheduledE12,
                configuredE12: first.gapProfitE12, measuredE12: measured.gapProfitE12,
                pausedE12: paused.gapProfitE12, paperE12: paper?.side.profitE12))
        return GapReport(
            parts: parts, live: side, paper: paper?.side ?? first.gapSide, nearest: paused.gapSide,
            matching: GapMatching(
                live: live.gapOrders, model: paused.gapOrders,
                ownMaxNs: paused.delaysNs[LatencyModel.Leg.own.rawValue].max() ?? 0),
            session: live, configured: configured, measured: measuredLaws,
            hasPaperRun: paper != nil, remarks: remarks(first))
    }

    // MARK: - The session

    /// One way to the venue or back: half of what is left of a round trip.
    var way: LatencyLaw? {
        let ownNs = own.map(Self.medianNs) ?? 0
        let halves = live.roundTripsNs.map { max(0, $0 - ownNs) / 2 }.sorted()
        guard let least = halves.first, let most = halves.last else { return nil }
        if least == most { return .constant(ns: least) }
        return .quantiles(
            Self.shares.map { share in
                let rank = Int((Double(halves.count - 1) * share).rounded())
                return LatencyQuantile(share: share, ns: halves[rank])
            })
    }

    private static func medianNs(_ law: LatencyLaw) -> Int64 {
        switch law {
        case .constant(let ns): ns
        case .logNormal(let ns, _): ns
        case .quantiles(let points): points.first { $0.share >= 0.5 }?.ns ?? 0
        }
    }

    /// The session's fills valued at the model's last mids, and their fees by its schedule.
    private func worth(
        of run: BacktestRun, mids: [Int64?]
    ) -> (side: GapSide, grossE12: Int128, scheduledE12: Int128) {
        var side = GapSide()
        var accounts = live.instruments.map { VenueAccount(tickLotValueE12: $0.tickLotValueE12) }
        var fees = run.configuration.fees
        for (index, fill) in live.fills.enumerated() {
            let tier = fees.tier(timeNs: fill.receivedNs)
            accounts[fill.instrument].fill(
                fill.side, price: fill.price, lots: fill.quantity,
                ppm: fill.isMaker ? tier.makerPpm : tier.takerPpm)
            fees.add(
                timeNs: fill.receivedNs,
                valueE12: accounts[fill.instrument].valueE12(
                    price: fill.price, lots: fill.quantity))
            side.add(
                fill.side, price: fill.price, lots: fill.quantity,
                tickLotE12: live.instruments[fill.instrument].tickLotValueE12,
                isMaker: fill.isMaker, twiceMid: mids[index])
            side.feesE12 += Int128(fill.feeE8) * 10_000
        }
        let grossE12 = zip(accounts, run.venue.feeds).reduce(Int128(0)) {
            $0 + $1.0.cashE12 + $1.0.positionValueE12(twiceMid: $1.1.lastTwiceMid)
        }
        let scheduledE12 = accounts.reduce(0) { $0 + $1.feesE12 }
        let orders = live.gapOrders
        side.orders = orders.count
        side.ordersFilled = orders.count { $0.filled > 0 }
        side.profitE12 = grossE12 - side.feesE12
        return (side, grossE12, scheduledE12)
    }

    private func remarks(_ run: BacktestRun) -> [String] {
        var remarks = live.remarks
        let known = Set(live.orders.map(\.clientID))
        let strange = live.fills.count { !known.contains($0.clientID) }
        if strange > 0 {
            remarks.append("\(strange) fills of orders that the session did not send")
        }
        if live.pauses.isEmpty { remarks.append("the session traded all the time") }
        if let paper, paper.endNs < live.startNs || paper.startNs > live.endNs {
            remarks.append("the paper run was at another time, and so its market another one")
        }
        if own == nil {
            remarks.append("own computing is not told apart: it is in the round trips")
        }
        let fundingE12 = run.venue.accounts.reduce(0) { $0 + $1.fundingE12 }
        if fundingE12 != 0 {
            remarks.append("funding is in no figure; the model paid \(ExactText.e12(fundingE12))")
        }
        if run.venue.counters.gaps > 0 {
            remarks.append(
                "\(run.venue.counters.gaps) gaps in the market data are the model's as well")
        }
        return remarks
    }

    // MARK: - Runs

    private func run(
        _ configuration: BacktestConfiguration, pauses: [BacktestRange]
    ) throws -> BacktestRun {
        let run = try prepared(configuration)
        run.pauses = pauses
        try run.run()
        return run
    }

    private func prepared(_ configuration: BacktestConfiguration) throws -> BacktestRun {
        try BacktestRun(
            settings, configuration: configuration, source: try source(),
            range: BacktestRange(sinceNs: live.startNs, untilNs: live.endNs),
            orderIDBase: live.orderIDBase)
    }

    /// The run, and bid plus ask at its venue when each of the session's fills was matched.
    private func runWithMids(
        _ configuration: BacktestConfiguration
    ) throws -> (run: BacktestRun, mids: [Int64?]) {
        let run = try prepared(configuration)
        let times = live.fills.map { fill in
            fill.venueNs > 0
                ? min(fill.receivedNs, fill.venueNs - run.clockOffsetNs) : fill.receivedNs
        }
        var places = live.fills.indices.sorted { times[$0] < times[$1] }[...]
        var mids = [Int64?](repeating: nil, count: live.fills.count)
        func take(before nowNs: Int64) {
            while let place = places.first, times[place] < nowNs {
                mids[place] = run.venue.books[live.fills[place].instrument].depth.twiceMid
                places.removeFirst()
            }
        }
        run.willHandle = { take(before: $0) }
        try run.run()
        take(before: .max)
        run.willHandle = nil
        return (run, mids)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Journal
import Messages
public import VenueModel

/// hftbacktest's loop around our venue model: one instrument, events seen by the venue at its time
/// and by the trader at his, orders and answers on links with constant delays. At one time come,
/// in this order: the trader's data, his answers, the venue's data, its requests.
public struct GoldenDriver {
    static let tick = 0.1
    static let decimals = 3
    public static let lotScale = 1_000.0
    static let makerPpm: Int64 = -50
    static let takerPpm: Int64 = 700
    static let stepNs: Int64 = 100_000_000
    /// Lots.
    static let quantity: Int64 = 10
    static let positionMax: Int64 = 50

    let entryNs: Int64
    let responseNs: Int64
    let distance: Int64
    /// Of an order that fills in parts, hftbacktest's trader books the last part alone.
    public var countsLastFillOnly = false

    /// As the trader and as the venue sees them.
    private let localEvents: [Event]
    private let venueEvents: [Event]
    private var venue: VenueBook
    private var local = DepthBook()
    private var account = VenueAccount(tickLotValueE12: 100_000_000)
    private var nextLocal = 0
    private var nextVenue = 0
    private var requests: [(timeNs: Int64, request: Request)] = []
    private var answers: [(timeNs: Int64, report: VenueReport)] = []
    private var there = OrderedLink()
    private var back = OrderedLink()
    /// As the trader knows them.
    private var working: [UInt64: Working] = [:]

    private enum Request {
        case place(VenueOrder)
        case cancel(UInt64)
    }

    private struct Working {
        let price: Int64
        /// Answered at least once and nothing asked since.
        var isQuiet = false
    }

    /// What is compared, at one step.
    public struct Row: Sendable {
        public let timeNs: Int64
        /// Lots.
        public let position: Int64
        public let trades: Int
        /// Lots.
        public let volume: Int64
        public let equity: Double
    }

    /// An archive's row in ticks and lots.
    struct Event: Sendable {
        let timeNs: Int64
        let kind: ArchivedEvent.Kind
        let side: Side
        let price: Int64
        let lots: Int64

        init?(_ event: ArchivedEvent, timeNs: Int64) {
            guard let kind = event.kind else { return nil }
            self.timeNs = timeNs
            self.kind = kind
            side = event.isBuy ? .buy : .sell
            price = Int64((event.price / GoldenDriver.tick).rounded())
            lots = Int64((event.quantity * GoldenDriver.lotScale).rounded())
        }
    }

    /// An archive split into what the trader and what the venue sees.
    public struct Events: Sendable {
        let local: [Event]
        let venue: [Event]

        /// Levels and trades that the trader sees.
        public var count: Int { local.count { $0.kind != .depthClear } }

        public init(_ archive: [ArchivedEvent]) {
            local = archive.filter(\.isLocal).compactMap { Event($0, timeNs: $0.localTimeNs) }
            venue = archive.filter(\.isForVenue).compactMap { Event($0, timeNs: $0.venueTimeNs) }
        }
    }

    public init(
        _ events: Events, rules: VenueRules, entryNs: Int64, responseNs: Int64, distance: Int64
    ) {
        localEvents = events.local
        venueEvents = events.venue
        self.entryNs = entryNs
        self.responseNs = responseNs
        self.distance = distance
        venue = VenueBook(rules: rules, lotMantissa: 1, decimals: Self.decimals)
    }

    // MARK: Time

    private var localNs: Int64 {
        nextLocal < localEvents.count ? localEvents[nextLocal].timeNs : .max
    }

    private var venueNs: Int64 {
        nextVenue < venueEvents.count ? venueEvents[nextVenue].timeNs : .max
    }

    /// Lets time pass to `endNs`; `false` when nothing is left to come.
    private mutating func elapse(to endNs: Int64) -> Bool {
        while true {
            let answerNs = answers.first?.timeNs ?? .max
            let requestNs = requests.first?.timeNs ?? .max
            let timeNs = min(localNs, answerNs, venueNs, requestNs)
            if timeNs == .max { return false }
            if timeNs > endNs { return true }
            if localNs == timeNs {
                see(localEvents[nextLocal])
                nextLocal += 1
            } else if answerNs == timeNs {
                hear(answers.removeFirst().report)
            } else if venueNs == timeNs {
                var reports: [VenueReport] = []
                show(venueEvents[nextVenue], &reports)
                nextVenue += 1
                answer(reports, timeNs)
            } else {
                serve(requests.removeFirst().request, timeNs)
            }
        }
    }

    // MARK: Market

    private mutating func see(_ event: Event) {
        switch event.kind {
        case .depth, .depthSnapshot:
            local.update(event.side, price: event.price, quantity: event.lots)
        case .depthClear: local.clear(event.side, upTo: event.price)
        case .trade: break
        }
    }

    private mutating func show(_ event: Event, _ reports: inout [VenueReport]) {
        switch event.kind {
        case .depth, .depthSnapshot:
            venue.update(
                event.side, price: event.price, quantity: event.lots, into: &reports)
        case .depthClear: venue.clear(event.side, upTo: event.price)
        case .trade:
            venue.trade(
                aggressor: event.side, price: event.price, quantity: event.lots, into: &reports)
        }
    }

    // MARK: Orders

    private mutating func send(_ request: Request, _ nowNs: Int64) {
        requests.append((there.arrivalNs(sentNs: nowNs, delayNs: entryNs), request))
    }

    private mutating func serve(_ request: Request, _ timeNs: Int64) {
        var reports: [VenueReport] = []
        switch request {
        case .place(let order): venue.place(order, into: &reports)
        case .cancel(let id): _ = venue.cancel(id, into: &reports)
        }
        answer(reports, timeNs)
    }

    private mutating func answer(_ reports: [VenueReport], _ timeNs: Int64) {
        for report in reports {
            answers.append((back.arrivalNs(sentNs: timeNs, delayNs: responseNs), report))
        }
    }

    private mutating func hear(_ report: VenueReport) {
        let id = report.order.id
        switch report.kind {
        case .accepted: working[id]?.isQuiet = true
        case .filled(let isMaker):
            if countsLastFillOnly, report.order.leaves > 0 {
                working[id]?.isQuiet = true
                return
            }
            account.fill(
                report.order.side, price: report.price, lots: report.quantity,
                ppm: isMaker ? Self.makerPpm : Self.takerPpm)
            if report.order.leaves == 0 { working[id] = nil } else { working[id]?.isQuiet = true }
        case .cancelled, .expired, .refused: working[id] = nil
        case .modified, .requestRefused: break
        }
    }

    // MARK: Strategy

    /// To the end of the events, or so many steps.
    public mutating func run(stepsMax: Int = .max) -> [Row] {
        var rows: [Row] = []
        var nowNs = min(localNs, venueNs)
        var firstNs: Int64?
        var nextID: UInt64 = 1
        var placed: [UInt64] = [0, 0]
        while rows.count < stepsMax, elapse(to: nowNs + Self.stepNs) {
            nowNs += Self.stepNs
            firstNs = firstNs ?? nowNs
            let twiceMid = local.twiceMid ?? 0
            rows.append(
                Row(
                    timeNs: nowNs - (firstNs ?? 0), position: account.position,
                    trades: account.trades, volume: account.volume,
                    equity: Double(account.profitE12(twiceMid: twiceMid)) / 1e12))
            guard local.twiceMid != nil, local.bestBid > 0 else { continue }
            for (place, side) in [Side.buy, .sell].enumerated() {
                let target = side == .buy ? local.bestBid - distance : local.bestAsk + distance
                if let order = working[placed[place]] {
                    if order.price == target || !order.isQuiet { continue }
                    working[placed[place]]?.isQuiet = false
                    send(.cancel(placed[place]), nowNs)
                }
                let held = side == .buy ? account.position : -account.position
                guard held + Self.quantity <= Self.positionMax else { continue }
                let order = VenueOrder(
                    id: nextID, side: side, timeInForce: .postOnly, price: target,
                    quantity: Self.quantity)
                working[nextID] = Working(price: target)
                send(.place(order), nowNs)
                placed[place] = nextID
                nextID += 1
            }
        }
        return rows
    }
}

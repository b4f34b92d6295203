//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Journal
import Messages
import VenueModel

/// hftbacktest's loop around our venue model: one instrument, events seen by the venue at its time
/// and by the trader at his, orders and answers on links with constant delays. At one time come,
/// in this order: the trader's data, his answers, the venue's data, its requests.
struct GoldenDriver {
    static let tick = 0.1
    static let decimals = 3
    static let lotScale = 1_000.0
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
    var countsLastFillOnly = false

    private let events: [ArchivedEvent]
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
    struct Row {
        let timeNs: Int64
        let position: Int64
        let trades: Int
        let volume: Int64
        let equity: Double
    }

    init(
        _ events: [ArchivedEvent], rules: VenueRules, entryNs: Int64, responseNs: Int64,
        distance: Int64
    ) {
        self.events = events
        self.entryNs = entryNs
        self.responseNs = responseNs
        self.distance = distance
        venue = VenueBook(rules: rules, lotMantissa: 1, decimals: Self.decimals)
        skip()
    }

    // MARK: Time

    private mutating func skip() {
        while nextLocal < events.count, !events[nextLocal].isLocal { nextLocal += 1 }
        while nextVenue < events.count, !events[nextVenue].isForVenue { nextVenue += 1 }
    }

    private var localNs: Int64 {
        nextLocal < events.count ? events[nextLocal].localTimeNs : .max
    }

    private var venueNs: Int64 {
        nextVenue < events.count ? events[nextVenue].venueTimeNs : .max
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
                apply(events[nextLocal], to: &local)
                nextLocal += 1
                skip()
            } else if answerNs == timeNs {
                hear(answers.removeFirst().report)
            } else if venueNs == timeNs {
                var reports: [VenueReport] = []
                show(events[nextVenue], &reports)
                nextVenue += 1
                skip()
                answer(reports, timeNs)
            } else {
                serve(requests.removeFirst().request, timeNs)
            }
        }
    }

    // MARK: Market

    private static func price(_ event: ArchivedEvent) -> Int64 {
        Int64((event.price / tick).rounded())
    }

    private static func lots(_ event: ArchivedEvent) -> Int64 {
        Int64((event.quantity * lotScale).rounded())
    }

    private func apply(_ event: ArchivedEvent, to book: inout DepthBook) {
        let side: Side = event.isBuy ? .buy : .sell
        switch event.kind {
        case .depth, .depthSnapshot:
            book.update(side, price: Self.price(event), quantity: Self.lots(event))
        case .depthClear: book.clear(side, upTo: Self.price(event))
        default: break
        }
    }

    private mutating func show(_ event: ArchivedEvent, _ reports: inout [VenueReport]) {
        let side: Side = event.isBuy ? .buy : .sell
        let price = Self.price(event)
        switch event.kind {
        case .depth, .depthSnapshot:
            venue.update(side, price: price, quantity: Self.lots(event), into: &reports)
        case .depthClear: venue.clear(side, upTo: price)
        case .trade:
            venue.trade(
                aggressor: side, price: price, quantity: Self.lots(event), into: &reports)
        case nil: break
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

    mutating func run(stepsMax: Int) -> [Row] {
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

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry
import Messages

extension QualityTracker {
    // MARK: Markouts

    /// Has `fill` wait for the mids behind it.
    mutating func follow(_ fill: FollowedFill) {
        if fillsWaiting >= fillsWaitingMax {
            losses.markouts += 1
            sink?(.fill(fill))
            return
        }
        let id = Int(fill.instrumentID)
        states[id].lastFillTimeNs = fill.dueBaseNs
        states[id].fills.append(fill)
        fillsWaiting += 1
    }

    /// Judges by the present mid each fill whose horizon is reached. Fills stand in order of their
    /// times and each horizon goes through them once, so this is O(1) for each fill and horizon.
    mutating func judgeFills(_ id: Int, timeNs: UInt64) {
        if states[id].fills.count == 0 { return }
        for (horizon, spanNs) in MarkoutHorizon.allNs.enumerated() {
            while states[id].judged[horizon] < states[id].fills.count {
                let index = states[id].judged[horizon]
                let dueNs = states[id].fills[index].dueBaseNs.addingReportingOverflow(spanNs)
                if dueNs.overflow || timeNs < dueNs.partialValue { break }
                states[id].fills[index].laterMidsTwice[horizon] = states[id].top.midTwice
                let fill = states[id].fills[index]
                tallies[fill.tally].judge(fill, horizon)
                states[id].judged[horizon] += 1
            }
        }
        while states[id].judged[MarkoutHorizon.count - 1] > 0 { tellFirstFill(id) }
    }

    private mutating func tellFirstFill(_ id: Int) {
        let fill = states[id].fills.removeFirst()
        fillsWaiting -= 1
        for horizon in 0..<MarkoutHorizon.count {
            states[id].judged[horizon] = max(0, states[id].judged[horizon] - 1)
        }
        sink?(.fill(fill))
    }

    /// Nothing more will come: tells the fills that still wait, with what is known of them.
    public mutating func finish() {
        for id in states.indices {
            while states[id].fills.count > 0 { tellFirstFill(id) }
        }
    }

    // MARK: Funding

    /// Shares funding among the strategies of the instrument by their positions; the shares sum to
    /// it exactly. Without a position here nobody's share is known, and it is `noStrategy`'s.
    mutating func payFunding(_ report: ExecutionReport) {
        let id = Int(report.instrumentID)
        let whole = Int128(report.feeE8)
        let net = states[id].position
        if net == 0 {
            let place = tally(id, Self.noStrategy)
            tallies[place].attribution.pay(fundingE8: whole)
            return
        }
        var (sum, before): (Int128, Int128) = (0, 0)
        for place in states[id].tallies where place >= 0 {
            sum += tallies[place].attribution.position
            let after = whole * sum / net
            tallies[place].attribution.pay(fundingE8: after - before)
            before = after
        }
    }

    // MARK: Figures

    /// The total, then each instrument and strategy that did anything, as the telemetry page shows
    /// them. Names of instruments are left empty.
    public var rows: [QualityData] {
        let figures = tallies.map { tally in
            Figures(
                tally,
                MoneyScale(tickLotValueE12: instruments[tally.instrumentID].tickLotValueE12),
                midTwice: states[Int(tally.instrumentID)].markTwice)
        }
        return [Figures.total(figures).data] + figures.map(\.data)
    }

    /// The instrument of each row but the first.
    public var rowInstruments: [UInt32] { tallies.map(\.instrumentID) }
}

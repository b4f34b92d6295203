//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Sends one target its frames for one block, open loop, and takes its answers.
///
/// The loop never waits. In each round it looks for an answer first, then sends what is due, and
/// only where neither is the case and the next frame is far enough it serves the rest of the venue.
/// Stamps: *before write* is taken right before the frame is given to TLS, *after write* when the
/// system call has returned, *received* when a look at the socket (`recv` with `MSG_PEEK`) first
/// finds bytes, before they are read and decrypted.
final class EchoBlock {
    struct Plan {
        let marks: EchoSchedule
        let markCount: UInt64
        /// The first ones warm the target up and are in no figure.
        let uncounted: UInt64
        let others: EchoSchedule
        let otherCount: UInt64
        let endNs: UInt64
    }

    private let clock: EchoClock
    private let simulator: Simulator
    private let venue: EchoVenue
    private var mix = EchoMix.recorded
    /// When bytes were found that the venue has not read yet.
    private var foundNs: UInt64?
    private var ledger: EchoLedger?
    private var target: EchoReceiver?
    private(set) var gaps = EchoGaps()

    /// The rest of the venue is left alone for so long while an answer is waited for.
    private static let patienceNs: UInt64 = 2_000_000
    private static let serveEveryNs: UInt64 = 100_000
    /// What serving may take before the next frame is due.
    private static let serveRoomNs: UInt64 = 30_000
    /// Answers are waited for so long after the last frame.
    private static let answerWithinNs: UInt64 = 1_000_000_000
    private static let backlogLookEveryNs: UInt64 = 10_000_000

    init(clock: EchoClock, simulator: Simulator, venue: EchoVenue) {
        self.clock = clock
        self.simulator = simulator
        self.venue = venue
        venue.echo.onOrder = { [unowned self] in took($0, price: $1) }
    }

    private func took(_ link: EchoLink, price: Fixed?) {
        // Only the first order behind a look at the socket has its stamp.
        let atNs = foundNs ?? clock.nowNs
        foundNs = nil
        guard link === target?.link else { return }
        ledger?.answered(
            code: price.flatMap { EchoFeed.code(ofPrice: $0) }, atNs: atNs,
            heldCount: gaps.heldCount)
    }

    /// Begins to count gaps anew.
    func forgetGaps() { gaps = EchoGaps() }

    func serve() {
        simulator.turn(waitNsMax: 0)
        foundNs = nil
    }

    /// - Throws: The target's connection or program is gone.
    func run(
        _ target: EchoReceiver, _ plan: Plan, into ledger: inout EchoLedger
    ) throws(SimulatorError) {
        // Moved, not copied: a copy of all samples would be made at the first of the block.
        self.ledger = ledger
        ledger = EchoLedger()
        self.target = target
        defer {
            ledger = self.ledger ?? ledger
            self.ledger = nil
            self.target = nil
        }
        var markIndex: UInt64 = 0
        var otherIndex: UInt64 = 0
        var prepared: [UInt8]?
        var servedNs = clock.nowNs
        var lookedNs = servedNs
        var lastSentNs = servedNs
        var idleSinceNs: UInt64 = 0
        while true {
            guard let data = target.link.data, let orders = target.link.orders else {
                throw SimulatorError(target.failure ?? "\(target.name) lost its connection")
            }
            let nowNs = clock.nowNs
            if idleSinceNs != 0 { gaps.add(nowNs &- idleSinceNs) }
            if EchoClock.hasBytes(orders.socket) {
                foundNs = clock.nowNs
                serve()
                servedNs = clock.nowNs
                idleSinceNs = 0
                continue
            }
            let markNs = markIndex < plan.markCount ? plan.marks.intendedNs(markIndex) : .max
            let otherNs = otherIndex < plan.otherCount ? plan.others.intendedNs(otherIndex) : .max
            if markNs <= nowNs, markNs <= otherNs {
                sendMark(
                    data, prepared, intendedNs: markNs, isCounted: markIndex >= plan.uncounted)
                prepared = nil
                lastSentNs = clock.nowNs
                markIndex += 1
                idleSinceNs = 0
                continue
            }
            if otherNs <= nowNs {
                data.sendText(target.feed.next(mix.next(), timeMs: venue.clock.nowMs))
                _ = data.flush()
                target.backlogMax = max(target.backlogMax, data.backlog)
                otherIndex += 1
                idleSinceNs = 0
                continue
            }
            let openCount = self.ledger?.openCount ?? 0
            if markIndex == plan.markCount, otherIndex == plan.otherCount, nowNs >= plan.endNs {
                if openCount == 0 { return }
                if nowNs >= max(plan.endNs, lastSentNs) + Self.answerWithinNs {
                    self.ledger?.giveUp()
                    return
                }
            }
            idleSinceNs = nowNs
            // Only what comes next: update ids ascend in the order of sending.
            if prepared == nil, markNs < otherNs {
                prepared = nextMark()
                idleSinceNs = 0
            }
            let roomNs = min(markNs, otherNs) &- nowNs
            let isDue = openCount == 0 && nowNs &- servedNs >= Self.serveEveryNs
            if isDue && roomNs >= Self.serveRoomNs || nowNs &- servedNs >= Self.patienceNs {
                serve()
                servedNs = clock.nowNs
                idleSinceNs = 0
            }
            if nowNs &- lookedNs >= Self.backlogLookEveryNs {
                lookedNs = nowNs
                target.kernelBacklogMax = max(
                    target.kernelBacklogMax, EchoClock.unacknowledged(data.socket))
                idleSinceNs = 0
            }
        }
    }

    private func nextMark() -> [UInt8] {
        guard let target, let ledger else { return [] }
        return target.feed.mark(
            code: EchoLedger.code(of: ledger.nextNumber), timeMs: venue.clock.nowMs)
    }

    private func sendMark(
        _ data: StreamConnection, _ prepared: [UInt8]?, intendedNs: UInt64, isCounted: Bool
    ) {
        data.sendText(prepared ?? nextMark())
        let beginNs = clock.nowNs
        _ = data.flush()
        let endNs = clock.nowNs
        ledger?.sent(
            intendedNs: intendedNs, beginNs: beginNs, endNs: endNs, isCounted: isCounted,
            heldCount: gaps.heldCount)
    }
}

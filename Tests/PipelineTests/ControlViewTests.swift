//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Pipeline
import Rings
import SeededRandom
import Telemetry
import Testing

/// Goal: what a stage saw of the control page can be shown to it again, record by record.
@Suite("What a stage sees of the control page")
struct ControlViewTests {
    private struct Seen: Equatable {
        let state: TradingState
        let isStopRequested: Bool
        let epochs: [UInt32]
        let used: [Bool]
    }

    private static func seen(_ view: borrowing ControlView, used: [Bool]) -> Seen {
        Seen(
            state: view.state, isStopRequested: view.isStopRequested,
            epochs: [view.cancelAllEpoch, view.flattenEpoch, view.resumeEpoch], used: used)
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5])
    func `a replay of its notes sees the same at every record`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let page = ControlHandle.standalone()
        var memory = try RingMemory<ControlNote>(capacity: 1_024)
        var notes = try memory.makeConsumer()
        var live = ControlView(page, of: .risk)
        live.note(into: try memory.makeProducer())
        var lived: [Seen] = []
        // What the stage does of itself, it does again.
        var lowered: [Bool] = []
        for _ in 0..<500 {
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                switch Int.random(in: 0...5, using: &random) {
                case 0: page.lower(to: .reducing, reason: "test")
                case 1: page.lower(to: .halted, reason: "test")
                case 2: page.resume()
                case 3: page.cancelAll()
                case 4: page.flatten()
                default: page.setEngineState(Bool.random(using: &random) ? .ready : .notReady)
                }
                // Looks that take no record, as when a ring is empty.
                if Bool.random(using: &random) { _ = live.look() }
            }
            _ = live.look()
            lowered.append(Int.random(in: 0...9, using: &random) == 0)
            if lowered[lowered.count - 1] { live.lower(to: .reducing, because: "its own") }
            let used = (0..<Int.random(in: 0...2, using: &random)).map { _ in
                live.used(Int.random(in: 0...3, using: &random) > 0)
            }
            lived.append(Self.seen(live, used: used))
            live.took()
        }
        #expect(live.notesLost == 0)
        var script: [ControlNote] = []
        while let note = unsafe notes.peek() {
            script.append(unsafe note.pointee)
            notes.release()
        }
        var again = ControlView(.standalone(), of: .risk)
        again.follow(script)
        for (index, seen) in lived.enumerated() {
            _ = again.look()
            if lowered[index] { again.lower(to: .reducing, because: "its own") }
            let used = seen.used.map { _ in again.used(true) }
            try #require(Self.seen(again, used: used) == seen, "record \(index), seed \(seed)")
            again.took()
        }
    }

    @Test func `a stage that lowers the state sees it at once, and others at their next look`() {
        let page = ControlHandle.standalone()
        var one = ControlView(page, of: .risk)
        var other = ControlView(page, of: .gateway)
        one.lower(to: .halted, because: "test")
        #expect(one.state == .halted)
        #expect(other.state == .ready)
        let first = other.look()
        #expect(first)
        #expect(other.state == .halted)
        let second = other.look()
        #expect(!second)
    }

    @Test func `what finds no room among the notes is counted`() throws {
        let page = ControlHandle.standalone()
        var memory = try RingMemory<ControlNote>(capacity: 2)
        var view = ControlView(page, of: .gateway)
        view.note(into: try memory.makeProducer())
        for _ in 0..<3 {
            page.cancelAll()
            _ = view.look()
        }
        #expect(view.notesLost == 2)
    }
}

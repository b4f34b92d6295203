//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTelemetry
import Messages
import Risk
import Rings
import Telemetry
import Testing


@Suite("Child orders")
struct ChildOrderTests {
    private let ok = Verdict.approved.rawValue

    @Test func `child orders are judged alike and answered on their own ring`() throws {
        let risk = try RiskHarness(hasChildren: true)
        risk.prepare()
        risk.sendChild(Fixtures.place(1, quantity: 100))
        risk.send(Fixtures.place(2, quantity: 60))
        risk.sendChild(Fixtures.place(3, quantity: 50))
        var cancel = Fixtures.place(1)
        cancel.kind = .cancel
        risk.sendChild(cancel)
        #expect(risk.newVerdicts() == [5])
        #expect(risk.childAnswers.map(\.verdict.rawValue) == [ok, ok, ok])
        #expect(risk.childAnswers.map(\.orderID) == [1, 3, 1])
        #expect(risk.sent.map(\.orderID) == [1, 3, 1])
    }

    @Test func `of one sequence child orders come last, and wait for every other input`() throws {
        let risk = try RiskHarness(hasChildren: true)
        risk.prepare()
        let next = risk.sequence + 1
        risk.putChild(Fixtures.place(1, quantity: 100), sequence: next)
        risk.children.advanceWatermark(to: next)
        risk.updates.advanceWatermark(to: next)
        risk.run()
        #expect(risk.childAnswers.isEmpty)
        risk.references.advanceWatermark(to: next)
        risk.run()
        #expect(risk.childAnswers.isEmpty)
        risk.put(Fixtures.place(2, quantity: 100), sequence: next)
        risk.intents.advanceWatermark(to: next)
        #expect(risk.newVerdicts() == [ok])
        #expect(risk.childAnswers.map(\.verdict.rawValue) == [5])
        #expect(risk.childVerdicts.watermark() == next)
    }

    @Test func `an intent waits for child orders of before`() throws {
        let risk = try RiskHarness(hasChildren: true)
        risk.prepare()
        let next = risk.sequence + 1
        risk.put(Fixtures.place(2, quantity: 100), sequence: next + 1)
        risk.intents.advanceWatermark(to: next + 1)
        risk.updates.advanceWatermark(to: next + 1)
        risk.references.advanceWatermark(to: next + 1)
        #expect(risk.newVerdicts() == [])
        risk.putChild(Fixtures.place(1, quantity: 100), sequence: next)
        risk.children.advanceWatermark(to: next)
        #expect(risk.newVerdicts() == [5])
        #expect(risk.childAnswers.map(\.verdict.rawValue) == [ok])
    }

    @Test func `full outputs stall child orders and lose none`() throws {
        let risk = try RiskHarness(outputCapacity: 2, hasChildren: true)
        risk.prepare()
        for id in 1...10 { risk.sendChild(Fixtures.place(UInt64(id), quantity: 5)) }
        for _ in 0..<5 { _ = risk.stage.poll() }
        #expect(risk.count("stalls") > 0)
        risk.run()
        #expect(risk.childAnswers.map(\.orderID) == Array(1...10))
        #expect(risk.sent.map(\.orderID) == Array(1...10))
    }
}

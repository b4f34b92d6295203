//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Indicators
import Messages
import Testing

@Suite("Leader features")
struct LeaderFeatureTests {
    static let own = ["imbalance(1)", "trade_rate(1s)", "mid_return(100ms)", "bar(sma(3),1s)"]
    static let instruments = [makeInstrument("ETH-USDT"), makeInstrument("BTC-USDT")]

    @Test func `a leader's feature is what is known of it when the follower decides`() throws {
        let texts = Self.own + Self.own.map { "leader(BTC-USDT,\($0))" }
        var rig = Rig(try .declaring(texts), instruments: Self.instruments)
        let follower = FeatureMarket(seed: 21, count: 1_500, breaks: false)
        let leader = FeatureMarket(seed: 22, count: 1_500, breaks: false, instrument: 1)
        let steps = (follower.steps + leader.steps).sorted { $0.timeNs < $1.timeNs }
        var compared = 0
        for step in steps {
            let frame = rig.take(step.records)
            guard let vector = frame.features.last, vector.instrumentID == 0,
                rig.kernel.isBookValid(of: 1)
            else { continue }
            for place in Self.own.indices {
                let value = vector.list[Self.own.count + place]
                compared += 1
                #expect(value == Float(rig.kernel.feature(of: 1, place: place)), "seeds 21, 22")
            }
        }
        #expect(compared > 1_000)
    }

    @Test func `the leader's history fades up to the follower's decision`() throws {
        var rig = Rig(
            try .declaring(["spread", "leader(BTC-USDT,quote_rate(1s))"]),
            instruments: Self.instruments)
        let t0 = FeatureTests.t0
        rig.take(Records.sync(t0, instrument: 1))
        let last = rig.take(Records.sync(t0 + 1_000_000_000, sequence: 3)).features.last
        let vector = try #require(last)
        #expect(abs(vector.list[1] - 0.367_879_44) < 1e-6)
        // No top is newer than the decision: what arrives later is not in the vector.
        let later = rig.take(
            Records.quote(
                6, t0 + 1_000_000_000, id: 500, bid: (100, 7), ask: (101, 5), instrument: 1)
        ).features.last
        #expect(later?.instrumentID == 1)
        #expect(try #require(later).list[1] > 1)
    }

    @Test func `without a valid book of its leader a vector is cold and the value 0`() throws {
        var rig = Rig(
            try .declaring(["spread", "leader(BTC-USDT,imbalance(1))"]),
            instruments: Self.instruments)
        let t0 = FeatureTests.t0
        let before = rig.take(Records.sync(t0, bids: [(100, 9)])).features.last
        #expect(before?.isWarm == 0)
        #expect(before?.list[1] == 0)
        rig.take(Records.sync(t0, bids: [(100, 15)], instrument: 1, sequence: 3))
        let with = rig.take(
            Records.quote(5, t0, id: 200, bid: (100, 3), ask: (101, 5))
        ).features.last
        #expect(with?.isWarm == 1)
        #expect(with?.list[1] == 0.5)
        rig.take(Records.status(6, t0, .feedStatus, instrument: 1))
        let after = rig.take(
            Records.quote(7, t0, id: 201, bid: (100, 4), ask: (101, 5))
        ).features.last
        #expect(after?.isWarm == 0)
        #expect(after?.list[1] == 0)
    }

    @Test func `a leader is exactly one instrument of the run`() throws {
        let table = InstrumentTable.standalone([
            makeInstrument("BTC-USDT"), makeInstrument("BTC-USDT", venue: .okx),
            makeInstrument("ETH-USDT"),
        ])
        for (name, isGood) in [
            ("ETH-USDT", true), ("okx:BTC-USDT", true), ("binance-usdm:BTC-USDT", true),
            ("BTC-USDT", false), ("okx:ETH-USDT", false), ("SOL-USDT", false),
        ] {
            let configuration = try KernelConfiguration.declaring(["leader(\(name),spread)"])
            #expect(((try? configuration.schema(instruments: table)) != nil) == isGood, "\(name)")
        }
    }

    @Test func `a run of one instrument can stand in for one with leaders`() throws {
        let kinds = try ["spread", "leader(A,spread)", "leader(B,spread)", "leader(B,ofi(5))"].map {
            try FeatureSpecification.parse($0)
        }
        var configuration = KernelConfiguration()
        configuration.features = kinds.ledByOne("ETH-USDT")
        let table = InstrumentTable.standalone([makeInstrument("ETH-USDT")])
        #expect(try configuration.schema(instruments: table).features.count == kinds.count)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import Platform
import Telemetry
import Testing

@testable import Monitor

@Suite("JSON view")
struct JSONFormatTests {
    private func parse(_ observation: Observation) throws -> [String: Any] {
        let data = Data(JSONFormat.text(observation).utf8)
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test func `every value comes back exactly`() throws {
        let engine = try EngineFixture("json")
        try engine.fill()
        engine.control.lower(to: .halted, reason: "said \"stop\"\n\u{1}")
        let root = try parse(try engine.observe())
        #expect(root["instance"] as? String == engine.directory.name)
        #expect(root["process_id"] as? UInt64 == currentProcessID())
        #expect(root["is_alive"] as? Bool == true)
        let control = try #require(root["control"] as? [String: Any])
        #expect(control["trading_state"] as? String == "HALTED")
        #expect(control["engine_state"] as? String == "READY")
        #expect(control["halt_reason"] as? String == "said \"stop\"\n\u{1}")
        let counters = try #require(root["counters"] as? [String: Any])
        #expect(counters["parser_frames_total"] as? UInt64 == 1_234_567)
        #expect(counters["parser_errors_total"] as? UInt64 == 0)
        #expect(counters["memory_bytes"] as? UInt64 == UInt64.max)
        let stages = try #require(root["stages"] as? [[String: Any]])
        #expect(stages.count == 1)
        #expect(stages[0]["work"] as? Int == 42)
        #expect(stages[0]["busy_polls"] as? Int == 2)
        let rings = try #require(root["rings"] as? [[String: Any]])
        #expect(rings.count == 1)
        #expect(rings[0]["name"] as? String == "intents")
        #expect(rings[0]["depth"] as? Int == 3)
        #expect(rings[0]["capacity"] as? Int == 8)
        #expect(rings[0]["message_size"] as? Int == 56)
        let features = try #require(root["features"] as? [[String: Any]])
        #expect(features.map { $0["name"] as? String } == ["imbalance_l1", "spread_bps"])
        #expect(features[0]["horizon_ns"] as? Int == 500_000_000)
        #expect(features[0]["information_coefficient"] as? Double == 0.25)
        #expect(features[0]["hit_rate"] as? Double == 0.625)
        #expect(features[1]["hit_rate"] is NSNull)
        #expect(features[1]["count"] as? Int == 12_345)
    }

    @Test func `a model is told with its record, and null for what is not known`() throws {
        let engine = try EngineFixture("json-models")
        try engine.fill()
        let models = try #require(
            try parse(try engine.observe())["models"] as? [[String: Any]])
        #expect(models.map { $0["name"] as? String } == ["fast", "fresh", "poor"])
        #expect(models.map { $0["state"] as? String } == ["on", "off", "set aside"])
        let fast = models[0]
        #expect(fast["kind"] as? String == "linear 0")
        #expect(fast["checksum"] as? String == "deadbeef")
        #expect(fast["judged"] as? Int == 12_800)
        let figures = [
            "share": 0.625, "score_bps": -1.5, "accuracy": 0.5625,
            "information_coefficient": 0.25, "calibration_slope": 0.75, "drift_psi": 0.125,
        ]
        for (name, value) in figures {
            #expect(fast[name] as? Double == value, "\(name)")
            #expect((models[1][name] is NSNull) == (name != "share"), "\(name)")
            #expect((models[2][name] is NSNull) == (name == "drift_psi"), "\(name)")
        }
    }

    @Test func `an instrument is told in the venue's decimals and in exact integers`() throws {
        let engine = try EngineFixture("json-instrument")
        try engine.fill()
        let root = try parse(try engine.observe())
        let rows = try #require(root["instruments"] as? [[String: Any]])
        #expect(rows.count == 1)
        #expect(rows[0]["bid"] as? String == "61800.20")
        #expect(rows[0]["ask"] as? String == "61800.50")
        #expect(rows[0]["spread"] as? String == "0.30")
        #expect(rows[0]["position"] as? String == "-0.025")
        #expect(rows[0]["messages"] as? UInt64 == 9_007_199_254_740_993)
        #expect(rows[0]["realised_e8"] as? Int64 == -1_234_567_890)
    }

    @Test func `what has not happened yet has no age`() throws {
        let engine = try EngineFixture("json-not-yet")
        try engine.fill()
        _ = engine.writer.stage("idle")
        unsafe engine.writer.instrument(0).pointee.lastUpdateNs = 0
        let root = try parse(try engine.observe())
        let stages = try #require(root["stages"] as? [[String: Any]])
        #expect(stages.map { $0["heartbeat_age_ns"] is NSNull } == [false, true])
        let instruments = try #require(root["instruments"] as? [[String: Any]])
        #expect(instruments.map { $0["age_ns"] is NSNull } == [true])
    }

    @Test func `an engine that has only begun is an object too`() throws {
        let engine = try EngineFixture("json-empty")
        let root = try parse(try engine.observe())
        #expect(root["heartbeat_age_ns"] is NSNull)
        #expect((root["counters"] as? [String: Any])?.isEmpty == true)
    }
}

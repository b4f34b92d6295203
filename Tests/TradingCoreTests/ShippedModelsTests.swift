//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import Inference
import Platform
import Telemetry
import TestSupport
import Testing

extension ProgramTests {
    /// Goal: what is shipped works as it lies there.
    @Suite("Shipped models")
    struct ShippedModelsTests {
        static let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()

        @Test(arguments: ["ridge", "lstm-attention", "lightgbm"])
        func `every shipped file passes its checks, golden windows too`(name: String) throws {
            let file = Self.root.appending(path: "tuning/models/shipped/\(name).model").path()
            let model = try ModelFile.load(path: file, expectedSchemaHash: nil)
            #expect(model.description.name == name)
            #expect(model.description.scoreDeciles.count == 9)
            #expect(model.isLinear == (name == "ridge"))
        }

        @Test func `the profile of the ensemble starts with every model on`() throws {
            let workplace = try Workplace()
            let profile = try String(
                contentsOf: Self.root.appending(path: "tuning/profiles/ensemble.yaml"),
                encoding: .utf8)
            let engine = try EngineProgram(
                "ensemble", nil,
                yaml: profile.replacingOccurrences(
                    of: "tuning/models/shipped",
                    with: Self.root.appending(path: "tuning/models/shipped").path()),
                in: workplace)
            try engine.awaitReady()
            try engine.awaitThat("vectors") { engine.counter("inference_signals_total") > 20 }
            let rows = try #require(engine.telemetry?.models)
            #expect(rows.map(\.name) == ["ridge", "lstm-attention", "lightgbm", "imbalance"])
            #expect(rows.allSatisfy { ModelState(rawValue: $0.status.state) == .on })
            let shares = rows.map { Double(bitPattern: $0.status.shareBits) }
            #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
            // Without a minute of history no feature is warm.
            #expect(engine.counter("inference_cold_total") > 0)
            #expect(engine.counter("inference_schema_mismatch_total") == 0)
            #expect(try engine.stop().status == 0)
        }
    }
}

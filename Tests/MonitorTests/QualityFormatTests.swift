//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import Platform
import Rendering
import Telemetry
import Testing

@testable import Monitor

@Suite("Execution quality in the monitor")
struct QualityFormatTests {
    /// The total, a strategy with everything, and fills of nobody's order.
    private func engine(_ name: String) throws -> EngineFixture {
        let engine = try EngineFixture(name)
        var data = QualityData()
        data.strategyID = 2
        data.ordersPlaced = 1_000
        data.ordersFilled = 250
        data.ordersCanceled = 500
        data.ordersRejected = 125
        data.fills = 321
        data.fillRatioBits = 0.375.bitPattern
        data.makerShareBits = 0.8.bitPattern
        data.tradedE8 = 12_300_000_001
        data.slippageDecisionE8 = -150_000_000
        data.slippageDecisionBits = (-0.25).bitPattern
        data.slippageArrivalBits = 0.5.bitPattern
        data.slippageTouchBits = (-1.75).bitPattern
        data.markoutE8 = (1, -2, 3, -4, 5)
        data.markoutBits = (
            0.1.bitPattern, (-0.2).bitPattern, 0.3.bitPattern, (-0.4).bitPattern,
            Double.nan.bitPattern
        )
        data.markouts = (321, 300, 200, 100, 0)
        data.unresolved = (0, 21, 121, 221, 321)
        data.restingFills = 3
        data.restingP50Ns = 12_300_000
        data.restingP99Ns = 4_500_000_000
        data.shortfallDelayE8 = 10_000
        data.shortfallTradingE8 = -20_000
        data.shortfallOpportunityE8 = 50_000
        data.shortfallFeesE8 = 60_000
        data.shortfallE8 = 100_000
        data.shortfallBits = 1.25.bitPattern
        data.profitSpreadE8 = 300_000
        data.profitInventoryE8 = -100_000
        data.profitLatencyE8 = -50_000
        data.profitFeesE8 = -20_000
        data.profitFundingE8 = -10_000
        data.profitE8 = 120_000
        engine.writer.storeQuality(0, data)
        engine.writer.describeQuality(0, symbol: "all", venue: "")
        engine.writer.storeQuality(1, data)
        engine.writer.describeQuality(1, symbol: "BTC-USDT", venue: "okx")
        var other = QualityData()
        other.strategyID = 8
        other.fills = 1
        for field in [
            \QualityData.fillRatioBits, \.makerShareBits, \.slippageDecisionBits,
            \.slippageArrivalBits, \.slippageTouchBits, \.shortfallBits,
        ] { other[keyPath: field] = Double.nan.bitPattern }
        // Nothing was measured, so the averages are not numbers.
        let none = Double.nan.bitPattern
        other.markoutBits = (none, none, none, none, none)
        engine.writer.storeQuality(2, other)
        engine.writer.describeQuality(2, symbol: "ETH-USDT", venue: "okx")
        return engine
    }

    @Test func `the table shows orders, markouts, shortfall and profit`() throws {
        let engine = try engine("quality-table")
        let lines = TableFormat.lines(try engine.observe(), since: nil, width: 100).map(\.text)
        let own = lines.filter { $0.hasPrefix("BTC-USDT") }.map {
            $0.split(separator: " ").joined(separator: " ")
        }
        #expect(
            own == [
                "BTC-USDT okx 2 1,000 321 37.5 50.0 0.0 12.5 80.0 -0.25 0.50 -1.75 12.3ms 4.50s",
                "BTC-USDT okx 2 0.10 -0.20 0.30 -0.40 - 321",
                "BTC-USDT okx 2 0.0001 -0.0002 0.0005 0.0006 0.0010 1.25",
                "BTC-USDT okx 2 0.0030 -0.0010 -0.0005 -0.0002 -0.0001 0.0012",
            ])
        #expect(lines.filter { $0.hasPrefix("all ") }.count == 4)
        let foreign = lines.filter { $0.hasPrefix("ETH-USDT") }
        #expect(foreign[0].split(separator: " ")[2...].prefix(4) == ["-", "0", "1", "-"])
    }

    @Test func `an engine that sent nothing shows no empty tables`() throws {
        let engine = try EngineFixture("quality-none")
        let now = try engine.observe()
        let lines = TableFormat.lines(now, since: nil, width: 100).map(\.text)
        #expect(!lines.contains { $0.contains("shortfall") })
        #expect(JSONFormat.text(now).contains("\"quality\":[]"))
        #expect(!PrometheusFormat.text(now).contains("apus_quality"))
    }

    @Test func `JSON has every figure, exact where it is money`() throws {
        let engine = try engine("quality-json")
        let text = JSONFormat.text(try engine.observe())
        let root = try #require(
            JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let rows = try #require(root["quality"] as? [[String: Any]])
        #expect(rows.map { $0["symbol"] as? String } == ["all", "BTC-USDT", "ETH-USDT"])
        #expect(rows.map { $0["strategy"] as? String } == ["all", "2", "-"])
        #expect(rows[1]["traded"] as? String == "123.00000001")
        #expect(rows[1]["profit"] as? String == "0.00120000")
        #expect(rows[1]["fill_ratio"] as? Double == 0.375)
        #expect(rows[1]["cancel_ratio"] as? Double == 0.5)
        #expect(rows[1]["resting_p99_ns"] as? Int == 4_500_000_000)
        #expect(rows[2]["fill_ratio"] is NSNull)
        let markouts = try #require(rows[1]["markouts"] as? [[String: Any]])
        #expect(markouts.map { $0["horizon"] as? String } == ["100ms", "1s", "5s", "30s", "5m"])
        #expect(markouts.map { $0["judged"] as? Int } == [321, 300, 200, 100, 0])
        #expect(markouts.map { $0["unresolved"] as? Int } == [0, 21, 121, 221, 321])
        #expect(markouts[3]["gain"] as? String == "-0.00000004")
        #expect(markouts[4]["gain_bps"] is NSNull)
    }

    @Test func `Prometheus has each row but the total, and nothing that is not known`() throws {
        let engine = try engine("quality-prometheus")
        let text = PrometheusFormat.text(try engine.observe())
        let lines = text.split(separator: "\n")
        func sample(_ start: String) -> [String] {
            let instance = "instance=\"\(engine.directory.name)\","
            return lines.filter { $0.hasPrefix("\(start){") }.map { line in
                String(line).replacing(instance, with: "")
            }
        }
        let labels = "symbol=\"BTC-USDT\",venue=\"okx\",strategy=\"2\""
        #expect(
            sample("apus_quality_profit") == [
                "apus_quality_profit{\(labels)} 0.00120000",
                "apus_quality_profit{symbol=\"ETH-USDT\",venue=\"okx\",strategy=\"-\"} 0.00000000",
            ])
        #expect(sample("apus_quality_fill_ratio") == ["apus_quality_fill_ratio{\(labels)} 0.375"])
        #expect(
            sample("apus_quality_markout_bps").first
                == "apus_quality_markout_bps{\(labels),horizon=\"100ms\"} 0.1")
        #expect(sample("apus_quality_markout_bps").count == 4)
        #expect(
            sample("apus_quality_resting_seconds").first
                == "apus_quality_resting_seconds{\(labels),percentile=\"50\"} 0.012300000")
        #expect(!text.contains("\"all\""))
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Telemetry
import Testing

@Suite("Rows of execution quality")
struct QualityRowTests {
    @Test func `the layout is the one that C states`() {
        #expect(MemoryLayout<QualityData>.size == 512)
        #expect(MemoryLayout<QualityData>.stride == 512)
        #expect(MemoryLayout<QualityData>.offset(of: \.strategyID) == 40)
        #expect(MemoryLayout<QualityData>.offset(of: \.markoutE8) == 192)
        #expect(MemoryLayout<QualityData>.offset(of: \.profitE8) == 480)
    }

    @Test func `a row is read as it was stored, from the moment it has a name`() {
        let writer = TelemetryWriter.standalone()
        var data = QualityData()
        data.strategyID = 3
        data.fills = 7
        data.markoutE8 = (1, 2, 3, 4, -5)
        data.profitE8 = -9
        data.withoutReference = 11
        writer.storeQuality(0, data)
        #expect(writer.reader.quality.isEmpty)
        writer.describeQuality(0, symbol: "BTC-USDT", venue: "okx")
        data.fills = 8
        writer.storeQuality(0, data)
        let rows = writer.reader.quality
        #expect(rows.count == 1)
        #expect(rows[0].symbol == "BTC-USDT")
        #expect(rows[0].venue == "okx")
        #expect(rows[0].strategyText == "3")
        #expect(rows[0].data.fills == 8)
        #expect(rows[0].data.markoutRows.map(\.gainE8) == [1, 2, 3, 4, -5])
        #expect(rows[0].data.profitE8 == -9)
        #expect(rows[0].data.withoutReference == 11)
    }

    @Test func `a row beyond the table is a programmer error`() async {
        await #expect(processExitsWith: .failure) {
            let writer = TelemetryWriter.standalone()
            writer.storeQuality(Int(APUS_TELEMETRY_QUALITY_MAX), QualityData())
        }
    }
}

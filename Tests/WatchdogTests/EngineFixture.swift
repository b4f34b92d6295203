//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTelemetry
import Messages
import Platform
import Telemetry

@testable import Watchdog

/// An engine's pages in a directory of their own, and this process in the place of the engine.
final class EngineFixture {
    let directory: InstanceDirectory
    let writer: TelemetryWriter
    let control: ControlHandle
    /// Monotonic, as the watch is told.
    var nowNs: UInt64 = 1_000_000_000_000

    init(_ name: String, venue: Venue = .binanceUSDM) throws {
        directory = InstanceDirectory(name: "test-\(currentProcessID())-wd-\(name)")!
        try directory.claim()
        let table = try MemorySegment.create(
            directory.segment("instruments"), size: InstrumentTable.size(count: 1))
        let memory = unsafe table.leak()
        unsafe InstrumentTable.write([Self.instrument(venue)], into: memory)
        writer = try TelemetryWriter(
            path: directory.segment("telemetry"), instance: directory.name, startTimeNs: wallNs())
        control = try ControlHandle.create(directory.segment("control"))
        control.setEngineState(.ready)
    }

    deinit { directory.remove() }

    /// Two decimals, a tick of 0.10, lots of 0.001.
    static func instrument(_ venue: Venue = .binanceUSDM) -> Instrument {
        var one = Instrument()
        one.venue = venue
        one.symbolText = "BTC-USDT"
        one.venueSymbolText = "BTCUSDT"
        one.priceDecimals = 2
        one.quantityDecimals = 3
        one.tickMantissa = 10
        one.lotMantissa = 1
        one.quantityMax = QuantityLots(1_000)
        return one
    }

    /// Puts another process in the place of the engine.
    func setProcess(_ processID: Int32) throws {
        let page = try MemorySegment.open(directory.segment("control"), writable: true)
        unsafe page.base.storeBytes(of: UInt64(processID), toByteOffset: 8, as: UInt64.self)
    }

    func watch(
        stuckAfterMs: UInt64 = 500, sessionAfterMs: UInt64 = 5_000
    ) throws -> EngineWatch {
        try EngineWatch(
            directory, stuckAfterNs: stuckAfterMs * 1_000_000,
            sessionAfterNs: sessionAfterMs * 1_000_000, nowNs: nowNs)
    }

    /// Looks every 10 ms for so long.
    func look(
        _ watch: inout EngineWatch, forMs: UInt64, meanwhile: () -> Void = {}
    ) -> EngineWatch.Finding {
        for _ in 0..<(forMs / 10) {
            nowNs += 10_000_000
            meanwhile()
            let finding = watch.look(nowNs: nowNs)
            if finding != .fine { return finding }
        }
        return .fine
    }
}

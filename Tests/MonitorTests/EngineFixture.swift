//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTelemetry
import Platform
import Rings
import Telemetry
import Testing

@testable import Monitor

/// An engine's segments in a directory of their own, filled by the test and watched by an observer.
final class EngineFixture {
    let directory: InstanceDirectory
    let writer: TelemetryWriter
    let control: ControlHandle
    var ring: RingMemory<OrderIntent>

    init(_ name: String) throws {
        directory = InstanceDirectory(name: "test-\(currentProcessID())-\(name)")!
        try directory.claim()
        writer = try TelemetryWriter(
            path: directory.segment("telemetry"), instance: directory.name,
            startTimeNs: wallNs() - 10_000_000_000)
        control = try ControlHandle.create(directory.segment("control"))
        ring = try RingMemory(capacity: 8, path: directory.segment("ring.intents"))
        control.setEngineState(.ready)
    }

    deinit { directory.remove() }

    func observe() throws -> Observation {
        var observer = try InstanceObserver(directory)
        return observer.observe()
    }

    /// One of everything, with values that show when they are mixed up.
    func fill() throws {
        let stage = writer.stage("parser")
        stage.setPlace(core: 1, thread: 0)
        stage.count(work: 30)
        stage.count(work: 12)
        stage.beat(now: wallNs(), polls: 1_000)
        writer.counter("parser_frames_total").add(1_234_567)
        writer.counter("parser_errors_total").add(0)
        writer.counter("memory_bytes").set(UInt64.max)
        let histogram = writer.histogram("receive_to_encrypted")
        for value in 1...1_000 { histogram.record(UInt64(value)) }
        var producer = try ring.makeProducer()
        for index in 0..<3 {
            guard let intent = unsafe producer.claim() else { return }
            unsafe intent.pointee = OrderIntent()
            unsafe intent.pointee.orderID = UInt64(index)
            producer.publish()
        }
        fillInstrument()
        writer.describeFeature(0, name: "imbalance_l1", horizonNs: 500_000_000)
        writer.storeFeature(0, correlation: 0.25, hitRate: 0.625, count: 12_345)
        writer.describeFeature(1, name: "spread_bps", horizonNs: 500_000_000)
        writer.storeFeature(1, correlation: -0.0625, hitRate: .nan, count: 12_345)
        fillModels()
    }

    /// One with a record, one without a judged prediction, one that was set aside without deciles.
    private func fillModels() {
        func model(
            _ index: Int, _ name: String, _ state: ModelState, share: Double, judged: UInt64,
            drift: Double = 0.125
        ) {
            writer.describeModel(index, name: name, kind: "linear \(index)")
            let row = unsafe writer.modelRow(index)
            unsafe row.pointee.state = state.rawValue
            unsafe row.pointee.checksum = 0xdead_beef
            unsafe row.pointee.scoreBits = (-1.5).bitPattern
            unsafe row.pointee.shareBits = share.bitPattern
            unsafe row.pointee.judged = judged
            unsafe row.pointee.accuracyBits = 0.5625.bitPattern
            unsafe row.pointee.correlationBits = 0.25.bitPattern
            unsafe row.pointee.slopeBits = 0.75.bitPattern
            unsafe row.pointee.driftBits = drift.bitPattern
        }
        model(0, "fast", .on, share: 0.625, judged: 12_800)
        model(1, "fresh", .off, share: 0, judged: 0)
        model(2, "poor", .setAside, share: 0, judged: 64, drift: .nan)
    }

    private func fillInstrument() {
        let row = unsafe writer.instrument(0)
        unsafe Self.store("BTC-USDT", &row.pointee.symbol)
        unsafe Self.store("binance-usdm", &row.pointee.venue)
        unsafe row.pointee.priceDecimals = 2
        unsafe row.pointee.quantityDecimals = 3
        unsafe row.pointee.tickMantissa = 10
        unsafe row.pointee.lotMantissa = 1
        unsafe row.pointee.bid = 618_002
        unsafe row.pointee.ask = 618_005
        unsafe row.pointee.messages = 9_007_199_254_740_993
        unsafe row.pointee.isBookValid = 1
        unsafe row.pointee.lastUpdateNs = wallNs()
        unsafe row.pointee.position = -25
        unsafe row.pointee.realisedE8 = -1_234_567_890
        unsafe row.pointee.unrealisedE8 = 5
        unsafe row.pointee.feesE8 = 1_000_000_000_000
        unsafe row.pointee.fills = 7
    }

    /// Writes zero-terminated text over a C array.
    static func store<Place>(_ text: String, _ place: inout Place) {
        unsafe withUnsafeMutableBytes(of: &place) { bytes in
            for index in bytes.indices { unsafe bytes[index] = 0 }
            for (index, byte) in text.utf8.enumerated() { unsafe bytes[index] = byte }
        }
    }
}

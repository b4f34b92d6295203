//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Foundation
import Indicators
import Journal
import MarketData
import Messages
import Rings
import Telemetry
import Testing
import Venues

/// One chain of the recordings and what an independent program made of it.
struct GoldenChain: Sendable, CustomTestStringConvertible {
    struct Checkpoint: Sendable {
        let applied: UInt64
        let updateID: UInt64
        let sha256: String
        let levels: [Int]
    }

    let market: String
    let files: [String]
    let stale: UInt64
    let applied: UInt64
    let touched: UInt64
    let checkpoints: [Checkpoint]
    let final: Checkpoint

    var testDescription: String { files[0] }

    static let folder: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/") + "/../shared/data/captures"
    }()
    static var isPresent: Bool {
        FileManager.default.fileExists(atPath: folder + "/expected_books.json")
    }

    static let all: [GoldenChain] = {
        guard let data = FileManager.default.contents(atPath: folder + "/expected_books.json"),
            let root = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let books = root["books"] as? [[String: Any]]
        else { return [] }
        return books.map { book in
            let applied = (book["applied_events"] as! NSNumber).uint64Value
            let stages = book["checkpoints"] as! [[String: Any]]
            return GoldenChain(
                market: book["market"] as! String, files: book["files"] as! [String],
                stale: (book["dropped_stale_events"] as! NSNumber).uint64Value,
                applied: applied, touched: (book["levels_touched"] as! NSNumber).uint64Value,
                checkpoints: stages.map {
                    checkpoint($0, ($0["after_applied_events"] as! NSNumber).uint64Value)
                },
                final: checkpoint(book["final"] as! [String: Any], applied))
        }
    }()

    private static func checkpoint(_ row: [String: Any], _ applied: UInt64) -> Checkpoint {
        Checkpoint(
            applied: applied, updateID: (row["u"] as! NSNumber).uint64Value,
            sha256: row["sha256"] as! String,
            levels: [row["bid_levels"] as! Int, row["ask_levels"] as! Int])
    }

    var instrument: Instrument {
        let isETH = files[0].contains("eth")
        var instrument = Instrument()
        instrument.symbolText = isETH ? "ETH-USDT" : "BTC-USDT"
        instrument.venueSymbolText = isETH ? "ETHUSDT" : "BTCUSDT"
        instrument.lotMantissa = 1
        instrument.tickMantissa = 1
        switch market {
        case "usdm":
            instrument.venue = .binanceUSDM
            instrument.priceDecimals = 2
            instrument.quantityDecimals = 3
            instrument.tickMantissa = isETH ? 1 : 10
        case "spot":
            instrument.venue = .binanceSpot
            instrument.priceDecimals = 8
            instrument.quantityDecimals = 8
            instrument.tickMantissa = 1_000_000
        default:
            instrument.venue = .binanceCOINM
            instrument.venueSymbolText = isETH ? "ETHUSD_PERP" : "BTCUSD_PERP"
            instrument.priceDecimals = isETH ? 2 : 1
        }
        return instrument
    }
}

/// Recorded frames through the production parser into a kernel.
struct CaptureRig: ~Copyable {
    var rig: Rig
    private var parser: ParserStage
    private var frames = try! RingMemory<FrameDescriptor>(capacity: 16)
    private var reports = try! RingMemory<ExecutionReport>(capacity: 64)

    init(_ chain: GoldenChain, _ configuration: KernelConfiguration) {
        rig = Rig(configuration, instruments: [chain.instrument], eventCapacity: 4_096)
        let none = UnsafeMutablePointer<ByteRingConsumer>.allocate(capacity: 1)
        parser = unsafe ParserStage(
            frames: try! frames.makeConsumer(), byteRings: none,
            roles: [.inbox, .market(instruments: [0])], events: rig.takeEvents(),
            reports: try! reports.makeProducer(), instruments: .standalone([chain.instrument]),
            telemetry: rig.telemetry, venue: chain.instrument.venue)
    }

    static func isSnapshot(_ line: CaptureLine) -> Bool {
        unsafe line.json.starts(with: "{\"lastUpdateId\"".utf8)
    }

    /// Parses one line and lets the kernel handle it; what it writes is thrown away.
    mutating func handle(_ line: CaptureLine) {
        parse(line)
        rig.run()
        rig.discard()
    }

    /// Parses one line; the kernel has not seen it yet.
    mutating func parse(_ line: CaptureLine) {
        unsafe parse(
            line.json, timeNs: line.receiveTimeNs, isSnapshot: Self.isSnapshot(line))
    }

    /// - Parameter json: With 64 readable bytes behind it.
    mutating func parse(_ json: UnsafeRawBufferPointer, timeNs: UInt64, isSnapshot: Bool) {
        var frame = FrameDescriptor()
        frame.ingressTimeNs = timeNs
        frame.length = UInt32(json.count)
        let bytes = unsafe json.baseAddress!.assumingMemoryBound(to: UInt8.self)
        frame.kind = isSnapshot ? .rest : .text
        frame.connectionID = isSnapshot ? 0 : 1
        frame.context = RESTContext(kind: RESTContext.depthSnapshot, instrumentID: 0).packed
        let isTaken = unsafe parser.parse(frame, bytes: bytes)
        precondition(isTaken, "rings that are drained after every line")
    }
}

@Suite("Recorded books")
struct CaptureTests {
    static func dump(_ book: BookDump, _ instrument: Instrument) -> String {
        (book.bids + book.asks).reduce(into: "") {
            $0 +=
                instrument.text(price: $1.price) + " "
                + instrument.text(quantity: $1.quantity) + "\n"
        }
    }

    static func check(
        _ kernel: borrowing KernelStage, _ chain: GoldenChain, _ expected: GoldenChain.Checkpoint
    ) {
        let book = kernel.book(of: 0)
        #expect(book.updateID == expected.updateID)
        #expect([book.bids.count, book.asks.count] == expected.levels)
        #expect(SHA256.hex(dump(book, chain.instrument)) == expected.sha256)
    }

    /// Goal: the golden books, by both ways a snapshot can come.
    /// Method: with `snapshotFirst` the snapshot is handed over before the updates recorded ahead
    /// of it, so that they are judged one by one; otherwise as recorded, so that they wait.
    @Test(
        .enabled(if: GoldenChain.isPresent, "recordings at ../shared/data/captures"),
        arguments: GoldenChain.all, [false, true])
    func `a recorded chain gives the golden book at every checkpoint`(
        chain: GoldenChain, snapshotFirst: Bool
    ) throws {
        var capture = CaptureRig(chain, KernelConfiguration(trigger: .bar))
        // As recorded, the first update is applied together with those that waited behind it.
        var next = snapshotFirst ? 0 : 1
        if snapshotFirst {
            var reader = try CaptureReader(path: GoldenChain.folder + "/" + chain.files[0])
            while let line = try reader.next() {
                if !CaptureRig.isSnapshot(line) { continue }
                capture.handle(line)
                break
            }
        }
        for file in chain.files {
            var reader = try CaptureReader(path: GoldenChain.folder + "/" + file)
            while let line = try reader.next() {
                if snapshotFirst, CaptureRig.isSnapshot(line) { continue }
                capture.handle(line)
                let applied = capture.rig.kernel.appliedUpdates(of: 0)
                if next < chain.checkpoints.count, applied == chain.checkpoints[next].applied {
                    Self.check(capture.rig.kernel, chain, chain.checkpoints[next])
                    next += 1
                }
            }
        }
        #expect(next == chain.checkpoints.count)
        Self.check(capture.rig.kernel, chain, chain.final)
        let book = capture.rig.kernel.book(of: 0)
        #expect(book.gaps == 0)
        #expect(book.resyncs == 1)
        #expect(book.staleUpdates == chain.stale)
        #expect(book.appliedUpdates == chain.applied)
        #expect(book.appliedLevels == chain.touched)
        for name in [
            "kernel_books_crossed_total", "kernel_updates_malformed_total",
            "kernel_events_malformed_total", "kernel_features_not_finite_total",
            "kernel_levels_refused_total", "kernel_pending_overflows_total",
        ] {
            #expect(capture.rig.count(name) == 0, "\(name)")
        }
    }

    /// Goal: one recording, one result, whatever the batches in which its records arrive.
    /// Method: the same lines once with the kernel run after each, once after every 20th; every
    /// byte of every output is compared.
    @Test(.enabled(if: GoldenChain.isPresent, "recordings at ../shared/data/captures"))
    func `a recording gives the same bytes in any batches`() throws {
        var results: [[UInt8]] = []
        for batch in [1, 20] {
            var capture = CaptureRig(GoldenChain.all[0], KernelConfiguration(trigger: .quote))
            var reader = try CaptureReader(
                path: GoldenChain.folder + "/" + GoldenChain.all[0].files[0])
            var written = Written()
            var lines = 0
            while lines < 2_000, let line = try reader.next() {
                capture.parse(line)
                lines += 1
                if lines % batch != 0 { continue }
                capture.rig.run()
                written.append(capture.rig.drain())
            }
            #expect(written.features.count > 500)
            #expect(written.bars.count > 5)
            results.append(written.bytes)
        }
        let isEqual = results[0] == results[1]
        #expect(isEqual)
    }

    @Test(.enabled(if: GoldenChain.isPresent, "recordings at ../shared/data/captures"))
    func `every feature vector of a recording is finite and has a usable top`() throws {
        var capture = CaptureRig(GoldenChain.all[0], KernelConfiguration(trigger: .quote))
        var reader = try CaptureReader(path: GoldenChain.folder + "/" + GoldenChain.all[0].files[0])
        var vectors = 0
        var warm = 0
        var lines = 0
        var isSound = true
        while lines < 20_000, let line = try reader.next() {
            lines += 1
            capture.parse(line)
            capture.rig.run()
            for vector in capture.rig.drain().features {
                vectors += 1
                warm += Int(vector.isWarm)
                if !vector.list.allSatisfy(\.isFinite) { isSound = false }
                if vector.ask.rawValue <= vector.bid.rawValue { isSound = false }
                if Int(vector.featureCount) != FeatureTests.names.count { isSound = false }
            }
        }
        #expect(isSound)
        #expect(vectors > 5_000)
        #expect(warm > 100)
    }
}

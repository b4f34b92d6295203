//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Journal
import Messages
import Platform
import Rings
import Telemetry
import Venues

/// Takes frames from the rings, in order of arrival, and writes them to the files of their
/// instruments. For one cold thread.
///
/// Full policy: it lags, the rings fill, and the reader stalls; nothing is dropped here.
///
/// SAFETY: the ends of the rings belong to this object and its thread alone.
@safe
final class RecorderSink {
    /// Sums over the whole run.
    struct Totals {
        var messages: UInt64 = 0
        var textBytes: UInt64 = 0
        var fileBytes: UInt64 = 0
        var files = 0
        var connectionLosses: UInt64 = 0
        /// Messages that are no JSON object or array, and binary ones: not in any file.
        var refused: UInt64 = 0
        var snapshots: UInt64 = 0
    }

    /// Several connections may carry the same streams; each line has files of its own.
    private struct Feed: Hashable {
        let venue: Venue
        let line: Int
    }

    private struct FeedSeries {
        var byName: [String: RecorderSeries] = [:]
        let other: RecorderSeries
    }

    private var frames: RingConsumer<FrameDescriptor>
    private let byteRings: UnsafeMutablePointer<ByteRingConsumer>
    private var requests: RingProducer<SnapshotRequest>
    private let roles: [ConnectionRole]
    /// Of the first line, by instrument id.
    private let series: [RecorderSeries]
    private let feeds: [Feed: FeedSeries]
    private var closed: [RecorderSeries.File] = []
    private var notListed = 0
    private var totals = Totals()
    private var lastFlushNs: UInt64 = 0
    private let counters: RecorderCounters

    private static let batchMax = 256
    /// How often the files are looked at for flush points.
    private static let flushLookNs: UInt64 = 200_000_000
    private static let snapshotRetryNs: UInt64 = 250_000_000
    private static let closedListedMax = 10_000

    /// - Parameters:
    ///   - byteRings: Consuming ends by connection id.
    ///   - requests: Asks the cold threads for snapshots.
    init(
        frames: consuming RingConsumer<FrameDescriptor>,
        byteRings: UnsafeMutablePointer<ByteRingConsumer>,
        requests: consuming RingProducer<SnapshotRequest>, roles: [ConnectionRole],
        instruments: InstrumentTable, folder: String, limits: CaptureLimits,
        telemetry: TelemetryWriter
    ) {
        self.frames = frames
        unsafe self.byteRings = unsafe byteRings
        self.requests = requests
        self.roles = roles
        counters = RecorderCounters(telemetry)
        var feeds: [Feed: FeedSeries] = [:]
        for case .market(_, let venue, let line) in roles
        where feeds[Feed(venue: venue, line: line)] == nil {
            feeds[Feed(venue: venue, line: line)] = FeedSeries(
                other: RecorderSeries(
                    venue: venue, line: line, symbol: "", instrumentID: nil, folder: folder,
                    limits: limits))
        }
        var first: [RecorderSeries] = []
        for id in 0..<UInt32(instruments.count) {
            let (venue, symbol) = (instruments[id].venue, instruments[id].venueSymbolText)
            for feed in feeds.keys.sorted(by: { $0.line < $1.line }) where feed.venue == venue {
                let one = RecorderSeries(
                    venue: venue, line: feed.line, symbol: symbol,
                    instrumentID: venue == .okx ? nil : id, folder: folder, limits: limits)
                feeds[feed]?.byName[symbol.uppercased()] = one
                if feed.line == 0 { first.append(one) }
            }
        }
        self.feeds = feeds
        series = first
    }

    // MARK: Frames

    /// Writes what there is, a bounded batch of it; returns the number of frames.
    ///
    /// - Throws: `CaptureError` when a file cannot be written to. The frame stays where it is.
    func poll() throws(CaptureError) -> Int {
        var count = 0
        while count < Self.batchMax, let frame = unsafe frames.peek() {
            let descriptor = unsafe frame.pointee
            try take(descriptor)
            let id = Int(descriptor.connectionID)
            if descriptor.releaseLength > 0 {
                unsafe byteRings[id].release(Int(descriptor.releaseLength))
            }
            frames.release()
            count += 1
        }
        return count
    }

    private func take(_ frame: FrameDescriptor) throws(CaptureError) {
        let id = Int(frame.connectionID)
        let bytes = unsafe UnsafeRawBufferPointer(
            start: byteRings[id].bytes(at: frame.position), count: Int(frame.length))
        switch frame.kind {
        case .text:
            guard let feed = feed(of: roles[id]), unsafe !Self.isSignOfLife(bytes) else { break }
            try unsafe write(bytes, frame.ingressTimeNs, feed)
        case .binary:
            totals.refused += 1
            counters.refused.increment()
        case .rest:
            let context = RESTContext(packed: frame.context)
            if context.kind == RESTContext.depthSnapshot {
                try unsafe write(snapshot: bytes, frame.ingressTimeNs, context.instrumentID)
            }
        case .connected: connected(roles[id])
        case .disconnected: lost(roles[id])
        default: break
        }
        try flushIfDue(frame.ingressTimeNs)
    }

    private func write(
        _ bytes: UnsafeRawBufferPointer, _ timeNs: UInt64, _ feed: FeedSeries
    ) throws(CaptureError) {
        let text = unsafe RecordedText(bytes, feed.other.venue)
        let target = text.symbol.flatMap { feed.byName[$0] } ?? feed.other
        let outcome = try unsafe target.writer.append(receiveTimeNs: timeNs, json: bytes)
        if outcome == .refused {
            totals.refused += 1
            counters.refused.increment()
            return
        }
        totals.messages += 1
        counters.messages.increment()
        if outcome == .began {
            totals.files += 1
            collect(target)
            target.wantSnapshot()
        }
        if target.asks(firstUpdateID: text.firstUpdateID) {
            request(target, notBeforeNs: 0)
        }
    }

    private func write(
        snapshot bytes: UnsafeRawBufferPointer, _ timeNs: UInt64, _ instrumentID: UInt32
    ) throws(CaptureError) {
        let target = series[Int(instrumentID)]
        // It belongs behind messages of its instrument; with the next of them it is asked for.
        guard target.writer.current != nil,
            let updateID = unsafe RecordedText.snapshotUpdateID(bytes)
        else { return target.wantSnapshot() }
        let outcome = try unsafe target.writer.append(
            receiveTimeNs: timeNs, json: bytes, rotates: false)
        guard outcome == .written else { return target.wantSnapshot() }
        totals.messages += 1
        totals.snapshots += 1
        counters.messages.increment()
        counters.snapshots.increment()
        target.countSnapshot()
        if target.isTooOld(snapshot: updateID) {
            request(target, notBeforeNs: timeNs + Self.snapshotRetryNs)
        }
    }

    private func request(_ target: RecorderSeries, notBeforeNs: UInt64) {
        guard let id = target.instrumentID else { return }
        guard let slot = unsafe requests.claim() else { return target.wantSnapshot() }
        unsafe slot.pointee = SnapshotRequest()
        unsafe slot.pointee.instrumentID = id
        unsafe slot.pointee.notBeforeNs = notBeforeNs
        requests.publish()
    }

    // MARK: Connections

    private func connected(_ role: ConnectionRole) {
        guard case .market(let instruments, _, _) = role else { return }
        for id in instruments { series[Int(id)].wantSnapshot() }
    }

    private func lost(_ role: ConnectionRole) {
        guard let feed = feed(of: role) else { return }
        totals.connectionLosses += 1
        counters.losses.increment()
        for one in feed.byName.values { one.countLoss() }
        feed.other.countLoss()
    }

    private func feed(of role: ConnectionRole) -> FeedSeries? {
        guard case .market(_, let venue, let line) = role else { return nil }
        return feeds[Feed(venue: venue, line: line)]
    }

    /// OKX answers a text that asks for a sign of life with another; neither is data.
    private static func isSignOfLife(_ bytes: UnsafeRawBufferPointer) -> Bool {
        unsafe bytes.elementsEqual("pong".utf8)
    }

    // MARK: Files

    private var all: [RecorderSeries] {
        feeds.values.flatMap { Array($0.byName.values) + [$0.other] }
    }

    private func flushIfDue(_ nowNs: UInt64) throws(CaptureError) {
        guard nowNs >= lastFlushNs + Self.flushLookNs else { return }
        lastFlushNs = nowNs
        for one in all { try one.writer.flushIfDue(nowNs: nowNs) }
    }

    /// Closes every file; what one of them fails with is told after all were tried.
    func finish() throws(CaptureError) {
        var failure: CaptureError?
        for one in all {
            do throws(CaptureError) { try one.writer.close(.end) } catch { failure = error }
            collect(one)
        }
        if let failure { throw failure }
    }

    private func collect(_ one: RecorderSeries) {
        closed += one.takeClosed()
        if closed.count > Self.closedListedMax {
            let count = closed.count - Self.closedListedMax
            for file in closed.prefix(count) {
                totals.fileBytes += file.file.bytes
                totals.textBytes += file.file.textBytes
            }
            notListed += count
            closed.removeFirst(count)
        }
    }

    // MARK: What it knows

    /// Everything so far, files still open included.
    func manifest() -> RecorderManifest {
        for one in all { collect(one) }
        let open = all.compactMap(\.open)
        var sums = totals
        sums.fileBytes = (closed + open).reduce(sums.fileBytes) { $0 + $1.file.bytes }
        sums.textBytes = (closed + open).reduce(sums.textBytes) { $0 + $1.file.textBytes }
        return RecorderManifest(
            totals: sums, files: closed + open, filesNotListed: notListed)
    }
}

/// What the monitor shows of a recorder, beside the reader's own counters.
struct RecorderCounters {
    let messages: Counter
    let refused: Counter
    let snapshots: Counter
    let losses: Counter

    init(_ telemetry: TelemetryWriter) {
        messages = telemetry.counter("recorder_messages_total")
        refused = telemetry.counter("recorder_refused_total")
        snapshots = telemetry.counter("recorder_snapshots_total")
        losses = telemetry.counter("recorder_connection_losses_total")
    }
}

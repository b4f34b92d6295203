//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Configuration
import Gateway
import Indicators
import Messages
import Pipeline
import Platform
import Quality
import Rings
import Telemetry

/// The thread that follows how well orders are executed: takes quotes from the kernel's tap and the
/// life of orders from the gateway's, in order of sequence, and shows the figures in the telemetry
/// page. Cold; a tap that it does not empty in time drops.
///
/// SAFETY: all state but `stopWord` belongs to the thread once it runs.
@safe
final class QualityTracking: @unchecked Sendable {
    private var quoteMemory: RingMemory<ReferencePrice>
    private var orderMemory: RingMemory<ExecutionReport>
    private var quotes: RingConsumer<ReferencePrice>
    private var orders: RingConsumer<ExecutionReport>
    private var tracker: QualityTracker
    private let instruments: InstrumentTable
    private let file: QualityFile?
    private let telemetry: TelemetryWriter
    private let counters: Counters
    private var describedCount = 0
    private let stopWord: UnsafeMutablePointer<UInt64>
    private var thread: PlatformThread?

    private static let quoteCapacity = 16_384
    private static let orderCapacity = 4_096
    private static let pauseNs: UInt64 = 5_000_000
    private static let showIntervalNs: UInt64 = 500_000_000

    /// What is left out is counted.
    private struct Counters {
        let orders: Counter
        let markouts: Counter
        let reports: Counter
        let malformed: Counter
        let positions: Counter
        let rows: Counter
        let fileErrors: Counter

        init(_ telemetry: TelemetryWriter) {
            orders = telemetry.counter("quality_orders_left_out_total")
            markouts = telemetry.counter("quality_markouts_left_out_total")
            reports = telemetry.counter("quality_reports_without_order_total")
            malformed = telemetry.counter("quality_malformed_records_total")
            positions = telemetry.counter("quality_position_mismatches_total")
            rows = telemetry.counter("quality_rows_not_shown")
            fileErrors = telemetry.counter("quality_file_rows_lost_total")
        }
    }

    init(
        _ settings: Settings, _ instruments: InstrumentTable, telemetry: TelemetryWriter
    ) throws {
        self.instruments = instruments
        self.telemetry = telemetry
        file = try settings.optionalText("execution.quality_file").map {
            try QualityFile($0, instruments)
        }
        let file = file
        tracker = QualityTracker(instruments: instruments) { event in file?.write(event) }
        quoteMemory = try RingMemory(capacity: Self.quoteCapacity)
        quotes = try quoteMemory.makeConsumer()
        quoteMemory.prefault()
        orderMemory = try RingMemory(capacity: Self.orderCapacity)
        orders = try orderMemory.makeConsumer()
        orderMemory.prefault()
        counters = Counters(telemetry)
        unsafe stopWord = .allocate(capacity: 1)
        unsafe stopWord.initialize(to: 0)
    }

    /// Gives the taps their ends, before the stages run; once.
    func tap(_ stages: PathStages) throws {
        unsafe stages.kernel.pointee.quoteTap = try quoteMemory.makeProducer()
        unsafe stages.gateway.pointee.orderTap = try orderMemory.makeProducer()
    }

    func start() throws(EngineError) {
        do throws(PlatformError) {
            thread = try PlatformThread(name: "apus-quality") { [self] in run() }
        } catch { throw EngineError("\(error)") }
    }

    /// Takes in what the stages, which have ended, left behind, and ends.
    func stop() {
        unsafe apus_word_store_release(stopWord, 1)
        thread?.join()
        thread = nil
    }

    private func run() {
        var nextShowNs: UInt64 = 0
        while unsafe apus_word_load_acquire(stopWord) == 0 {
            take(quotesTo: quotes.watermark(), ordersTo: orders.watermark())
            let now = monotonicNs()
            if now >= nextShowNs {
                nextShowNs = now + Self.showIntervalNs
                show()
            }
            CurrentThread.sleep(ns: Self.pauseNs)
        }
        take(quotesTo: .max - 1, ordersTo: .max - 1)
        tracker.finish()
        show()
    }

    /// Of the same sequence quotes go first: an order was decided on knowing them.
    private func take(quotesTo quotesWatermark: UInt64, ordersTo ordersWatermark: UInt64) {
        while true {
            let quote = unsafe quotes.peek()
            let order = unsafe orders.peek()
            let quotesBound = unsafe SequenceMerge.bound(
                head: quote?.pointee.sequence, watermark: quotesWatermark)
            let ordersBound = unsafe SequenceMerge.bound(
                head: order?.pointee.sequence, watermark: ordersWatermark)
            if let quote = unsafe quote, unsafe quote.pointee.sequence <= ordersBound {
                unsafe tracker.take(quote.pointee)
                quotes.release()
            } else if let order = unsafe order, unsafe order.pointee.sequence < quotesBound {
                unsafe tracker.take(order.pointee)
                orders.release()
            } else {
                return
            }
        }
    }

    private func show() {
        file?.flush()
        showLosses()
        let rows = tracker.rows
        let ids = tracker.rowInstruments
        if ids.isEmpty { return }
        let shown = min(rows.count, Int(APUS_TELEMETRY_QUALITY_MAX))
        for (index, row) in rows[..<shown].enumerated() { telemetry.storeQuality(index, row) }
        // A row is read from the moment it has a name.
        while describedCount < shown {
            let instrument = describedCount == 0 ? nil : instruments[ids[describedCount - 1]]
            telemetry.describeQuality(
                describedCount, symbol: instrument?.symbolText ?? "all",
                venue: instrument?.venue.text ?? "")
            describedCount += 1
        }
        counters.rows.set(UInt64(rows.count - shown))
    }

    private func showLosses() {
        let losses = tracker.losses
        counters.orders.set(losses.orders)
        counters.markouts.set(losses.markouts)
        counters.reports.set(losses.reports)
        counters.malformed.set(losses.malformed)
        counters.positions.set(losses.positions)
        counters.fileErrors.set(file?.rowsLost ?? 0)
    }
}

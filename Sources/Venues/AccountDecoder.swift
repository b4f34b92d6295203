//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import JSON
import Messages
import Telemetry
import Rings

/// Makes execution reports from replies to order requests and from the user stream.
///
/// These messages are few and long; all of them take the generic path.
struct AccountDecoder: ~Copyable {
    /// Reports of one frame, at most.
    static var reportsMax: Int {
        @_noAllocation @_noLocks
        get { 2 }
    }

    var reports: RingProducer<ExecutionReport>
    let symbols: SymbolIndex
    let okxSymbols: SymbolIndex
    let counters: ParserCounters
    let binance: BinanceCounters
    /// The frame that is being decoded.
    var sequence: UInt64 = 0
    var ingressTimeNs: UInt64 = 0
    var outer = JSONFields()
    var inner = JSONFields()
    var nested = JSONFields()

    init(
        _ reports: consuming RingProducer<ExecutionReport>, symbols: SymbolIndex,
        okxSymbols: SymbolIndex, counters: ParserCounters, binance: BinanceCounters
    ) {
        self.binance = binance
        self.reports = reports
        self.symbols = symbols
        self.okxSymbols = okxSymbols
        self.counters = counters
    }

    /// A report of the frame being decoded, with nothing told yet.
    @_noAllocation @_noLocks
    func blank(_ execution: Execution) -> ExecutionReport {
        ExecutionReport(
            sequence: sequence, ingressTimeNs: ingressTimeNs, venueTimeNs: 0, orderID: 0,
            venueOrderID: 0, tradeID: 0, lastPrice: PriceTicks(0), lastQuantity: QuantityLots(0),
            cumulativeQuantity: QuantityLots(0), leavesQuantity: QuantityLots(0), feeE8: 0,
            position: QuantityLots(0), instrumentID: 0, venueCode: 0, execution: execution,
            status: OrderStatus(0), side: .none, isMaker: 0, isReply: 0, isUp: 0, session: 0,
            venue: Venue(0), guard: Guard(0), strategyID: 0,
            isReduced: 0, isFinal: 0, reserved_1: (0, 0, 0, 0))
    }

    /// - Precondition: The ring has room; see `reportsMax`.
    @_noAllocation @_noLocks
    mutating func write(_ report: ExecutionReport) {
        guard let record = unsafe reports.claim() else { return }
        unsafe record.pointee = report
        reports.publish()
    }

    /// Session numbers of `ExecutionReport.session`.
    static var orderEntry: UInt8 {
        @_noAllocation @_noLocks
        get { 1 }
    }
    static var userStream: UInt8 {
        @_noAllocation @_noLocks
        get { 2 }
    }

    @_noAllocation @_noLocks
    mutating func writeSession(
        _ session: UInt8, venue: Venue = .binanceUSDM, isUp: Bool
    ) {
        var report = blank(.session)
        report.venue = venue
        report.session = session
        report.isUp = isUp ? 1 : 0
        write(report)
    }

    /// The offset of the venue's clock against ours: a signed number of ns as text.
    @_noAllocation @_noLocks
    mutating func decodeClockOffset(
        _ bytes: UnsafePointer<UInt8>, count: Int, venue: Venue
    ) {
        let decimal = unsafe JSONText.decimal(bytes, count: count)
        var offset: Int64 = 0
        guard decimal.isValid, decimal.decimals == 0, decimal.signed(decimals: 0, &offset) == .done
        else {
            counters.malformed.increment()
            return
        }
        var report = blank(.clockOffset)
        report.lastPrice = PriceTicks(offset)
        report.venue = venue
        write(report)
    }

    /// Mutating although it changes no member: otherwise the whole value is copied for the call.
    @_noAllocation @_noLocks
    mutating func count(_ outcome: Outcome) {
        switch outcome {
        case .done, .passed: break
        case .fallback, .malformed: counters.malformed.increment()
        case .inexact: counters.inexactDecimals.increment()
        case .overflow: counters.overflows.increment()
        case .unknownSymbol: counters.unknownSymbols.increment()
        case .mixedSymbols: counters.mixedSymbols.increment()
        case .oversized: counters.oversized.increment()
        case .ignored: counters.ignored.increment()
        case .filtered: counters.tradesFiltered.increment()
        }
    }

    /// The order that a client order id names; 0 when it is not one of ours.
    @_noAllocation @_noLocks
    static func orderID(_ text: UnsafeBufferPointer<UInt8>?) -> UInt64 {
        guard let text = unsafe text, text.count == 20, let start = text.baseAddress,
            unsafe apus_same_bytes(start, ("apus" as StaticString).utf8Start, 4) != 0
        else { return 0 }
        var isHex: Int32 = 0
        let value = unsafe apus_hex16(start + 4, &isHex)
        return isHex != 0 ? value : 0
    }
}

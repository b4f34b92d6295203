//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Telemetry

/// What the market decoder keeps of OKX between messages. The memory is kept until the process
/// ends.
///
/// SAFETY: one owner, on one thread.
@safe
struct OKXMarketState: @unchecked Sendable {
    private struct Kept {
        /// Number given last to a book message of a stream without `seqId`.
        var number: UInt64 = 0
        /// What `funding-rate` said last, for the mark prices after it.
        var fundingRateE8: Int64 = 0
        var isOKX = false
    }

    let symbols: SymbolIndex
    let counters: OKXCounters
    /// Members of `arg`.
    var argument = JSONFields()
    /// Of the book message being decoded; 0 when it has none or is of today.
    var checksum: UInt32 = 0
    /// The book message being decoded has no `seqId`.
    var isUnnumbered = false
    /// What the message being decoded belongs to among the lines.
    var stream = LineStream.book
    private let kept: UnsafeMutablePointer<Kept>

    init(_ instruments: InstrumentTable, _ telemetry: TelemetryWriter) {
        symbols = SymbolIndex(instruments, venue: .okx)
        counters = OKXCounters(telemetry)
        unsafe kept = .allocate(capacity: max(1, instruments.count))
        for id in 0..<instruments.count {
            var row = Kept()
            row.isOKX = instruments[UInt32(id)].venue == .okx
            unsafe (kept + id).initialize(to: row)
        }
    }

    /// True for an instrument of the table that OKX lists.
    @_noAllocation @_noLocks
    func owns(_ instrumentID: UInt32) -> Bool {
        instrumentID < symbols.count ? unsafe kept[Int(instrumentID)].isOKX : false
    }

    @_noAllocation @_noLocks
    func number(_ instrumentID: UInt32) -> UInt64 { unsafe kept[Int(instrumentID)].number }

    @_noAllocation @_noLocks
    func setNumber(_ instrumentID: UInt32, _ number: UInt64) {
        unsafe kept[Int(instrumentID)].number = number
    }

    @_noAllocation @_noLocks
    func fundingRateE8(_ instrumentID: UInt32) -> Int64 {
        unsafe kept[Int(instrumentID)].fundingRateE8
    }

    @_noAllocation @_noLocks
    func setFundingRateE8(_ instrumentID: UInt32, _ rate: Int64) {
        unsafe kept[Int(instrumentID)].fundingRateE8 = rate
    }
}

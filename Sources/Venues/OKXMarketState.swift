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
        /// The highest trade taken from `trades`, and from `trades-all`.
        var tradeID: UInt64 = 0
        var matchID: UInt64 = 0
        /// The end of a merged trade that was refused for a part; matches bring the rest.
        var owedID: UInt64 = 0
        /// Where the next trade with a number of its own is remembered.
        var ownPlace: UInt64 = 0
    }

    /// Trades with numbers of their own that are remembered of an instrument.
    private static var ownCount: Int {
        @_noAllocation @_noLocks
        get { 8 }
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
    /// The message being decoded comes by one connection alone, however many lines there are.
    var isSingle = false
    /// Those of each instrument; the channel is bit 62.
    private let own: UnsafeMutablePointer<UInt64>
    private let kept: UnsafeMutablePointer<Kept>

    init(_ instruments: InstrumentTable, _ telemetry: TelemetryWriter) {
        symbols = SymbolIndex(instruments, venue: .okx)
        counters = OKXCounters(telemetry)
        unsafe kept = .allocate(capacity: max(1, instruments.count))
        unsafe own = .allocate(capacity: max(1, instruments.count) * Self.ownCount)
        unsafe own.initialize(
            repeating: 0, count: max(1, instruments.count) * Self.ownCount)
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

    /// Whether the other channel of trades has brought a trade, or one of those it is merged from;
    /// remembers it when not. What is missing of a merged trade then comes by the other channel.
    ///
    /// - Parameters:
    ///   - tradeID: Of the last of the trades that are merged; negative bits of a liquidation.
    ///   - isMatch: It comes by `trades-all`.
    @_noAllocation @_noLocks
    mutating func isRepeated(
        _ instrumentID: UInt32, tradeID: UInt64, count: UInt64, isMatch: Bool
    ) -> Bool {
        let row = unsafe kept + Int(instrumentID)
        if Int64(bitPattern: tradeID) < 0 {
            return isOwnRepeated(instrumentID, tradeID: tradeID, isMatch: isMatch)
        }
        let before = tradeID &- min(count, tradeID)
        if isMatch {
            if unsafe before < row.pointee.tradeID && tradeID > row.pointee.owedID { return true }
            unsafe row.pointee.matchID = unsafe max(row.pointee.matchID, tradeID)
        } else {
            if unsafe before < row.pointee.matchID {
                if unsafe tradeID > row.pointee.matchID {
                    unsafe row.pointee.owedID = tradeID
                }
                return true
            }
            unsafe row.pointee.tradeID = unsafe max(row.pointee.tradeID, tradeID)
        }
        return false
    }

    /// The same of a liquidation's trade, which has a number in no known order.
    @_noAllocation @_noLocks
    private mutating func isOwnRepeated(
        _ instrumentID: UInt32, tradeID: UInt64, isMatch: Bool
    ) -> Bool {
        let row = unsafe kept + Int(instrumentID)
        let places = unsafe own + Int(instrumentID) &* Self.ownCount
        let channel: UInt64 = 1 &<< 62
        let mine = isMatch ? tradeID ^ channel : tradeID
        var index = 0
        while index < Self.ownCount {
            if unsafe places[index] == mine ^ channel { return true }
            index &+= 1
        }
        unsafe places[Int(truncatingIfNeeded: row.pointee.ownPlace)] = mine
        unsafe row.pointee.ownPlace =
            unsafe (row.pointee.ownPlace &+ 1) % UInt64(truncatingIfNeeded: Self.ownCount)
        return false
    }

    /// The instrument's stream began anew, perhaps with other numbers.
    @_noAllocation @_noLocks
    func forgetTrades(_ instrumentID: UInt32) {
        unsafe kept[Int(instrumentID)].tradeID = 0
        unsafe kept[Int(instrumentID)].matchID = 0
        unsafe kept[Int(instrumentID)].owedID = 0
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

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

// Arbitration among lines happens between decoding and publishing: a message that is refused on
// one line never wins over a good copy of it on another.

extension MarketDecoder {
    /// Keeps of the records filled those that the frame's line brought first.
    ///
    /// - Parameter quotes: Which of the venue's quotes they would be.
    /// - Returns: `true` when a gap lies before one of them.
    @_noAllocation @_noLocks
    mutating func arbitrate(_ quotes: LineStream, isOKX: Bool) -> Bool {
        guard let lines else { return false }
        var read = 0
        var kept = 0
        var isAfterGap = false
        let count = events.stagedCount
        while read < count {
            let size = groupSize(read, count)
            let verdict = unsafe judge(events.record(read), quotes, lines, isOKX: isOKX)
            if verdict == .new || verdict == .afterGap {
                if verdict == .afterGap { isAfterGap = true }
                move(from: read, to: kept, size)
                kept &+= size
            }
            read &+= size
        }
        events.keep(kept)
        return isAfterGap
    }

    /// Records that stand or fall together: a book's header and levels, both sides of a quote.
    @_noAllocation @_noLocks
    private mutating func groupSize(_ first: Int, _ count: Int) -> Int {
        let kind = unsafe events.record(first).pointee.kind
        if kind == .quoteSide { return min(2, count &- first) }
        guard kind == .bookDelta || kind == .bookSnapshot else { return 1 }
        var size = 1
        while first &+ size < count,
            unsafe events.record(first &+ size).pointee.kind == .bookLevels
        {
            size &+= 1
        }
        return size
    }

    @_noAllocation @_noLocks
    private mutating func move(from: Int, to: Int, _ size: Int) {
        if from == to { return }
        var index = 0
        while index < size {
            let source = unsafe events.record(from &+ index)
            unsafe events.record(to &+ index).pointee = unsafe source.pointee
            index &+= 1
        }
    }

    @_noAllocation @_noLocks
    private mutating func judge(
        _ record: UnsafeMutablePointer<MarketEvent>, _ quotes: LineStream, _ lines: LineArbiter,
        isOKX: Bool
    ) -> LineVerdict {
        let raw = UnsafeMutableRawPointer(record)
        let id = unsafe record.pointee.instrumentID
        switch unsafe record.pointee.kind {
        case .bookDelta, .bookSnapshot:
            return judgeBook(
                unsafe raw.assumingMemoryBound(to: BookHeader.self).pointee, lines,
                isOKX: isOKX)
        case .quoteSide:
            let quote = unsafe raw.assumingMemoryBound(to: QuoteSide.self)
            return unsafe lines.judge(
                id, quotes, line: line, order: quote.pointee.updateID, link: .none,
                timeNs: events.ingressTimeNs)
        case .trade:
            let trade = unsafe raw.assumingMemoryBound(to: Trade.self)
            return unsafe lines.judge(
                id, .trade, line: line, order: trade.pointee.tradeID, link: .line,
                timeNs: events.ingressTimeNs)
        case .markPrice:
            let mark = unsafe raw.assumingMemoryBound(to: MarkPrice.self)
            return unsafe lines.judge(
                id, .markPrice, line: line, order: mark.pointee.venueTimeNs, link: .none,
                timeNs: events.ingressTimeNs)
        default: return .new
        }
    }

    @_noAllocation @_noLocks
    private mutating func judgeBook(
        _ header: BookHeader, _ lines: LineArbiter, isOKX: Bool
    ) -> LineVerdict {
        let isSnapshot = header.kind == .bookSnapshot
        if okx.isUnnumbered {
            return lines.judge(
                header.instrumentID, .book, line: line, order: header.venueTimeNs,
                tag: UInt64(okx.checksum), link: isSnapshot ? .snapshot : .line, isTagged: true,
                timeNs: events.ingressTimeNs)
        }
        // New instruments of COIN-M name no update before theirs.
        let isLinked = isOKX || header.previousUpdateID != 0
        return lines.judge(
            header.instrumentID, .book, line: line, order: header.lastUpdateID,
            previous: header.previousUpdateID,
            link: isSnapshot ? .snapshot : isLinked ? .position : .none,
            epoch: isOKX ? header.venueTimeNs : 0, timeNs: events.ingressTimeNs)
    }
}

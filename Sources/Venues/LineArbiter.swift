//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Telemetry

// Several connections that carry the same streams are lines. The first copy of each message that
// any of them brings is taken; so the path sees one stream that is as early as the earliest line
// and as whole as all of them together.
//
// A stream of one instrument is a chain of positions. Where the venue links its messages (books),
// only the message that follows the chain's end is taken: a later one is dropped while another line
// that is up stands exactly at that end, since that one will bring what is missing; when none does,
// the message is let through, and the kernel finds the gap as on a single connection. A book that
// the stream itself sends whole needs no link and is never held back when it is newer.
//
// Positions are the venue's sequence numbers. They may repeat (nothing changed), so the n-th
// repetition on one line is the n-th on any other; and they may start again lower (maintenance),
// which each line shows by itself and which begins a new epoch. Streams of OKX before 2022 have no
// numbers: there the message's time and checksum name the state behind it, and what it follows is
// what its own line brought before.

/// What is chained: streams whose positions are counted apart.
enum LineStream: UInt8 {
    case book
    case quote
    case trade
    case markPrice
    case ticker
    case fiveLevels

    static var count: Int {
        @_noAllocation @_noLocks
        get { 6 }
    }

    // Written out, because the derived operators are not known to be free of locks.
    @_noAllocation @_noLocks
    @inline(__always)
    static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }
}

/// How a message names the one before it.
enum LineLink: UInt8 {
    /// Not at all: any greater position follows.
    case none
    /// By its position.
    case position
    /// It is the one before it on its own line.
    case line
    /// It needs none, being a whole book.
    case snapshot

    // Written out, because the derived operators are not known to be free of locks.
    @_noAllocation @_noLocks
    @inline(__always)
    static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }
}

enum LineVerdict: UInt8 {
    /// The first copy, and what follows the chain.
    case new
    /// The first copy; what is missing before it, no line will bring.
    case afterGap
    case copy
    /// Another line will bring this one and what is missing before it.
    case ahead

    @_noAllocation @_noLocks
    @inline(__always)
    static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }
}

/// Chooses among the copies of messages that several lines bring.
///
/// The memory is kept until the process ends. Cost: O(1) a message, no allocation.
///
/// SAFETY: one owner, on one thread; the memory has a place for every instrument and line.
@safe
struct LineArbiter: @unchecked Sendable {
    static var linesMax: Int {
        @_noAllocation @_noLocks
        get { 4 }
    }
    /// Messages of a stream whose time of arrival is remembered.
    private static var recentCount: Int {
        @_noAllocation @_noLocks
        get { 16 }
    }

    private struct Position {
        var order: UInt64 = 0
        /// Repetitions of `order`, or a checksum.
        var tag: UInt64 = 0
        var epoch: UInt64 = 0
        var isKnown = false

        @_noAllocation @_noLocks
        func isSame(_ other: Position) -> Bool {
            order == other.order && tag == other.tag && epoch == other.epoch
        }
    }

    private struct Arrival {
        var order: UInt64 = 0
        var tag: UInt64 = 0
        /// 0: free.
        var timeNs: UInt64 = 0
    }

    private let taken: UnsafeMutablePointer<Position>
    private let brought: UnsafeMutablePointer<Position>
    private let arrivals: UnsafeMutablePointer<Arrival>
    /// By instrument: bit n says that line n is up.
    private let linesUp: UnsafeMutablePointer<UInt8>
    private let counters: LineCounters

    /// - Precondition: `lineCount <= linesMax`.
    init(instrumentCount: Int, lineCount: Int, _ telemetry: TelemetryWriter) {
        precondition(lineCount <= Self.linesMax, "at most \(Self.linesMax) lines")
        let chains = max(1, instrumentCount) * LineStream.count
        unsafe taken = .allocate(capacity: chains)
        unsafe taken.initialize(repeating: Position(), count: chains)
        unsafe brought = .allocate(capacity: chains * Self.linesMax)
        unsafe brought.initialize(repeating: Position(), count: chains * Self.linesMax)
        unsafe arrivals = .allocate(capacity: chains * Self.recentCount)
        unsafe arrivals.initialize(repeating: Arrival(), count: chains * Self.recentCount)
        unsafe linesUp = .allocate(capacity: max(1, instrumentCount))
        unsafe linesUp.initialize(repeating: 0, count: max(1, instrumentCount))
        counters = LineCounters(lineCount, telemetry)
    }

    /// Line `line` of an instrument came or went.
    ///
    /// - Returns: `true` when the instrument as a whole did: its first line came, its last went.
    @_noAllocation @_noLocks
    func setUp(_ instrumentID: UInt32, line: Int, isUp: Bool) -> Bool {
        let mask = unsafe linesUp + Int(instrumentID)
        let before = unsafe mask.pointee
        let bit = UInt8(1) &<< UInt8(truncatingIfNeeded: line)
        unsafe mask.pointee = isUp ? before | bit : before & ~bit
        var stream = 0
        while stream < LineStream.count {
            let chain = Int(instrumentID) &* LineStream.count &+ stream
            unsafe brought[chain &* Self.linesMax &+ line] = Position()
            if unsafe mask.pointee == 0 { unsafe taken[chain] = Position() }
            stream &+= 1
        }
        return unsafe (before == 0) != (mask.pointee == 0)
    }

    /// Judges one message and remembers that `line` brought it.
    ///
    /// - Parameters:
    ///   - order: Its position, or the time of its state.
    ///   - tag: The checksum of its state where `link` is `.line`; else unused.
    ///   - previous: The position before it, where `link` is `.position`.
    @_noAllocation @_noLocks
    func judge(
        _ instrumentID: UInt32, _ stream: LineStream, line: Int, order: UInt64, tag: UInt64 = 0,
        previous: UInt64 = 0, link: LineLink, isTagged: Bool = false, timeNs: UInt64
    ) -> LineVerdict {
        let chain = Int(instrumentID) &* LineStream.count &+ Int(stream.rawValue)
        let verdict: LineVerdict
        var position = Position()
        if Int64(bitPattern: order) < 0, link == .none {
            // Trades of a liquidation have numbers of their own, in no known order.
            position.order = order
            verdict = unsafe arrival(chain, position).pointee.order == order ? .copy : .new
        } else {
            let mine = unsafe brought + (chain &* Self.linesMax &+ line)
            let before = unsafe mine.pointee
            position = advanced(before, chain, order, tag, isTagged)
            unsafe mine.pointee = position
            verdict = decide(
                chain, line, before, position, previous, link, isTagged, instrumentID,
                isTrade: stream == .trade)
            if verdict == .new || verdict == .afterGap { accept(chain, line, position) }
        }
        count(verdict, chain, line, position, timeNs)
        return verdict
    }

    /// Where a line stands with the message it brings.
    @_noAllocation @_noLocks
    private func advanced(
        _ before: Position, _ chain: Int, _ order: UInt64, _ tag: UInt64, _ isTagged: Bool
    ) -> Position {
        var position = Position()
        position.order = order
        position.tag = tag
        position.isKnown = true
        if !before.isKnown {
            position.epoch = unsafe taken[chain].epoch
        } else if order < before.order {
            position.epoch = before.epoch &+ 1
        } else {
            position.epoch = before.epoch
            if order == before.order, !isTagged { position.tag = before.tag &+ 1 }
        }
        return position
    }

    @_noAllocation @_noLocks
    private func decide(
        _ chain: Int, _ line: Int, _ before: Position, _ now: Position, _ previous: UInt64,
        _ link: LineLink, _ isTagged: Bool, _ instrumentID: UInt32, isTrade: Bool
    ) -> LineVerdict {
        let end = unsafe taken[chain]
        if !end.isKnown { return .new }
        // A second whole book on one connection was asked for: the one there is was lost.
        if link == .snapshot, before.isKnown { return .new }
        if now.epoch < end.epoch { return .copy }
        let follows = link == .line
            ? before.isKnown && before.isSame(end) : previous == end.order
        if now.epoch == end.epoch {
            if now.order < end.order { return .copy }
            if now.order == end.order {
                // A repetition that nothing changed in follows itself; a trade has none.
                let isRepeated = isTagged ? now.tag != end.tag : now.tag > end.tag
                let mayRepeat = link == .none ? !isTrade : follows
                if !isRepeated || !mayRepeat { return .copy }
            }
        }
        if link == .none || link == .snapshot || follows { return .new }
        return isBrought(chain, besides: line, end, isTagged, instrumentID) ? .ahead : .afterGap
    }

    /// Another line that is up stands exactly at `end`.
    @_noAllocation @_noLocks
    private func isBrought(
        _ chain: Int, besides line: Int, _ end: Position, _ isTagged: Bool, _ instrumentID: UInt32
    ) -> Bool {
        let up = unsafe linesUp[Int(instrumentID)]
        var other = 0
        while other < Self.linesMax {
            let position = unsafe brought[chain &* Self.linesMax &+ other]
            let isUp = up &>> UInt8(truncatingIfNeeded: other) & 1 == 1
            if other != line, isUp, position.isKnown, position.order == end.order,
                position.epoch == end.epoch, !isTagged || position.tag == end.tag
            {
                return true
            }
            other &+= 1
        }
        return false
    }

    /// Moves the chain's end; what it counts epochs by is from now on what the line does.
    @_noAllocation @_noLocks
    private func accept(_ chain: Int, _ line: Int, _ position: Position) {
        let end = unsafe taken[chain]
        var next = position
        next.epoch = end.epoch &+ (end.isKnown && position.order < end.order ? 1 : 0)
        unsafe taken[chain] = next
        unsafe brought[chain &* Self.linesMax &+ line].epoch = next.epoch
    }

    @_noAllocation @_noLocks
    private func arrival(_ chain: Int, _ position: Position) -> UnsafeMutablePointer<Arrival> {
        let mixed = (position.order ^ position.tag) &* 0x9e37_79b9_7f4a_7c15
        let place = Int(truncatingIfNeeded: mixed &>> 60)
        return unsafe arrivals + (chain &* Self.recentCount &+ place)
    }

    @_noAllocation @_noLocks
    private func count(
        _ verdict: LineVerdict, _ chain: Int, _ line: Int, _ position: Position, _ timeNs: UInt64
    ) {
        let arrival = unsafe arrival(chain, position)
        switch verdict {
        case .new, .afterGap:
            unsafe arrival.pointee = Arrival(
                order: position.order, tag: position.tag, timeNs: timeNs)
            counters.countWin(line)
        case .copy:
            let isKnown = unsafe arrival.pointee.order == position.order
                && arrival.pointee.tag == position.tag && arrival.pointee.timeNs != 0
            let lag = unsafe timeNs > arrival.pointee.timeNs ? timeNs &- arrival.pointee.timeNs : 0
            counters.countCopy(line, lagNs: isKnown ? lag : nil)
        case .ahead:
            counters.countAhead(line)
        }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
public import Messages
public import Pipeline
public import Rings
public import Telemetry

/// Turns frames into records, and is the sequencer: each frame, whatever it holds, gets the next
/// sequence, and every record made from it carries that.
///
/// Full policy: stall. A frame is left in its ring until there is room for all it may bring.
/// A frame that is refused leaves nothing behind but a counter.
///
/// SAFETY: the byte rings outlive the stage, and no other consumer reads them.
@safe
public struct ParserStage: ~Copyable, Stage {
    /// Frames handled in one `poll`.
    public static var batchMax: Int {
        @_noAllocation @_noLocks
        get { 32 }
    }
    /// Levels of one book update or snapshot; the venue's largest snapshot has 2,000.
    public static var levelsMax: Int {
        @_noAllocation @_noLocks
        get { 4_200 }
    }
    /// Records of one frame: a header, the levels by three, and a broken three for each side.
    public static var recordsMax: Int {
        @_noAllocation @_noLocks
        get { levelsMax / 3 + 3 }
    }
    /// Of `["1","0"],`, the shortest level.
    private static var levelBytesMin: Int {
        @_noAllocation @_noLocks
        get { 10 }
    }

    private enum Kind {
        case inbox
        case market
        case okxMarket
        case okxPrivate
        case orderEntry
        case userStream
    }

    // SAFETY: the ids are written in `init` alone and kept until the process ends.
    @safe
    private struct Role {
        var kind: Kind
        /// Of a market connection to Binance: whose symbols its messages name.
        var names: VenueNames
        /// Among the lines that carry the same; negative where there is one alone.
        var line: Int
        var instruments: UnsafeMutablePointer<UInt32>
        var count: Int
        /// Of a private connection: it was there and is no more.
        var isLost = false
    }

    private var frames: RingConsumer<FrameDescriptor>
    private let byteRings: UnsafeMutablePointer<ByteRingConsumer>
    private let roles: UnsafeMutablePointer<Role>
    private let roleCount: Int
    /// Nobody reads reports where there is neither order entry nor user stream.
    private let hasReports: Bool
    /// Reports that one frame may bring.
    private let reportsMax: Int
    private let counters: ParserCounters
    private var market: MarketDecoder
    private var account: AccountDecoder
    /// Of the frame handled last.
    public private(set) var sequence: UInt64 = 0

    /// - Parameters:
    ///   - byteRings: One for each connection, by connection id, as many as `roles`.
    ///   - roles: What each connection carries.
    ///   - venue: Whose symbols all messages of Binance name; `nil`: those of market connections
    ///     name their role's, those of the account its first connection's, Spot's last.
    /// - Precondition: The event ring holds `recordsMax` records.
    public init(
        frames: consuming RingConsumer<FrameDescriptor>,
        byteRings: UnsafeMutablePointer<ByteRingConsumer>, roles: [ConnectionRole],
        events: consuming RingProducer<MarketEvent>,
        reports: consuming RingProducer<ExecutionReport>, instruments: InstrumentTable,
        telemetry: TelemetryWriter, venue: Venue? = nil
    ) {
        precondition(events.hasRoom(Self.recordsMax), "an event ring that takes a whole frame")
        let first = VenueNames(instruments, venue: venue ?? Self.binanceVenue(roles))
        var known = [first]
        counters = ParserCounters(telemetry)
        self.frames = frames
        unsafe self.byteRings = unsafe byteRings
        roleCount = roles.count
        unsafe self.roles = .allocate(capacity: max(1, roles.count))
        let isOKXPrivate = roles.contains(.privateStream(venue: .okx))
        hasReports = isOKXPrivate || roles.contains { $0 == .orderEntry || $0 == .userStream }
        reportsMax = isOKXPrivate ? AccountDecoder.okxReportsMax : AccountDecoder.reportsMax
        precondition(reports.hasRoom(reportsMax), "a report ring that takes a whole frame")
        for (place, role) in roles.enumerated() {
            let named = Self.venue(role, venue) ?? first.venue
            let names = known.first { $0.venue == named }
                ?? VenueNames(instruments, venue: named)
            known.append(names)
            unsafe (self.roles + place).initialize(
                to: Self.role(role, roles, instruments, names))
        }
        let binance = BinanceCounters(telemetry)
        market = MarketDecoder(
            events, names: first, counters: counters, binance: binance,
            okx: OKXMarketState(instruments, telemetry),
            lines: Self.lines(roles, instruments, telemetry))
        account = AccountDecoder(
            reports, symbols: first.symbols, okxSymbols: SymbolIndex(instruments, venue: .okx),
            counters: counters, binance: binance)
    }

    /// Spot is market data alone: it has the account's symbols only where it is by itself.
    private static func binanceVenue(_ roles: [ConnectionRole]) -> Venue {
        var found: Venue?
        for case .market(_, let venue, _) in roles where venue != .okx {
            if venue != .binanceSpot { return venue }
            found = venue
        }
        return found ?? .binanceUSDM
    }

    /// Whose symbols the messages of a market connection to Binance name; `nil` for all others.
    ///
    /// - Parameter binance: Told from outside for all connections to Binance.
    private static func venue(_ role: ConnectionRole, _ binance: Venue?) -> Venue? {
        guard case .market(_, let venue, _) = role, venue != .okx else { return nil }
        return binance ?? venue
    }

    /// Lines of `venue`: one more than the highest number of any.
    private static func lineCount(_ roles: [ConnectionRole], _ venue: Venue) -> Int {
        roles.reduce(1) { most, role in
            guard case .market(_, venue, let line) = role else { return most }
            return max(most, line + 1)
        }
    }

    private static func lines(
        _ roles: [ConnectionRole], _ instruments: InstrumentTable, _ telemetry: TelemetryWriter
    ) -> LineArbiter? {
        let venues: [Venue] = [.binanceUSDM, .binanceSpot, .binanceCOINM, .okx]
        let most = venues.reduce(1) { max($0, lineCount(roles, $1)) }
        if most == 1 { return nil }
        return LineArbiter(
            instrumentCount: instruments.count, lineCount: most, telemetry)
    }

    private static func role(
        _ role: ConnectionRole, _ roles: [ConnectionRole], _ instruments: InstrumentTable,
        _ names: VenueNames
    ) -> Role {
        var ids: [UInt32] = []
        var line = -1
        let kind: Kind
        switch role {
        case .inbox: kind = .inbox
        case .orderEntry: kind = .orderEntry
        case .userStream: kind = .userStream
        case .market(let carried, let venue, let number):
            kind = venue == .okx ? .okxMarket : .market
            precondition(number >= 0, "lines counted from 0")
            if lineCount(roles, venue) > 1 { line = number }
            ids = carried
        case .privateStream(let venue):
            precondition(venue == .okx, "a venue with one private connection")
            kind = .okxPrivate
        }
        precondition(ids.count < recordsMax, "a connection whose status fits one frame")
        precondition(ids.allSatisfy { Int($0) < instruments.count }, "instruments of the table")
        let memory = UnsafeMutablePointer<UInt32>.allocate(capacity: max(1, ids.count))
        for (index, id) in ids.enumerated() { unsafe (memory + index).initialize(to: id) }
        return unsafe Role(
            kind: kind, names: names, line: line, instruments: memory, count: ids.count)
    }

    @_noAllocation @_noLocks
    public mutating func poll() -> Int {
        var handled = 0
        while handled < Self.batchMax, let frame = unsafe frames.peek() {
            let copy = unsafe frame.pointee
            guard open(copy) else {
                counters.stalls.increment()
                break
            }
            handled &+= 1
            let connection = Int(copy.connectionID)
            if connection < roleCount {
                let bytes = unsafe byteRings[connection].bytes(at: copy.position)
                unsafe handle(copy, bytes)
                if copy.releaseLength > 0 {
                    unsafe byteRings[connection].release(
                        Int(truncatingIfNeeded: copy.releaseLength))
                }
            } else {
                counters.unknownFrames.increment()
            }
            frames.release()
            advanceWatermarks()
        }
        if handled == 0 { market.events.prefetchNext() }
        return handled
    }

    /// Parses one frame outside of a ring: for replay and benchmarks. Gives it the next sequence.
    ///
    /// - Parameter bytes: `frame.length` readable bytes and 64 of slack.
    /// - Returns: `false` when the rings behind have no room; nothing was done then.
    @_noAllocation @_noLocks
    public mutating func parse(_ frame: FrameDescriptor, bytes: UnsafePointer<UInt8>) -> Bool {
        guard open(frame) else {
            counters.stalls.increment()
            return false
        }
        if Int(frame.connectionID) < roleCount {
            unsafe handle(frame, bytes)
        } else {
            counters.unknownFrames.increment()
        }
        advanceWatermarks()
        return true
    }

    /// As `parse`, for a text frame of a market connection, by the generic path alone: what the
    /// schema scanner is measured by.
    @_noAllocation @_noLocks
    public mutating func parseGenerically(
        _ frame: FrameDescriptor, bytes: UnsafePointer<UInt8>
    ) -> Bool {
        guard open(frame) else {
            counters.stalls.increment()
            return false
        }
        let length = Int(frame.length)
        if unsafe roles[Int(frame.connectionID)].kind == .okxMarket {
            unsafe market.decodeOKXMessageGenerically(bytes, count: length)
        } else {
            let role = unsafe roles + Int(frame.connectionID)
            unsafe market.name(&role.pointee.names)
            unsafe market.decodeMessageGenerically(bytes, count: length)
        }
        advanceWatermarks()
        return true
    }

    /// Gives the frame its sequence if all that it may bring has room.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func open(_ frame: FrameDescriptor) -> Bool {
        // A binary trade has 25 bytes. Constants, so that nothing is divided.
        let length = frame.length
        var needed = Int(
            frame.kind == .binary ? length / 24 : length / UInt32(3 * Self.levelBytesMin)) &+ 4
        if frame.length == 0, Int(frame.connectionID) < roleCount {
            needed = unsafe max(needed, roles[Int(frame.connectionID)].count)
        }
        needed = min(needed, Self.recordsMax)
        guard market.events.open(needed) else { return false }
        if hasReports, !account.reports.hasRoom(reportsMax) { return false }
        sequence &+= 1
        counters.frames.increment()
        market.events.sequence = sequence
        market.events.ingressTimeNs = frame.ingressTimeNs
        account.sequence = sequence
        account.ingressTimeNs = frame.ingressTimeNs
        return true
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func advanceWatermarks() {
        market.events.advanceWatermark(to: sequence)
        account.reports.advanceWatermark(to: sequence)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func handle(_ frame: FrameDescriptor, _ bytes: UnsafePointer<UInt8>) {
        let role = unsafe roles + Int(frame.connectionID)
        let length = Int(frame.length)
        market.line = unsafe role.pointee.line
        if frame.kind == .text {
            switch unsafe role.pointee.kind {
            case .market:
                unsafe market.name(&role.pointee.names)
                unsafe market.decodeMessage(bytes, count: length)
            case .okxMarket: unsafe market.decodeOKXMessage(bytes, count: length)
            case .okxPrivate: unsafe account.decodeOKXPrivate(bytes, count: length)
            case .orderEntry: unsafe account.decodeReply(bytes, count: length)
            case .userStream: unsafe account.decodeUserMessage(bytes, count: length)
            case .inbox: counters.unknownFrames.increment()
            }
            return
        }
        unsafe handleOther(frame, bytes, role)
    }

    @_noAllocation @_noLocks
    @inline(never)
    private mutating func handleOther(
        _ frame: FrameDescriptor, _ bytes: UnsafePointer<UInt8>,
        _ role: UnsafeMutablePointer<Role>
    ) {
        switch frame.kind {
        case .rest: unsafe handleREST(frame, bytes)
        case .connected: unsafe connectionChanged(role, isUp: true)
        case .disconnected: unsafe connectionChanged(role, isUp: false)
        case .timer:
            market.writeFeedStatus(0, .timer, isUp: false)
            market.events.publish()
            if hasReports { account.write(account.blank(.timer)) }
        case .binary:
            counters.binaryFrames.increment()
            if unsafe role.pointee.names.venue.rawValue == Venue.binanceSpot.rawValue,
                unsafe role.pointee.kind == .market
            {
                unsafe market.name(&role.pointee.names)
                unsafe market.decodeBinary(bytes, count: Int(frame.length))
            }
        default: counters.unknownFrames.increment()
        }
    }

    @_noAllocation @_noLocks
    private mutating func handleREST(_ frame: FrameDescriptor, _ bytes: UnsafePointer<UInt8>) {
        let context = RESTContext(packed: frame.context)
        switch context.kind {
        case 1:  // depthSnapshot
            unsafe market.decodeSnapshot(
                bytes, count: Int(frame.length), instrumentID: context.instrumentID)
        case 2 where hasReports:  // clockOffset
            unsafe account.decodeClockOffset(
                bytes, count: Int(frame.length), venue: context.venue)
        case 3 where hasReports:  // missedPush
            if context.venue.rawValue == Venue.okx.rawValue {
                unsafe account.decodeOKXPrivate(bytes, count: Int(frame.length))
            } else {
                unsafe account.decodeUserMessage(bytes, count: Int(frame.length))
            }
        case 4 where hasReports:  // fact
            unsafe account.decodeFact(bytes, count: Int(frame.length))
        default: counters.unknownFrames.increment()
        }
    }

    @_noAllocation @_noLocks
    private mutating func connectionChanged(_ role: UnsafeMutablePointer<Role>, isUp: Bool) {
        switch unsafe role.pointee.kind {
        case .market, .okxMarket:
            let line = unsafe role.pointee.line
            var index = 0
            while unsafe index < role.pointee.count {
                let id = unsafe role.pointee.instruments[index]
                index &+= 1
                // While another line is up, nothing was lost.
                if line >= 0, let lines = market.lines,
                    !lines.setUp(id, line: line, isUp: isUp)
                {
                    continue
                }
                if isUp { market.okx.forgetTrades(id) }
                market.writeFeedStatus(id, .feedStatus, isUp: isUp)
            }
            market.events.publish()
        case .orderEntry:
            unsafe countSession(role, isUp: isUp)
            account.writeSession(AccountDecoder.orderEntry, isUp: isUp)
        case .userStream:
            unsafe countSession(role, isUp: isUp)
            account.writeSession(AccountDecoder.userStream, isUp: isUp)
        case .okxPrivate:
            unsafe countSession(role, isUp: isUp)
            account.writeOKXSessions(isUp: isUp)
        case .inbox: break
        }
    }

    /// Keeps the number of private connections that are lost, for who watches from outside.
    @_noAllocation @_noLocks
    private func countSession(_ role: UnsafeMutablePointer<Role>, isUp: Bool) {
        guard unsafe role.pointee.isLost == isUp else { return }
        unsafe role.pointee.isLost = !isUp
        let lost = counters.privateSessionsLost
        lost.set(isUp ? lost.value &- 1 : lost.value &+ 1)
    }
}

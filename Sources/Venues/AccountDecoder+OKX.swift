//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import JSON
import Messages
import Telemetry

extension AccountDecoder {
    /// Orders that one message of OKX speaks of, at most; its batches have 20.
    static var okxItemsMax: Int {
        @_noAllocation @_noLocks
        get { 32 }
    }
    /// Reports of one frame of OKX's private connection, at most: a fill and an end of each order.
    static var okxReportsMax: Int {
        @_noAllocation @_noLocks
        get { 2 &* okxItemsMax }
    }

    /// One message of OKX's private connection: a reply to a request, a push, an event, or the
    /// bare word that answers a ping.
    ///
    /// - Precondition: The report ring has room for `okxReportsMax` records.
    @_noAllocation @_noLocks
    mutating func decodeOKXPrivate(_ bytes: UnsafePointer<UInt8>, count: Int) {
        if count == 4, unsafe apus_same_bytes(bytes, ("pong" as StaticString).utf8Start, 4) != 0 {
            counters.okxAccount.common.pongs.increment()
            return
        }
        counters.generic.increment()
        self.count(unsafe okxMessage(bytes, count: count))
    }

    /// The private connection came or went: orders are sent and told on the same one.
    @_noAllocation @_noLocks
    mutating func writeOKXSessions(isUp: Bool) {
        writeSession(Self.orderEntry, venue: .okx, isUp: isUp)
        writeSession(Self.userStream, venue: .okx, isUp: isUp)
    }

    @_noAllocation @_noLocks
    private mutating func okxMessage(_ bytes: UnsafePointer<UInt8>, count: Int) -> Outcome {
        guard unsafe outer.read(bytes, count: count) else { return .malformed }
        outer.know(long: "id msg connId inTime outTime connCount eventType curPage lastPage")
        var outcome = Outcome.malformed
        if outer.field("event") != nil {
            outcome = okxEvent()
        } else if outer.field("op") != nil {
            outcome = okxReply()
        } else if outer.field("arg") != nil {
            outcome = unsafe okxPush(bytes)
        }
        counters.unknownKeys.add(outer.unknownCount)
        return outcome
    }

    /// `{"event":…}`.
    @_noAllocation @_noLocks
    private mutating func okxEvent() -> Outcome {
        outer.know("arg code channel")
        // With that subscription lost, orders would live and nobody would tell.
        if outer.has("event", "channel-conn-count-error"), outer.has("channel", "orders") {
            writeSession(Self.userStream, venue: .okx, isUp: false)
        }
        return OKXEvents.take(outer, counters, counters.okxAccount.common)
    }

    /// `{"arg":{"channel":…},"data":[…]}`.
    @_noAllocation @_noLocks
    private mutating func okxPush(_ bytes: UnsafePointer<UInt8>) -> Outcome {
        guard let arg = outer.field("arg"), arg.kind == .objectStart,
            unsafe inner.read(bytes, from: arg.start, count: arg.start &+ arg.length),
            inner.kind("channel") == .string, let data = outer.field("data")
        else { return .malformed }
        inner.know(long: "uid instType instId instFamily ccy extraParams")
        counters.unknownKeys.add(inner.unknownCount)
        var elements = unsafe JSONElements(bytes, data)
        guard let count = elements.remaining() else { return .malformed }
        if inner.has("channel", "orders") {
            return unsafe count > Self.okxItemsMax ? .oversized : okxOrders(bytes, data)
        }
        if inner.has("channel", "fills") { return unsafe okxFills(bytes, data) }
        if inner.has("channel", "account") { return unsafe okxAccount(bytes, data) }
        if inner.has("channel", "positions") { return unsafe okxPositions(bytes, data) }
        if inner.has("channel", "balance_and_position") {
            return unsafe okxBalanceAndPosition(bytes, data)
        }
        return .ignored
    }
}

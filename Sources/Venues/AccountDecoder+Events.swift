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

// Events of Binance's user stream that no report is made of, checked against the protocol sheet,
// section 8.3, and what replies and updates say beside their report.

extension AccountDecoder {
    /// The event in `inner`, where it is none about one order's fate.
    @_noAllocation @_noLocks
    mutating func accountEvent() -> Outcome {
        if inner.has("e", "ACCOUNT_UPDATE") { return accountUpdate() }
        if inner.has("e", "MARGIN_CALL") { return marginCall() }
        if inner.has("e", "ACCOUNT_CONFIG_UPDATE") { return configurationUpdate() }
        if inner.has("e", "ALGO_UPDATE") { return conditionalUpdate() }
        if inner.has("e", "CONDITIONAL_ORDER_TRIGGER_REJECT") || inner.has("e", "STRATEGY_UPDATE")
            || inner.has("e", "GRID_UPDATE")
        {
            return toolUpdate()
        }
        if inner.has("e", "serverShutdown") {
            guard inner.are("E", .integer) else { return .malformed }
            return passed(binance.serverShutdowns)
        }
        return inner.kind("e") == .string ? .ignored : .malformed
    }

    /// Balances and positions are the gateway's own; the venue's are checked and counted:
    /// `T E a{B[] P[] m}`.
    @_noAllocation @_noLocks
    private mutating func accountUpdate() -> Outcome {
        guard inner.are("T E", .integer), let account = inner.field("a"),
            account.kind == .objectStart,
            unsafe nested.read(
                inner.bytes, from: account.start, count: account.start &+ account.length),
            nested.are("m", .text)
        else { return .malformed }
        // Either list may be left out: funding on cross margin changes balances alone.
        if let balances = nested.field("B"), balances.kind != .arrayStart { return .malformed }
        if let positions = nested.field("P"), positions.kind != .arrayStart { return .malformed }
        counters.accountUpdates.increment()
        counters.unknownKeys.add(inner.unknownCount &+ nested.unknownCount)
        return .passed
    }

    /// `E cw p[]`; `cw` for cross margin only.
    @_noAllocation @_noLocks
    private mutating func marginCall() -> Outcome {
        guard inner.are("E", .integer), inner.kind("p") == .arrayStart else { return .malformed }
        inner.know("cw T")
        return passed(binance.marginCalls)
    }

    /// `E T ac{s l}` or `ai{j}`.
    @_noAllocation @_noLocks
    private mutating func configurationUpdate() -> Outcome {
        guard inner.are("E T", .integer),
            inner.kind("ac") == .objectStart || inner.kind("ai") == .objectStart
        else { return .malformed }
        return passed(binance.configurationUpdates)
    }

    /// Conditional orders, which nothing here places.
    @_noAllocation @_noLocks
    private mutating func conditionalUpdate() -> Outcome {
        guard inner.are("T E", .integer), let order = inner.field("o"),
            order.kind == .objectStart,
            unsafe nested.read(
                inner.bytes, from: order.start, count: order.start &+ order.length),
            nested.are("aid", .integer), nested.are("s X", .text)
        else { return .malformed }
        return passed(binance.conditionalUpdates)
    }

    /// What the venue's own tools do with the account.
    @_noAllocation @_noLocks
    private mutating func toolUpdate() -> Outcome {
        guard inner.are("T E", .integer) else { return .malformed }
        inner.know("su gu or")
        return passed(binance.toolUpdates)
    }

    @_noAllocation @_noLocks
    private mutating func passed(_ counter: Counter) -> Outcome {
        inner.know("e")
        counter.increment()
        counters.unknownKeys.add(inner.unknownCount)
        return .passed
    }

    // MARK: Beside a report

    /// Counts why the order in `nested` expired, and orders that the venue places itself.
    @_noAllocation @_noLocks
    mutating func noteUpdate(_ execution: Execution) {
        if nested.has("x", "CALCULATED") || isVenueOrder(nested.field("c")) {
            binance.forcedOrders.increment()
        }
        if nested.has("x", "AMENDMENT") { binance.amendments.increment() }
        guard execution == .expired else { return }
        guard let reason = unsafe nested.text(nested.field("er")), reason.count == 1,
            let digit = reason.baseAddress
        else { return }
        switch unsafe digit.pointee {
        case UInt8(ascii: "1"), UInt8(ascii: "3"): binance.expiredSelfTrade.increment()
        case UInt8(ascii: "2"), UInt8(ascii: "9"): binance.expiredRemainder.increment()
        case UInt8(ascii: "4"): binance.expiredReduceOnly.increment()
        case UInt8(ascii: "5"): binance.expiredLiquidation.increment()
        default: binance.expiredOther.increment()
        }
    }

    /// "autoclose-…", "adl_autoclose", "settlement_autoclose-…", "delivery_autoclose-…".
    @_noAllocation @_noLocks
    private mutating func isVenueOrder(_ field: JSONField?) -> Bool {
        guard let text = unsafe nested.text(field), let start = text.baseAddress else {
            return false
        }
        let word: StaticString = "autoclose"
        let size = word.utf8CodeUnitCount
        var at = 0
        while at &+ size <= min(text.count, 36) {
            if unsafe apus_same_bytes(start + at, word.utf8Start, size) != 0 { return true }
            at &+= 1
        }
        return false
    }

    // MARK: Limits

    /// Takes the counts that a reply tells in `rateLimits`, an array of objects in `outer`.
    @_noAllocation @_noLocks
    mutating func noteLimits() {
        guard let field = outer.field("rateLimits"), field.kind == .arrayStart else { return }
        let bytes = unsafe outer.bytes
        var parser = unsafe JSONPull(bytes, from: field.start, count: field.start &+ field.length)
        _ = parser.next()
        while parser.next() == .objectStart {
            let first = parser.start
            guard parser.skipContainer(),
                unsafe nested.read(bytes, from: first, count: parser.offset)
            else { return }
            // -1: not told.
            guard let count = nested.unsigned("count"), let number = nested.unsigned("intervalNum")
            else { continue }
            if nested.has("rateLimitType", "REQUEST_WEIGHT") {
                binance.requestWeight.set(count)
            } else if nested.has("rateLimitType", "ORDERS") {
                if number == 10, nested.has("interval", "SECOND") {
                    binance.ordersTenSeconds.set(count)
                } else if number == 1, nested.has("interval", "MINUTE") {
                    binance.ordersMinute.set(count)
                }
            }
        }
    }

    /// Counts refusals for having asked too often.
    @_noAllocation @_noLocks
    mutating func noteRefusal(status: UInt64, code: Int32) {
        if status == 418 { binance.bans.increment() }
        if status == 429 || code == -1003 || code == -1015 { binance.limitRefusals.increment() }
        if code == -1008 { binance.throttledRefusals.increment() }
        if code == -1021 || code == -5028 { binance.clockRefusals.increment() }
    }
}

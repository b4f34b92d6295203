//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Messages
import Telemetry

// Balances, positions and the second telling of fills: checked and counted. The gateway keeps
// positions of its own from the `orders` channel alone, so that no fill counts twice.

extension AccountDecoder {
    /// `fills`: one taker fill for each price, without its fee.
    @_noAllocation @_noLocks
    mutating func okxFills(_ bytes: UnsafePointer<UInt8>, _ data: JSONField) -> Outcome {
        var elements = unsafe JSONElements(bytes, data)
        while let element = elements.next() {
            guard unsafe nested.read(bytes, from: element.start, count: element.end),
                nested.isGiven("instId"), nested.signedText("tradeId") != nil,
                nested.unsignedText("ordId") != nil, nested.unsignedText("ts") != nil,
                nested.decimal("fillPx").isValid, nested.decimal("fillSz").isValid,
                nested.has("side", "buy") || nested.has("side", "sell")
            else { return .malformed }
            nested.know(long: "clOrdId execType count")
            counters.unknownKeys.add(nested.unknownCount)
            counters.okxAccount.fillNotices.increment()
        }
        return .passed
    }

    /// `account`: balances by currency.
    @_noAllocation @_noLocks
    mutating func okxAccount(_ bytes: UnsafePointer<UInt8>, _ data: JSONField) -> Outcome {
        var elements = unsafe JSONElements(bytes, data)
        while let element = elements.next() {
            guard unsafe nested.read(bytes, from: element.start, count: element.end),
                nested.unsignedText("uTime") != nil,
                unsafe haveDecimal(bytes, nested.field("details"), "ccy", "cashBal")
            else { return .malformed }
        }
        counters.accountUpdates.increment()
        return .passed
    }

    /// `positions`: the sign is the direction in net mode; 0 is a close.
    @_noAllocation @_noLocks
    mutating func okxPositions(_ bytes: UnsafePointer<UInt8>, _ data: JSONField) -> Outcome {
        guard unsafe haveDecimal(bytes, data, "instId", "pos") else { return .malformed }
        counters.okxAccount.positionUpdates.increment()
        return .passed
    }

    @_noAllocation @_noLocks
    mutating func okxBalanceAndPosition(
        _ bytes: UnsafePointer<UInt8>, _ data: JSONField
    ) -> Outcome {
        var elements = unsafe JSONElements(bytes, data)
        while let element = elements.next() {
            guard unsafe nested.read(bytes, from: element.start, count: element.end),
                nested.unsignedText("pTime") != nil,
                unsafe haveDecimal(bytes, nested.field("balData"), "ccy", "cashBal"),
                unsafe haveDecimal(bytes, nested.field("posData"), "instId", "pos")
            else { return .malformed }
        }
        counters.accountUpdates.increment()
        counters.okxAccount.positionUpdates.increment()
        return .passed
    }

    /// True when `rows` is an array of objects that each have a name and a decimal.
    @_noAllocation @_noLocks
    private mutating func haveDecimal(
        _ bytes: UnsafePointer<UInt8>, _ rows: JSONField?, _ name: StaticString,
        _ value: StaticString
    ) -> Bool {
        guard let rows else { return false }
        var elements = unsafe JSONElements(bytes, rows)
        while let element = elements.next() {
            guard unsafe inner.read(bytes, from: element.start, count: element.end),
                inner.isGiven(name), inner.decimal(value).isValid
            else { return false }
        }
        return !elements.isRefused
    }
}

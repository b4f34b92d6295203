//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Messages
import Telemetry

// The path of messages whose shape was seen before: trades and quotes of combined streams. What
// is not exactly of a known shape, or needs more than eight digits or another conversion than the
// usual one, goes to the scanner, which teaches its shape.

extension MarketDecoder {
    private static var trade: UInt64 {
        @_noAllocation @_noLocks
        get { 1 }
    }
    private static var quote: UInt64 {
        @_noAllocation @_noLocks
        get { 2 }
    }

    /// Makes the records of a message of a known shape; `false` when it is none and nothing was
    /// done.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func takeShaped(_ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
        guard ShapedMessage.hasShape(count) else { return false }
        let found = unsafe shapes.find(bytes, count, scanPath)
        guard let shape = unsafe found.shape,
            let scale = unsafe UnsafePointer<InstrumentScale>(
                bitPattern: UInt(shape.pointee.scaleAddress)),
            let price = unsafe scale.pointee.tick.quotient(found.firstPair & 0xffff_ffff),
            let quantity = unsafe scale.pointee.lot.quotient(found.firstPair &>> 32)
        else { return false }
        let numbers = unsafe shapes.numbers
        let timeNs = unsafe shape.pointee.timeBaseNs &+ UInt64(numbers.pointee.third) &* 1_000_000
        let id = unsafe shape.pointee.idBase &+ UInt64(numbers.pointee.fourth)
        // Of at most eight digits each, so the sign is free.
        let ticks = Int64(truncatingIfNeeded: price)
        let lots = Int64(truncatingIfNeeded: quantity)
        let instrumentID = unsafe scale.pointee.instrumentID
        if unsafe shape.pointee.kind == Self.trade {
            guard ticks > 0, lots > 0 else { return false }
            return unsafe writeTrade(
                instrumentID, venueTimeNs: timeNs, tradeID: id, price: ticks, quantity: lots,
                isBuyerMaker: shape.pointee.side != 0) == .done
        }
        guard let askPrice = unsafe scale.pointee.tick.quotient(UInt64(numbers.pointee.fifth)),
            let askLots = unsafe scale.pointee.lot.quotient(UInt64(numbers.pointee.sixth))
        else { return false }
        _ = writeQuoteSide(
            instrumentID, .buy, venueTimeNs: timeNs, updateID: id, price: ticks, quantity: lots)
        return writeQuoteSide(
            instrumentID, .sell, venueTimeNs: timeNs, updateID: id,
            price: Int64(truncatingIfNeeded: askPrice),
            quantity: Int64(truncatingIfNeeded: askLots)) == .done
    }

    /// Learns the shape of a trade or an aggregated one.
    ///
    /// - Parameters:
    ///   - passed: Integers that nothing is made from.
    ///   - text: A decimal that nothing is made from.
    @_noAllocation @_noLocks
    @inline(never)
    mutating func learnTrade(
        _ message: ShapedMessage, _ scale: UnsafePointer<InstrumentScale>, isBuyerMaker: Bool,
        time: ScanCursor.Integer, id: ScanCursor.Integer, _ pair: PricedPair,
        passed: (ScanCursor.Integer?, ScanCursor.Integer?, ScanCursor.Integer?),
        text: ScanCursor.Text? = nil
    ) {
        guard ShapedMessage.hasShape(message.count) else { return }
        let key = unsafe apus_shape_key(
            message.start, UInt64(truncatingIfNeeded: message.count))
        let isLearned = unsafe message.learn(
            shapes.place(key), key: key, kind: Self.trade, side: isBuyerMaker ? 1 : 0,
            scale: scale, time: time, id: id, first: pair, passed: passed, text: text)
        if isLearned { counters.shapesLearned.increment() }
    }

    /// Learns the shape of a best bid and ask.
    @_noAllocation @_noLocks
    @inline(never)
    mutating func learnQuote(
        _ message: ShapedMessage, _ scale: UnsafePointer<InstrumentScale>,
        time: ScanCursor.Integer, id: ScanCursor.Integer, bid: PricedPair,
        ask: PricedPair, passed: ScanCursor.Integer
    ) {
        guard ShapedMessage.hasShape(message.count) else { return }
        let key = unsafe apus_shape_key(
            message.start, UInt64(truncatingIfNeeded: message.count))
        let isLearned = unsafe message.learn(
            shapes.place(key), key: key, kind: Self.quote, side: 0, scale: scale, time: time,
            id: id, first: bid, second: ask, passed: (passed, nil, nil))
        if isLearned { counters.shapesLearned.increment() }
    }
}

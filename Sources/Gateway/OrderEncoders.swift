//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages

/// The encoders of every venue, chosen by the venue's number.
struct OrderEncoders: ~Copyable {
    var binance: BinanceOrderEncoder
    private var okx: OKXOrderEncoder
    /// Without it the other encoder writes the orders of every venue: for replay.
    private let hasOKX: Bool

    init(
        configuration: GatewayConfiguration, instruments: InstrumentTable
    ) throws(GatewayError) {
        let isTraded = configuration.okx != nil
        let binance = try BinanceOrderEncoder(
            configuration: configuration, instruments: instruments)
        let okx = try OKXOrderEncoder(
            configuration: configuration.okx
                ?? OKXOrderConfiguration(accountMode: .futures, maskSeed: 0),
            instruments: isTraded ? instruments : .standalone([]))
        self.binance = binance
        self.okx = okx
        hasOKX = isTraded
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private func isOKX(_ venueIndex: Int) -> Bool {
        hasOKX && venueIndex == Venue.okx.index
    }

    /// As the venue's encoder.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func encodePlace(
        _ intent: UnsafePointer<OrderIntent>, venueIndex: Int, timeMs: Int64
    ) -> Int {
        isOKX(venueIndex)
            ? unsafe okx.encodePlace(intent, timeMs: timeMs)
            : unsafe binance.encodePlace(intent, timeMs: timeMs)
    }

    /// As the venue's encoder.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func encodeCancel(
        orderID: UInt64, instrumentID: UInt32, venueIndex: Int, timeMs: Int64
    ) -> Int {
        isOKX(venueIndex)
            ? okx.encodeCancel(orderID: orderID, instrumentID: instrumentID)
            : binance.encodeCancel(orderID: orderID, instrumentID: instrumentID, timeMs: timeMs)
    }

    /// Whether the place encoded last for the venue says what `intent` says.
    @_noAllocation @_noLocks
    @inline(__always)
    func isPlace(_ intent: UnsafePointer<OrderIntent>, venueIndex: Int) -> Bool {
        isOKX(venueIndex) ? unsafe okx.isPlace(intent) : unsafe binance.isPlace(intent)
    }

    /// The frame encoded last for the venue.
    @_noAllocation @_noLocks
    @inline(__always)
    func frameBytes(venueIndex: Int) -> UnsafePointer<UInt8> {
        isOKX(venueIndex) ? unsafe okx.frameBytes : unsafe binance.frameBytes
    }

    /// Encodes an order that goes nowhere, as if it had never been.
    @_noAllocation @_noLocks
    mutating func rehearse(_ intent: UnsafePointer<OrderIntent>, venueIndex: Int) {
        let mask = binance.mask
        let okxMask = okx.mask
        if unsafe encodePlace(intent, venueIndex: venueIndex, timeMs: 0) > 0 {
            _ = unsafe isPlace(intent, venueIndex: venueIndex)
        }
        binance.mask = mask
        okx.mask = okxMask
    }
}

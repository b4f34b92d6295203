//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
public import VenueModel

/// One order of a run, from the gateway's bytes to its end.
public struct OrderRecord: Sendable {
    public enum End: String, Sendable {
        case open, filled, cancelled, rejected, expired
    }

    public let clientID: String
    public let instrumentID: UInt32
    public let side: Side
    public let type: OrderType
    public let timeInForce: TimeInForce
    /// Ticks; 0 for a market order.
    public internal(set) var price: Int64
    /// Lots.
    public internal(set) var quantity: Int64
    public internal(set) var filled: Int64 = 0
    public let placedNs: Int64
    public let arrivedNs: Int64
    public internal(set) var endNs: Int64?
    public internal(set) var end = End.open
    public internal(set) var refusal: VenueRefusal?
}

/// One match of a run.
public struct FillRecord: Sendable {
    public let timeNs: Int64
    /// Place among the orders of the run.
    public let order: Int
    public let price: Int64
    public let quantity: Int64
    public let feeE12: Int128
    public let isMaker: Bool
    /// Bid plus ask; `nil` with an empty side.
    public let twiceMid: Int64?
}

/// What the model says back to the engine.
public struct VenueAnswer: Equatable, Sendable {
    /// For the order entry connection; otherwise for the user stream.
    public let isReply: Bool
    public let text: String
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// An order at the venue model. Prices in ticks, quantities in lots.
public struct VenueOrder: Equatable, Sendable {
    public let id: UInt64
    public let side: Side
    public let type: OrderType
    public let timeInForce: TimeInForce
    /// Of a market order without meaning.
    public internal(set) var price: Int64
    /// What is wanted in total, executed part included.
    public internal(set) var quantity: Int64
    public internal(set) var executed: Int64 = 0
    var queue = QueuePosition(front: 0)

    public init(
        id: UInt64, side: Side, type: OrderType = .limit, timeInForce: TimeInForce = .gtc,
        price: Int64, quantity: Int64
    ) {
        self.id = id
        self.side = side
        self.type = type
        self.timeInForce = timeInForce
        self.price = price
        self.quantity = quantity
    }

    public var leaves: Int64 { quantity - executed }
    /// Of the quantity ahead, the estimate; base currency or contracts.
    public var estimatedFront: Double { queue.front }
}

/// Why a venue refuses a request.
public enum VenueRefusal: String, Sendable, CaseIterable {
    case postOnly = "post-only"
    case priceFilter = "price-filter"
    case lotSize = "lot-size"
    case minNotional = "min-notional"
    case rateLimit = "rate-limit"
    case openOrders = "open-orders"
    case positionLimit = "position-limit"
    case unknownSymbol = "unknown-symbol"
    case unknownOrder = "unknown-order"
    case duplicateOrder = "duplicate-order"
    case emptyBook = "empty-book"
}

/// What the venue model tells of one order.
public struct VenueReport: Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
        case accepted
        /// `price` and `quantity` are those of the match.
        case filled(isMaker: Bool)
        case cancelled
        /// Ended by the venue's rules without a request: what an IOC, FOK or post-only order left.
        case expired
        case modified
        /// Nothing of the order rests.
        case refused(VenueRefusal)
        /// A cancel or change found nothing to act on.
        case requestRefused(VenueRefusal)
    }

    public let kind: Kind
    /// The order after what happened.
    public let order: VenueOrder
    public let price: Int64
    public let quantity: Int64

    public init(kind: Kind, order: VenueOrder, price: Int64, quantity: Int64) {
        self.kind = kind
        self.order = order
        self.price = price
        self.quantity = quantity
    }
}

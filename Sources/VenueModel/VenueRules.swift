//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// How orders meet the recorded market.
public struct VenueRules: Equatable, Sendable {
    /// hftbacktest's two exchanges.
    public enum Exchange: String, CaseIterable, Sendable {
        /// What is reached at all fills whole; an order that takes fills whole at the best price.
        case noPartialFill = "no-partial-fill"
        /// What rests fills by what trades leave for it; an order that takes walks the levels, and
        /// what a GTC order does not find fills at its own limit price, since it cannot be shown
        /// in a recorded book.
        case partialFill = "partial-fill"
    }

    public var exchange: Exchange
    public var queue: QueueModel
    /// Own orders of one price stand in one queue: a trade's quantity goes to the first of them,
    /// what is left to the next. hftbacktest gives each the whole of it.
    public var sharesQueue: Bool
    /// What own orders took of a shown level stays taken until the venue tells that level's
    /// quantity again; a trade that passed an order's price fills no more than its quantity; what
    /// a GTC order does not find rests. Goes with `partialFill` only.
    public var consumesShown: Bool

    public init(
        exchange: Exchange = .noPartialFill, queue: QueueModel = .riskAverse,
        sharesQueue: Bool = false, consumesShown: Bool = false
    ) {
        self.exchange = exchange
        self.queue = queue
        self.sharesQueue = sharesQueue
        self.consumesShown = consumesShown
    }

    /// "partial-fill, shared queue, shown size consumed".
    public var text: String {
        exchange.rawValue + (sharesQueue ? ", shared queue" : "")
            + (consumesShown ? ", shown size consumed" : "")
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages
public import CTelemetry
import Messages

/// A reference price with the time of the record that brought it; time 0: never seen.
public struct Reference: BitwiseCopyable, Sendable {
    public var price: Int64 = 0
    public var timeNs: UInt64 = 0
    public init() {}
}

/// What risk knows of one instrument: limits, filters, references, exposure.
///
/// The exposure is the worst case: `openBuyLots` and `openSellLots` are what every order that is
/// not known to be dead may still trade, from the moment before it is handed to the gateway.
public struct InstrumentRisk: Sendable {
    public var limits: InstrumentLimits
    /// It brings market data alone: no order of it passes.
    public var isDataOnly: Bool
    /// Of the account that trades it.
    public var venueIndex: Int
    public var tickLotValueE12: Int64
    public var priceMin: Int64
    public var priceMax: Int64
    public var quantityMin: Int64
    public var quantityMax: Int64
    public var marketQuantityMax: Int64
    public var notionalMinE8: Int64
    public var percentUpE4: Int64
    public var percentDownE4: Int64
    public var venueOpenOrdersMax: Int64

    public var bid: Int64 = 0
    public var ask: Int64 = 0
    public var mark = Reference()
    public var last = Reference()
    /// The latest message about the book: our time of receipt, and the venue's of writing.
    public var receiveTimeNs: UInt64 = 0
    public var venueTimeNs: UInt64 = 0
    public var isBookValid = false

    public var position: Int64 = 0
    public var openBuyLots: Int64 = 0
    public var openSellLots: Int64 = 0
    public var openOrders: Int64 = 0

    public init(limits: InstrumentLimits, instrument: Instrument) {
        self.limits = limits
        isDataOnly = instrument.isDataOnly != 0
        venueIndex = instrument.venue.index
        tickLotValueE12 = instrument.tickLotValueE12
        priceMin = instrument.priceMin.rawValue
        priceMax = instrument.priceMax.rawValue
        quantityMin = instrument.quantityMin.rawValue
        quantityMax = instrument.quantityMax.rawValue
        marketQuantityMax = instrument.marketQuantityMax.rawValue
        notionalMinE8 = instrument.notionalMinE8
        percentUpE4 = Int64(instrument.percentUpE4)
        percentDownE4 = Int64(instrument.percentDownE4)
        venueOpenOrdersMax = Int64(instrument.openOrdersMax)
    }

    /// Takes in a reference from the kernel.
    @_noAllocation @_noLocks
    mutating func take(_ reference: UnsafePointer<ReferencePrice>) {
        let timeNs = unsafe reference.pointee.ingressTimeNs
        switch unsafe reference.pointee.kind {
        case .quote:
            bid = unsafe reference.pointee.bid.rawValue
            ask = unsafe reference.pointee.ask.rawValue
            unsafe noteBook(reference)
        case .status:
            unsafe noteBook(reference)
        case .last:
            last.price = unsafe reference.pointee.price.rawValue
            last.timeNs = timeNs
        case .mark:
            mark.price = unsafe reference.pointee.price.rawValue
            mark.timeNs = timeNs
        default:
            break
        }
        isBookValid = unsafe reference.pointee.isBookValid == 1
    }

    @_noAllocation @_noLocks
    private mutating func noteBook(_ reference: UnsafePointer<ReferencePrice>) {
        receiveTimeNs = unsafe reference.pointee.ingressTimeNs
        if unsafe reference.pointee.venueTimeNs != 0 {
            venueTimeNs = unsafe reference.pointee.venueTimeNs
        }
    }
}

/// What risk knows of the account.
public struct AccountRisk: Sendable {
    public var limits: AccountLimits
    public var openOrders: Int64 = 0
    public var state = TradingState.ready
    public var isStopping = false
    public var isOrderSessionUp: Bool
    public var isUserStreamUp: Bool
    /// The venue's clock less ours, ns.
    public var clockOffsetNs: Int64 = 0
    public var bucket: TokenBucket

    public init(limits: AccountLimits) {
        self.limits = limits
        isOrderSessionUp = !limits.isSessionRequired
        isUserStreamUp = !limits.isSessionRequired
        bucket = TokenBucket(
            perSecond: limits.messagesPerSecond, burst: limits.messageBurst)
    }
}

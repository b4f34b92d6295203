//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages
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

    /// What a lot is worth at the mid, or before there was one at the mark or the last price,
    /// 1e-12 of the quote currency, at most 2^61; 0: not known.
    public private(set) var lotValueE12: Int64 = 0
    /// What this instrument adds to its account's exposure, and to its profit.
    public var exposureE12: Int128 = 0
    public var profitE12: Int128 = 0
    /// What sales brought less what purchases, fees and funding cost.
    public var cashE12: Int128 = 0
    /// Counted in its account's `unvaluedCount`.
    var isUnvalued = false
    /// Control 12: the best prices of our own resting orders; 0: none.
    public var ownBid: Int64 = 0
    public var ownAsk: Int64 = 0
    /// The first of its orders; `OpenOrders.none`: it has none.
    var firstOrder = OpenOrders.none
    /// Control 10: strategies that are off, one bit for each, until a person resumes.
    public var strategiesOff: UInt8 = 0
    /// Control 30: off until a person resumes.
    public var isStormOff = false
    /// Controls that cold threads watch, of this instrument alone.
    public var guards = GuardState()
    /// What an exposure of 1 adds at most to the value at risk, 1e-8, at most 2^32.
    public var riskRateE8: Int64 = 0

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
    ///
    /// - Returns: Whether what a lot is worth has changed.
    @_noAllocation @_noLocks
    mutating func take(_ reference: UnsafePointer<ReferencePrice>) -> Bool {
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
        return revalue()
    }

    /// Brings `lotValueE12` up to the references.
    ///
    /// - Returns: Whether it has changed.
    @_noAllocation @_noLocks
    public mutating func revalue() -> Bool {
        var twice = Int128(bid) &+ Int128(ask)
        if bid < 1 || ask < 1 {
            if lotValueE12 != 0 { return false }
            twice = Int128(mark.timeNs != 0 ? mark.price : last.price) &* 2
        }
        if twice < 1 || tickLotValueE12 < 1 { return false }
        let value = twice &* Int128(tickLotValueE12) / 2
        // Beyond 2^61 a lot has no value, and nothing is allowed of it.
        let fits = value <= 1 << 61
        let before = lotValueE12
        lotValueE12 = fits ? Int64(truncatingIfNeeded: value) : 0
        return lotValueE12 != before
    }

    /// Flat and without open orders: its price matters to no sum.
    var isIdle: Bool {
        @_noAllocation @_noLocks
        get { position == 0 && openBuyLots == 0 && openSellLots == 0 }
    }

    // Inlined, or each call would copy the whole row.

    /// The largest |position| that the open orders can lead to, signed, with `more` lots added on
    /// one side.
    @_noAllocation @_noLocks
    @inline(__always)
    func worstPosition(adding more: Int64 = 0, isBuy: Bool = true) -> Int128 {
        let long = Int128(position) &+ Int128(openBuyLots) &+ Int128(isBuy ? more : 0)
        let short = Int128(position) &- Int128(openSellLots) &- Int128(isBuy ? 0 : more)
        return long.magnitude >= short.magnitude ? long : short
    }

    /// What a position is worth, at most 2^111; beyond 2^50 lots it is worth that.
    @_noAllocation @_noLocks
    @inline(__always)
    func exposureE12(of position: Int128) -> Int128 {
        if position.magnitude > 1 << 50 { return 1 << 111 }
        return Int128(position.magnitude) &* Int128(lotValueE12)
    }

    @_noAllocation @_noLocks
    private mutating func noteBook(_ reference: UnsafePointer<ReferencePrice>) {
        receiveTimeNs = unsafe reference.pointee.ingressTimeNs
        if unsafe reference.pointee.venueTimeNs != 0 {
            venueTimeNs = unsafe reference.pointee.venueTimeNs
        }
    }
}

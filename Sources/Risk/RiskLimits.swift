//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// Which reference prices an order's price must be near to.
public struct RequiredReferences: OptionSet, Sendable {
    public let rawValue: UInt8
    @_noAllocation @_noLocks
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The mid of a valid book.
    public static let mid = RequiredReferences(rawValue: 1)
    public static let mark = RequiredReferences(rawValue: 2)
    public static let last = RequiredReferences(rawValue: 4)
    public static let all: RequiredReferences = [.mid, .mark, .last]
}

/// The limits of one instrument. A limit of 0 allows nothing.
public struct InstrumentLimits: Sendable {
    /// Control 1, lots.
    public var orderQuantityMax: Int64
    /// Control 2, 1e-8 of the quote currency.
    public var orderNotionalMaxE8: Int64
    /// Control 3: the largest distance from each reference, in 1e-4 of it: 100 is 1 %.
    public var collarE4: Int64
    /// Control 3: the references that must be there and fresh.
    public var requiredReferences: RequiredReferences
    public var markAgeMaxNs: UInt64
    public var lastAgeMaxNs: UInt64
    /// Control 5, lots, either way.
    public var positionMax: Int64
    /// Control 7, UNKNOWN ones counted. The venue's own limit holds besides.
    public var openOrdersMax: Int64
    /// Control 13: since the last message about the book, by our clock.
    public var receiveAgeMaxNs: UInt64
    /// Control 13: since the venue wrote that message, by the venue's clock as we know it.
    public var venueAgeMaxNs: UInt64
    /// Added to the venue age's limit for what is not known of the venue's clock.
    public var venueSkewMaxNs: UInt64

    public init(
        orderQuantityMax: Int64, orderNotionalMaxE8: Int64, collarE4: Int64, positionMax: Int64,
        openOrdersMax: Int64, requiredReferences: RequiredReferences = .all,
        markAgeMaxNs: UInt64 = 10_000_000_000, lastAgeMaxNs: UInt64 = 60_000_000_000,
        receiveAgeMaxNs: UInt64 = 3_000_000_000, venueAgeMaxNs: UInt64 = 5_000_000_000,
        venueSkewMaxNs: UInt64 = 500_000_000
    ) {
        self.orderQuantityMax = orderQuantityMax
        self.orderNotionalMaxE8 = orderNotionalMaxE8
        self.collarE4 = collarE4
        self.positionMax = positionMax
        self.openOrdersMax = openOrdersMax
        self.requiredReferences = requiredReferences
        self.markAgeMaxNs = markAgeMaxNs
        self.lastAgeMaxNs = lastAgeMaxNs
        self.receiveAgeMaxNs = receiveAgeMaxNs
        self.venueAgeMaxNs = venueAgeMaxNs
        self.venueSkewMaxNs = venueSkewMaxNs
    }
}

/// The limits of the account.
public struct AccountLimits: Sendable {
    /// Control 7 over all instruments; also the number of orders risk can follow, 1...65,536.
    public var openOrdersMax: Int
    /// Control 8: messages a second on average, and at once after a rest.
    public var messagesPerSecond: Int64
    public var messageBurst: Int64
    /// Control 8: messages of the burst that only cancels may use.
    public var cancelReserve: Int64
    /// Control 14, thin: whether an order needs both sessions reported up. Off in replay, where
    /// nobody reports them.
    public var isSessionRequired: Bool
    /// Control 6: the equity until the venue tells it, 1e-8 of the quote currency.
    public var startEquityE8: Int64 = 10_000_000_000_000
    /// Control 6: exposure over equity, 1e-4; 0 allows nothing.
    public var exposureMaxE4: Int64 = 10_000
    /// Control 6: age of the venue's last word on the equity; 0: any.
    public var equityAgeMaxNs: UInt64 = 0
    /// Control 9: cancels a second on average, and at once after a rest; 0: no budget.
    public var cancelsPerSecond: Int64 = 0
    public var cancelBurst: Int64 = 1
    /// Control 14: time since the user stream was last proven alive; 0: any.
    public var streamAgeMaxNs: UInt64 = 0
    /// Control 17.
    public var losses = LossLimits()
    /// Control 18: equity over maintenance margin, 1e-4, at least; 0: no floor.
    public var marginRatioMinE4: Int64 = 0
    /// Control 18: the maintenance margin of our own estimate, 1e-4 of the exposure.
    public var maintenanceRateE4: Int64 = 100
    /// Guards that must be reported to hold before the first order.
    public var requiredGuards: GuardSet = []

    public init(
        openOrdersMax: Int = 200, messagesPerSecond: Int64 = 20, messageBurst: Int64 = 60,
        cancelReserve: Int64 = 20, isSessionRequired: Bool = true
    ) {
        self.openOrdersMax = openOrdersMax
        self.messagesPerSecond = messagesPerSecond
        self.messageBurst = messageBurst
        self.cancelReserve = cancelReserve
        self.isSessionRequired = isSessionRequired
    }
}

/// Why limits are refused at start.
public enum RiskLimitsError: Error, Equatable {
    case instrumentCount(limits: Int, instruments: Int)
    /// A limit below its range, or one that contradicts another so that no order could pass.
    case cannotPassOneOrder(symbol: String, limit: String)
    case invalidAccountLimit(String)
    /// An instrument whose notional cannot be computed in integers.
    case unsupportedInstrument(symbol: String)
}

/// All limits, checked: with them, at least one order of every instrument could pass.
///
/// A limit of 0 is allowed, for it says on purpose that nothing may be sent; limits that forbid
/// everything by mistake are refused.
public struct RiskLimits: Sendable {
    public let account: AccountLimits
    public let instruments: [InstrumentLimits]
    public let behaviour: BehaviourLimits
    public let valueAtRisk: ValueAtRiskLimits

    /// - Parameter instruments: Indexed by instrument id.
    public init(
        account: AccountLimits, instruments: [InstrumentLimits], table: InstrumentTable,
        behaviour: BehaviourLimits = BehaviourLimits(),
        valueAtRisk: ValueAtRiskLimits = ValueAtRiskLimits()
    ) throws(RiskLimitsError) {
        if instruments.count != table.count {
            throw .instrumentCount(limits: instruments.count, instruments: table.count)
        }
        try Self.check(account)
        for (id, limits) in instruments.enumerated() {
            try Self.check(limits, table[UInt32(id)])
        }
        self.account = account
        self.instruments = instruments
        self.behaviour = behaviour
        self.valueAtRisk = valueAtRisk
        if !behaviour.isInRange { throw .invalidAccountLimit("behaviour") }
        if !valueAtRisk.isInRange { throw .invalidAccountLimit("valueAtRisk") }
        if valueAtRisk.shareMaxE4 > 0 && tradedIDs(table).count > ValueAtRiskLimits.instrumentMax {
            throw .invalidAccountLimit("valueAtRisk of more than 64 instruments")
        }
    }

    /// Instruments that orders may be for.
    func tradedIDs(_ table: InstrumentTable) -> [UInt32] {
        (0..<UInt32(table.count)).filter {
            table[$0].isDataOnly == 0 && instruments[Int($0)].orderQuantityMax > 0
        }
    }

    private static func check(_ account: AccountLimits) throws(RiskLimitsError) {
        if account.openOrdersMax < 1 || account.openOrdersMax > 65_536 {
            throw .invalidAccountLimit("openOrdersMax")
        }
        if account.messagesPerSecond < 1 || account.messagesPerSecond > 1_000_000 {
            throw .invalidAccountLimit("messagesPerSecond")
        }
        if account.messageBurst < 1 || account.messageBurst > 1_000_000 {
            throw .invalidAccountLimit("messageBurst")
        }
        if account.cancelReserve < 0 || account.cancelReserve >= account.messageBurst {
            throw .invalidAccountLimit("cancelReserve")
        }
        let ranges: [(String, Int64, ClosedRange<Int64>)] = [
            ("startEquityE8", account.startEquityE8, 0...Int64.max),
            ("exposureMaxE4", account.exposureMaxE4, 0...10_000_000),
            ("cancelsPerSecond", account.cancelsPerSecond, 0...1_000_000),
            ("cancelBurst", account.cancelBurst, 1...1_000_000),
            ("marginRatioMinE4", account.marginRatioMinE4, 0...1_000_000_000),
            ("maintenanceRateE4", account.maintenanceRateE4, 0...10_000),
        ]
        for (name, value, range) in ranges where !range.contains(value) {
            throw .invalidAccountLimit(name)
        }
        if !account.losses.isInRange { throw .invalidAccountLimit("losses") }
    }

    private static func check(
        _ limits: InstrumentLimits, _ instrument: Instrument
    ) throws(RiskLimitsError) {
        let symbol = instrument.symbolText
        let named: [(String, Int64)] = [
            ("orderQuantityMax", limits.orderQuantityMax),
            ("orderNotionalMaxE8", limits.orderNotionalMaxE8), ("collarE4", limits.collarE4),
            ("positionMax", limits.positionMax), ("openOrdersMax", limits.openOrdersMax),
        ]
        for (name, value) in named where value < 0 {
            throw .cannotPassOneOrder(symbol: symbol, limit: name)
        }
        // What is switched off on purpose need not fit with the rest.
        if instrument.isDataOnly != 0 { return }
        if limits.orderQuantityMax == 0 || limits.positionMax == 0 { return }
        if instrument.isInverse != 0 || instrument.tickLotValueE12 < 1 {
            throw .unsupportedInstrument(symbol: symbol)
        }
        let smallest = max(1, instrument.quantityMin.rawValue)
        if limits.orderQuantityMax < smallest {
            throw .cannotPassOneOrder(symbol: symbol, limit: "orderQuantityMax")
        }
        if limits.positionMax < smallest {
            throw .cannotPassOneOrder(symbol: symbol, limit: "positionMax")
        }
        if limits.positionMax < limits.orderQuantityMax {
            throw .cannotPassOneOrder(symbol: symbol, limit: "positionMax")
        }
        if limits.orderNotionalMaxE8 > 0 && limits.orderNotionalMaxE8 < instrument.notionalMinE8 {
            throw .cannotPassOneOrder(symbol: symbol, limit: "orderNotionalMaxE8")
        }
    }
}

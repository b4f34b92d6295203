//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// Control 26: whether the venue still describes an instrument as it did at the start.
///
/// Every price and quantity on the path is in the ticks and lots of the start. Once one of them, or
/// what a contract is worth, is another, the instrument is not traded until the engine is started
/// anew: nothing on the path could tell an old tick from a new one.
public struct InstrumentGuard: Sendable {
    private let known: [Instrument]
    /// By the index of `known`: what is wrong with it was told.
    private var isTold: [Bool]

    public init(_ instruments: [Instrument]) {
        known = instruments
        isTold = Array(repeating: false, count: instruments.count)
    }

    /// The venue's symbols to ask for.
    public var symbols: [String] { known.map(\.venueSymbolText) }

    /// Judges what the venue says today.
    ///
    /// - Returns: The instruments that are wrong from now on, each told once, with the reason.
    public mutating func changes(
        _ today: [Instrument]
    ) -> [(instrumentID: UInt32, reason: String)] {
        var found: [(UInt32, String)] = []
        for (index, before) in known.enumerated() where !isTold[index] {
            let now = today.first { $0.venueSymbolText == before.venueSymbolText }
            guard let problem = Self.difference(before, now) else { continue }
            isTold[index] = true
            found.append((before.instrumentID, problem))
        }
        return found
    }

    /// What a number on the path would mean something else by; filters may change.
    private static func difference(_ before: Instrument, _ now: Instrument?) -> String? {
        guard let now else { return "the venue does not list it any more" }
        if now.tickMantissa != before.tickMantissa || now.priceDecimals != before.priceDecimals {
            return "its tick size changed"
        }
        if now.lotMantissa != before.lotMantissa
            || now.quantityDecimals != before.quantityDecimals
        {
            return "its lot size changed"
        }
        if now.contractValueE9 != before.contractValueE9
            || now.tickLotValueE12 != before.tickLotValueE12
            || now.isInverse != before.isInverse
        {
            return "its contract value changed"
        }
        return nil
    }
}

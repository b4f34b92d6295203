//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Foundation
import Gateway
import Messages

enum OKXFixtures {
    static func instrument(
        _ venueSymbol: String = "BTC-USDT-SWAP", kind: InstrumentKind = .swap,
        code: Int64 = 10_459, priceDecimals: UInt8 = 1, tick: Int64 = 1,
        quantityDecimals: UInt8 = 2, lot: Int64 = 1
    ) -> Instrument {
        var instrument = Fixtures.instrument(
            venueSymbol, venueSymbol, priceDecimals: priceDecimals, tick: tick,
            quantityDecimals: quantityDecimals, lot: lot)
        instrument.venue = .okx
        instrument.kind = kind
        instrument.venueCode = code
        return instrument
    }

    /// A swap, a spot pair, and an instrument of another venue.
    static func table() -> InstrumentTable {
        .standalone([
            instrument(),
            instrument(
                "BTC-USDT", kind: .spot, code: 3, priceDecimals: 1, quantityDecimals: 8),
            Fixtures.instrument(),
            instrument("ETH-USD-261225", kind: .futures, code: 2_021_032_601_102_993),
        ])
    }

    static func configuration(
        _ accountMode: OKXAccountMode = .futures,
        selfTradePrevention: OKXSelfTradePrevention = .cancelMaker
    ) -> OKXOrderConfiguration {
        OKXOrderConfiguration(
            accountMode: accountMode, selfTradePrevention: selfTradePrevention,
            expiryWindowMs: 1_000, maskSeed: 7)
    }

    static func encoder(
        _ table: InstrumentTable = table(),
        _ configuration: OKXOrderConfiguration = configuration()
    ) throws -> OKXOrderEncoder {
        try OKXOrderEncoder(configuration: configuration, instruments: table)
    }
}

/// A request as a JSON parser of its own reads it.
struct OKXRequestText {
    let id: String
    let operation: String
    let expiry: String?
    /// Values as text; booleans as "true" or "false", numbers as "#" and digits.
    let items: [[String: String]]

    init(_ text: String) throws {
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let members = object ?? [:]
        id = members["id"] as? String ?? ""
        operation = members["op"] as? String ?? ""
        expiry = members["expTime"] as? String
        items = (members["args"] as? [[String: Any]] ?? []).map { item in
            item.mapValues { value in
                if let text = value as? String { return text }
                guard let number = value as? NSNumber else { return "?" }
                return unsafe String(cString: number.objCType) == "c"
                    ? "\(number.boolValue)" : "#\(number)"
            }
        }
        let known: Set = ["id", "op", "expTime", "args"]
        precondition(Set(members.keys).isSubset(of: known), "no member but those")
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

extension BinanceREST {
    /// One row of the account's positions.
    public struct Position: Equatable, Sendable {
        /// The venue's symbol.
        public let symbol: String
        /// Signed, the venue's own decimal text.
        public let amount: String
        /// Average, the venue's own decimal text.
        public let entryPrice: String
        /// What the venue wants to see behind it, of the margin asset.
        public let maintenanceMargin: String
    }

    /// What the account holds of one asset; decimals are the venue's own text.
    public struct Balance: Equatable, Sendable {
        public let asset: String
        public let wallet: String
        /// Profit of open positions at the mark, signed.
        public let unrealised: String
    }

    /// A balance reply: `[{"asset":…,"balance":…,"crossUnPnl":…},…]`.
    public static func balances(_ body: [UInt8]) throws(BinanceError) -> [Balance] {
        var balances: [Balance] = []
        for row in try rows(body) {
            balances.append(
                Balance(
                    asset: try text(row, "asset"), wallet: try decimal(row, "balance"),
                    unrealised: try decimal(row, "crossUnPnl")))
        }
        return balances
    }

    /// A positionRisk reply: `[{"symbol":…,"positionAmt":…},…]`.
    public static func positions(_ body: [UInt8]) throws(BinanceError) -> [Position] {
        var positions: [Position] = []
        for row in try rows(body) {
            positions.append(
                Position(
                    symbol: try text(row, "symbol"), amount: try decimal(row, "positionAmt"),
                    entryPrice: try decimal(row, "entryPrice"),
                    maintenanceMargin: row["maintMargin"]?.text ?? "0"))
        }
        return positions
    }
}

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

    /// One change of a balance that is no trade: `[{"symbol":…,"incomeType":…,"income":…},…]`.
    public struct Income: Equatable, Sendable {
        /// The venue's; empty where it is of no instrument.
        public let symbol: String
        /// "FUNDING_FEE", "TRANSFER", …
        public let type: String
        /// The venue's own decimal text; negative: paid.
        public let amount: String
        /// Unique among those of its type.
        public let transactionID: UInt64
        public let timeMs: UInt64
    }

    public static func incomes(_ body: [UInt8]) throws(BinanceError) -> [Income] {
        var incomes: [Income] = []
        for row in try rows(body) {
            incomes.append(
                Income(
                    symbol: row["symbol"]?.text ?? "", type: try text(row, "incomeType"),
                    amount: try decimal(row, "income"),
                    transactionID: try unsigned(row, "tranId"), timeMs: try unsigned(row, "time")))
        }
        return incomes
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

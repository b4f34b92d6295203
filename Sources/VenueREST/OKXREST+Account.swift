//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

extension OKXREST {
    /// What the key's account is, and what the key may do.
    public struct AccountConfiguration: Equatable, Sendable {
        /// 1 spot, 2 futures, 3 multi-currency margin, 4 portfolio margin.
        public let accountMode: Int64
        /// One position an instrument, with a sign: the only mode that orders are written for.
        public let isNetMode: Bool
        public let permissions: [String]
        /// Addresses that the key is bound to; none: it works from anywhere.
        public let addresses: [String]
        /// "Lv1", "VIP4", …
        public let level: String
        public let userID: String

        public var canTrade: Bool { permissions.contains("trade") }
        public var canWithdraw: Bool { permissions.contains("withdraw") }
    }

    public static func accountConfiguration(
        _ body: [UInt8]
    ) throws(OKXReplyError) -> AccountConfiguration {
        let row = try row(body)
        guard let mode = row["acctLv"]?.integer else { throw .missing("acctLv") }
        func list(_ member: String) -> [String] {
            (row[member]?.text ?? "").split(separator: ",").map {
                String($0.drop { $0 == " " })
            }
        }
        return AccountConfiguration(
            accountMode: mode, isNetMode: try text(row, "posMode") == "net_mode",
            permissions: list("perm"), addresses: list("ip"), level: row["level"]?.text ?? "",
            userID: row["uid"]?.text ?? "")
    }

    /// What the account holds of one currency; decimals are the venue's own text.
    public struct Balance: Equatable, Sendable {
        public let currency: String
        public let cash: String
        public let available: String
        public let equity: String
    }

    public static func balances(_ body: [UInt8]) throws(OKXReplyError) -> [Balance] {
        guard let rows = try row(body)["details"]?.elements else { throw .missing("details") }
        var balances: [Balance] = []
        for row in rows {
            balances.append(
                Balance(
                    currency: try text(row, "ccy"), cash: try decimal(row, "cashBal"),
                    available: try decimal(row, "availBal"), equity: try decimal(row, "eq")))
        }
        return balances
    }

    /// The whole account in dollars; decimals are the venue's own text.
    public struct Account: Equatable, Sendable {
        public let equity: String
        /// What the venue wants to see behind the positions; empty where it keeps one for each
        /// currency.
        public let maintenanceMargin: String
    }

    public static func account(_ body: [UInt8]) throws(OKXReplyError) -> Account {
        let row = try row(body)
        return Account(
            equity: try decimal(row, "totalEq"), maintenanceMargin: row["mmr"]?.text ?? "")
    }

    /// One change of a balance; decimals are the venue's own text.
    public struct Bill: Equatable, Sendable {
        public let billID: UInt64
        /// The venue's name of the instrument; empty where it is of none.
        public let symbol: String
        /// Negative: paid.
        public let balanceChange: String
        public let timeNs: UInt64
    }

    public static func bills(_ body: [UInt8]) throws(OKXReplyError) -> [Bill] {
        var bills: [Bill] = []
        for row in try rows(body) {
            bills.append(
                Bill(
                    billID: try identifier(row, "billId"), symbol: row["instId"]?.text ?? "",
                    balanceChange: try decimal(row, "balChg"), timeNs: try time(row, "ts")))
        }
        return bills
    }

    /// One open position; decimals are the venue's own text.
    public struct Position: Equatable, Sendable {
        /// The venue's name of the instrument.
        public let symbol: String
        /// "net", "long" or "short"; of "net", the sign of the amount is the direction.
        public let side: String
        /// Contracts, or of margin positions the base currency.
        public let amount: String
        public let averagePrice: String
        /// "cross" or "isolated".
        public let marginMode: String
    }

    public static func positions(_ body: [UInt8]) throws(OKXReplyError) -> [Position] {
        var positions: [Position] = []
        for row in try rows(body) {
            positions.append(
                Position(
                    symbol: try text(row, "instId"), side: try text(row, "posSide"),
                    amount: try decimal(row, "pos"), averagePrice: try decimal(row, "avgPx"),
                    marginMode: try text(row, "mgnMode")))
        }
        return positions
    }
}

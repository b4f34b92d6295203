//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Platform
public import TradingCore

/// What a paper run wrote down of itself.
public struct PaperResult: Sendable {
    public let side: GapSide
    public let startNs: Int64
    public let endNs: Int64

    private static let sizeMax = 1 << 30

    /// - Throws: `EngineError` for a file that is no result of a run.
    public init(path: String) throws(EngineError) {
        guard let bytes = TextFile.bytes(path, sizeMax: Self.sizeMax) else {
            throw EngineError("cannot read \(path)")
        }
        guard let run = JSONDocument(bytes), run["format"]?.text == "apus-run",
            let startNs = run["start_ns"]?.integer, let endNs = run["end_ns"]?.integer,
            let equity = run["equity"]?.elements, let fills = run["fills"]?.elements,
            let initialE12 = Self.amount(run["initial_equity"])
        else { throw EngineError("\(path) is no result of a run") }
        self.startNs = startNs
        self.endNs = endNs
        var side = GapSide()
        var filled: Set<String> = []
        for fill in fills {
            guard let price = Self.amount(fill["price"]),
                let quantity = Self.amount(fill["quantity"]), let fee = Self.amount(fill["fee"]),
                let text = fill["side"]?.text
            else { throw EngineError("\(path): a fill that is not whole") }
            side.fills += 1
            if fill["is_maker"]?.boolean == true { side.makerFills += 1 }
            side.feesE12 += fee
            let value = Self.product(price, quantity)
            side.turnoverE12 += value
            if let id = fill["order_id"]?.text { filled.insert(id) }
            if let mid = Self.amount(fill["mid"]) {
                let away = text == "buy" ? price - mid : mid - price
                side.slippageE12 += Self.product(away, quantity)
                side.valuedE12 += value
            }
        }
        side.orders = Int(run["orders"]?["placed"]?.integer ?? 0)
        side.ordersFilled = filled.count
        let lastE12 = equity.last?.elements.flatMap { $0.count > 1 ? Self.amount($0[1]) : nil }
        let fundingE12 = Self.amount(run["metadata"]?["funding"]) ?? 0
        side.profitE12 = (lastE12 ?? initialE12) - initialE12 + fundingE12
        self.side = side
    }

    private static func amount(_ value: JSONDocument?) -> Int128? {
        guard case .number(let text)? = value else { return nil }
        return ExactText.e12(of: text)
    }

    /// Of two amounts of 1e-12, the part below dropped; 0 for numbers that no market has.
    private static func product(_ a: Int128, _ b: Int128) -> Int128 {
        let (high, low) = (b / 1_000_000_000_000, b % 1_000_000_000_000)
        let (whole, overflow) = a.multipliedReportingOverflow(by: high)
        let (part, partOverflow) = a.multipliedReportingOverflow(by: low)
        if overflow || partOverflow { return 0 }
        return whole + part / 1_000_000_000_000
    }
}

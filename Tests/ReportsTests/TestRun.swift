//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Reports

/// A run's file for tests; members are changed by their JSON text.
struct TestRun {
    var members: [(name: String, json: String)]

    static let startNs: UInt64 = 1_700_000_000_000_000_000
    static let secondNs: UInt64 = 1_000_000_000

    /// Of no fills and no equity.
    init() {
        let end = Self.startNs + 3_600 * Self.secondNs
        members = [
            ("format", "\"apus-run\""), ("version", "1"), ("kind", "\"backtest\""),
            ("start_ns", "\(Self.startNs)"), ("end_ns", "\(end)"), ("quote", "\"USDT\""),
            ("initial_equity", "1000"), ("equity", "[]"),
        ]
    }

    init(initialEquity: Double, equity: [(timeNs: UInt64, equity: Double)]) {
        self.init()
        self["initial_equity"] = "\(initialEquity)"
        let points = equity.map { "[\($0.timeNs),\($0.equity),0]" }
        self["equity"] = "[" + points.joined(separator: ",") + "]"
        if let first = equity.first, let last = equity.last {
            self["start_ns"] = "\(min(first.timeNs, Self.startNs))"
            self["end_ns"] = "\(max(last.timeNs, Self.startNs))"
        }
    }

    subscript(name: String) -> String? {
        get { members.first { $0.name == name }?.json }
        set {
            let place = members.firstIndex { $0.name == name }
            if let place { members.remove(at: place) }
            if let newValue { members.insert((name, newValue), at: place ?? members.count) }
        }
    }

    func with(_ name: String, _ json: String?) -> TestRun {
        var changed = self
        changed[name] = json
        return changed
    }

    var text: String {
        "{" + members.map { "\"\($0.name)\":\($0.json)" }.joined(separator: ",") + "}"
    }

    func run(_ name: String = "test") throws -> Run { try Run(Array(text.utf8), name: name) }

    func analysis(_ options: ReportOptions = ReportOptions()) throws -> RunAnalysis {
        try RunAnalysis.all([run()], options)[0]
    }

    /// One fill, at a second since the start.
    static func fill(
        at seconds: Double, _ side: String, _ quantity: Double, price: Double, fee: Double = 0,
        symbol: String = "BTCUSDT", isMaker: Bool = true, mid: Double? = nil
    ) -> String {
        let time = startNs + UInt64(seconds * 1e9)
        return """
            {"t_ns":\(time),"symbol":"\(symbol)","side":"\(side)","price":\(price),\
            "quantity":\(quantity),"fee":\(fee),"is_maker":\(isMaker),\
            "mid":\(mid.map { "\($0)" } ?? "null"),"order_id":"1"}
            """
    }

    static func mark(at seconds: Double, _ mid: Double, symbol: String = "BTCUSDT") -> String {
        "[\(startNs + UInt64(seconds * 1e9)),\"\(symbol)\",\(mid)]"
    }

    /// Points of equity and position, a second apart.
    static func equity(_ values: [Double], positions: [Double] = [], stepS: Double = 1) -> String {
        let points = values.enumerated().map { index, value in
            let position = index < positions.count ? positions[index] : 0
            return "[\(startNs + UInt64(Double(index) * stepS * 1e9)),\(value),\(position)]"
        }
        return "[" + points.joined(separator: ",") + "]"
    }

    static func list(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }
}

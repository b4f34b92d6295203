//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering

/// One thing that was looked at before an engine may trade with money.
public struct ReadinessLine: Equatable, Sendable {
    public enum Verdict: String, Sendable {
        case pass = "PASS"
        /// Told, and no reason to refuse the start.
        case warn = "WARN"
        /// Refuses the start.
        case fail = "FAIL"
    }

    /// What was looked at: "limits binance-usdm:BTC-USDT".
    public let check: String
    public let verdict: Verdict
    /// What was found, in one line without secrets.
    public let reason: String

    public init(_ check: String, _ verdict: Verdict, _ reason: String) {
        self.check = check
        self.verdict = verdict
        self.reason = reason
    }
}

/// Everything that was looked at.
public struct ReadinessReport: Sendable {
    public let lines: [ReadinessLine]

    public init(_ lines: [ReadinessLine]) { self.lines = lines }

    public var failures: [ReadinessLine] { lines.filter { $0.verdict == .fail } }

    /// A line for each check, for people.
    public var text: [String] {
        var table = TextTable(["<check", "<", "<reason"])
        for line in lines { table.add([line.check, line.verdict.rawValue, line.reason]) }
        return table.lines
    }

    /// - Throws: `EngineError` that names the first failure.
    public func requireReady() throws(EngineError) {
        guard let first = failures.first else { return }
        throw EngineError(
            "not ready to trade live: \(failures.count) of \(lines.count) checks failed; "
                + "\(first.check): \(first.reason)")
    }
}

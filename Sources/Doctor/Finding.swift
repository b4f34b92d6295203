//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One thing found, and whether anything is to be done about it.
public struct Finding: Sendable, Equatable {
    public enum Verdict: String, Sendable {
        case good
        /// A knob changes it: could be better.
        case improvable = "could be better"
        /// Nothing on this machine changes it.
        case fixed = "cannot be changed here"
        /// A figure without a judgement.
        case figure = ""
    }

    public let name: String
    /// With its unit.
    public let value: String
    public let verdict: Verdict
    /// Why the verdict is what it is; may be empty.
    public let reason: String
    /// Of `tuning/apply`, where one changes it.
    public let knob: String?

    static func good(_ name: String, _ value: String, _ reason: String = "") -> Finding {
        Finding(name: name, value: value, verdict: .good, reason: reason, knob: nil)
    }

    static func figure(_ name: String, _ value: String, _ reason: String = "") -> Finding {
        Finding(name: name, value: value, verdict: .figure, reason: reason, knob: nil)
    }

    static func fixed(_ name: String, _ value: String, _ reason: String) -> Finding {
        Finding(name: name, value: value, verdict: .fixed, reason: reason, knob: nil)
    }

    static func improvable(
        _ name: String, _ value: String, _ reason: String, knob: String
    ) -> Finding {
        Finding(name: name, value: value, verdict: .improvable, reason: reason, knob: knob)
    }
}

/// Findings under one title.
public struct FindingSection: Sendable {
    public let title: String
    /// Lines of a table that stand before the findings.
    public let table: [String]
    public let findings: [Finding]

    init(title: String, table: [String] = [], findings: [Finding]) {
        self.title = title
        self.table = table
        self.findings = findings
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Rendering

/// One figure of a report: its name in the file, its title, and what it is.
public struct Figure: Sendable {
    public enum Unit: Sendable {
        /// Told in percent; a plain number in the file.
        case share
        case ratio
        case count
        /// Of the quote currency.
        case amount
        case bps
        case seconds
    }

    public let key: String
    public let title: String
    public let unit: Unit
    public let definition: String
    /// Finite; `nil` for what is undefined.
    public let value: @Sendable (RunAnalysis) -> Double?

    init(
        _ key: String, _ title: String, _ unit: Unit, _ definition: String,
        _ value: @escaping @Sendable (RunAnalysis) -> Double?
    ) {
        self.key = key
        self.title = title
        self.unit = unit
        self.definition = definition
        self.value = { value($0).flatMap { $0.isFinite ? $0 : nil } }
    }

    /// As people read it; "–" for what is undefined.
    public func text(_ value: Double?) -> String {
        guard let value else { return "–" }
        switch unit {
        case .share: return Self.percent(value)
        case .ratio: return Self.significant(value)
        case .count: return NumberText.grouped(UInt64(max(0, min(value, 1e18))))
        case .amount: return Self.amount(value)
        case .bps: return Self.significant(value)
        case .seconds: return Durations.text(ns: UInt64(max(0, min(value * 1e9, 9e18))))
        }
    }

    /// Two digits behind the point, more for what is small.
    static func percent(_ value: Double) -> String {
        let percent = value * 100
        if abs(percent) >= 1e6 || isTiny(percent) { return exponent(value, power: 2) + " %" }
        let decimals = percent == 0 || abs(percent) >= 0.1 ? 2 : 4
        return NumberText.fixed(percent, decimals: decimals) + " %"
    }

    static func significant(_ value: Double) -> String {
        let size = abs(value)
        if size >= 1e6 || isTiny(value) { return exponent(value) }
        let decimals = size >= 100 ? 1 : size >= 10 ? 2 : size >= 0.01 || size == 0 ? 3 : 5
        return NumberText.fixed(value, decimals: decimals)
    }

    /// "1,234.56".
    static func amount(_ value: Double) -> String {
        let size = abs(value)
        if size >= 1e15 || isTiny(value) { return exponent(value) }
        if size < 1 { return NumberText.fixed(value, decimals: 4) }
        let cents = (size * 100).rounded()
        let whole = NumberText.grouped(UInt64(cents / 100))
        let rest = UInt64(cents) % 100
        return "\(value < 0 ? "-" : "")\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// Digits behind the point would not show it.
    private static func isTiny(_ value: Double) -> Bool { value != 0 && abs(value) < 1e-4 }

    /// "1.23e9", "1.23e-9" of `value` x 10^`power`; the value is finite.
    private static func exponent(_ value: Double, power: Int = 0) -> String {
        var (mantissa, power) = (value, power)
        while abs(mantissa) >= 10 { (mantissa, power) = (mantissa / 10, power + 1) }
        while mantissa != 0, abs(mantissa) < 1 { (mantissa, power) = (mantissa * 10, power - 1) }
        return "\(NumberText.fixed(mantissa, decimals: 2))e\(power)"
    }
}

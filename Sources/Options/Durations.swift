//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Durations as people write them.
public enum Durations {
    /// Nanoseconds of "250ns", "10us", "500ms", "60s", "1.5s", "2m", "1h" or "7d"; a bare "0" is
    /// zero. `nil` for anything else, for a negative one and for one beyond 2^63 ns.
    public static func nanoseconds(_ text: String) -> UInt64? {
        if text == "0" { return 0 }
        let digits = text.utf8.prefix { byte in
            byte == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        let unit = text.utf8.dropFirst(digits.count)
        guard let scale = scales[String(unit) ?? ""] else { return nil }
        return nanoseconds(String(digits) ?? "", scale: scale)
    }

    /// "1.5s", "250ms", "12us", "3m05s", "2h10m": short, for people.
    public static func text(ns: UInt64) -> String {
        switch ns {
        case ..<1_000: "\(ns)ns"
        case ..<1_000_000: "\(decimal(ns, per: 1_000))us"
        case ..<1_000_000_000: "\(decimal(ns, per: 1_000_000))ms"
        case ..<60_000_000_000: "\(decimal(ns, per: 1_000_000_000))s"
        case ..<3_600_000_000_000: pair(ns / 1_000_000_000, "m", "s")
        case ..<86_400_000_000_000: pair(ns / 60_000_000_000, "h", "m")
        default: "\(ns / 86_400_000_000_000)d\(ns / 3_600_000_000_000 % 24)h"
        }
    }

    private static let scales: [String: UInt64] = [
        "ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000,
        "m": 60_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000,
    ]

    private static func nanoseconds(_ digits: String, scale: UInt64) -> UInt64? {
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = UInt64(parts[0]) else { return nil }
        let (base, overflow) = whole.multipliedReportingOverflow(by: scale)
        if overflow || base > UInt64(Int64.max) { return nil }
        guard parts.count == 2 else { return base }
        guard let fraction = Double("0." + parts[1]), !parts[1].isEmpty else { return nil }
        let rest = (fraction * Double(scale)).rounded()
        return rest <= Double(scale) ? base + UInt64(rest) : nil
    }

    /// Three significant digits: "1.50", "15.0", "150".
    private static func decimal(_ ns: UInt64, per unit: UInt64) -> String {
        let hundredths = ns * 100 / unit
        let whole = hundredths / 100
        if whole >= 100 { return "\(whole)" }
        if whole >= 10 { return "\(whole).\(hundredths / 10 % 10)" }
        let rest = hundredths % 100
        return "\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    private static func pair(_ count: UInt64, _ major: String, _ minor: String) -> String {
        let rest = count % 60
        return "\(count / 60)\(major)\(rest < 10 ? "0" : "")\(rest)\(minor)"
    }
}

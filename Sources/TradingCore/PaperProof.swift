//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import JSON
import Options
import Platform

/// The paper run that has to come before a live one.
public struct PaperProof: Sendable {
    /// The result of the run as JSON; `nil`: none was given.
    public var path: String?
    /// Oldest end that counts, ns.
    public var ageMaxNs: UInt64
    /// Shortest run that counts, ns.
    public var durationMinNs: UInt64

    public init(
        path: String?, ageMaxNs: UInt64 = 7 * 86_400_000_000_000,
        durationMinNs: UInt64 = 3_600_000_000_000
    ) {
        self.path = path
        self.ageMaxNs = ageMaxNs
        self.durationMinNs = durationMinNs
    }

    private static let check = "paper run"
    private static let sizeMax = 1 << 30

    /// Judges the run.
    ///
    /// - Parameters:
    ///   - fingerprint: Of what is to be traded live; see `Settings.tradingFingerprint`.
    ///   - nowNs: Since 1970.
    public func line(fingerprint: UInt64, nowNs: UInt64) -> ReadinessLine {
        guard let path else {
            return fail("none: trade on paper first, and name its result with --paper FILE")
        }
        guard let bytes = TextFile.bytes(path, sizeMax: Self.sizeMax) else {
            return fail("\(path) cannot be read")
        }
        guard let run = JSONDocument(bytes), run["format"]?.text == "apus-run" else {
            return fail("\(path) is no result of a run")
        }
        guard run["kind"]?.text == "paper" else { return fail("\(path) is of no paper run") }
        if let error = run["error"]?.text {
            return fail("it ended with an error: \(error)")
        }
        guard let startNs = run["start_ns"]?.integer, let endNs = run["end_ns"]?.integer,
            startNs > 0, endNs >= startNs
        else { return fail("\(path) does not tell when it was") }
        let wanted = Settings.text(fingerprint: fingerprint)
        guard let found = run["trading_fingerprint"]?.text else {
            return fail("\(path) has no trading_fingerprint")
        }
        guard found == wanted else {
            return fail("it traded \(found), this configuration is \(wanted)")
        }
        return judge(durationNs: UInt64(endNs - startNs), endNs: UInt64(endNs), nowNs: nowNs)
    }

    private func judge(durationNs: UInt64, endNs: UInt64, nowNs: UInt64) -> ReadinessLine {
        guard endNs <= nowNs else { return fail("it ends in the future") }
        let age = Durations.text(ns: nowNs - endNs)
        guard nowNs - endNs <= ageMaxNs else {
            return fail("it ended \(age) ago, over \(Durations.text(ns: ageMaxNs))")
        }
        let duration = Durations.text(ns: durationNs)
        guard durationNs >= durationMinNs else {
            return fail("it lasted \(duration), under \(Durations.text(ns: durationMinNs))")
        }
        return ReadinessLine(Self.check, .pass, "\(duration) of the same trading, \(age) ago")
    }

    private func fail(_ reason: String) -> ReadinessLine {
        ReadinessLine(Self.check, .fail, reason)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Counters of the engine that tell of a broken promise by themselves.
struct CounterPromises {
    /// Counters that should stay 0, and the invariant that is broken where one does not.
    static let promises = [
        ("gateway_outbound_mismatch_total", "I1"), ("gateway_contradictions_total", "I5"),
        ("gateway_impossible_fills_total", "I2"), ("gateway_external_fills_total", "I2"),
        ("quality_position_mismatches_total", "I2"), ("risk_range_halts_total", "I19"),
        ("parser_inexact_decimals_total", "I19"),
    ] + Sampler.losses.map { ($0, "I18") }

    /// Values that were told.
    private var told: [String: UInt64] = [:]
    private var allocationsTold: UInt64 = 0
    /// Connections that were made until the first look.
    private var connectsAtFirst: UInt64?

    /// What was broken since the last look, in words.
    mutating func broken(
        _ counters: [String: UInt64]
    ) -> [(invariant: String, text: String)] {
        var found: [(invariant: String, text: String)] = []
        for (name, invariant) in Self.promises {
            let value = counters[name] ?? 0
            if value > told[name] ?? 0 { found.append((invariant, "\(name) is \(value)")) }
            told[name] = value
        }
        let allocations = Sampler.hotAllocations(counters)
        if allocations > allocationsTold {
            found.append(("I15", "\(allocations) allocations and frees on hot threads"))
        }
        allocationsTold = allocations
        if let storm = storm(counters) { found.append(("I12", storm)) }
        return found
    }

    /// No storm: connections are made for those that were lost and those that were replaced at
    /// their age.
    private mutating func storm(_ counters: [String: UInt64]) -> String? {
        func count(_ name: String) -> UInt64 { counters[name] ?? 0 }
        let made = count("reader_connects_total")
        let first = connectsAtFirst ?? made
        connectsAtFirst = first
        let lost = count("reader_disconnects_total")
        let replaced = count("cold_connections_replaced_total")
            + count("cold_replacements_failed_total")
        let bound = first + 2 * lost + 2 * replaced
        return made > bound ? "\(made) connections made, at most \(bound) are due" : nil
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform

extension EchoResult.Engine {
    /// Words in names of counters that tell of something lost.
    private static let lossWords = [
        "drop", "lost", "gap", "overflow", "malformed", "stall", "full", "refused", "resync",
        "detached", "crossed", "stale", "evict",
    ]

    /// Reads the summary that the engine wrote, and what the monitor saw meanwhile.
    ///
    /// - Parameter looks: Files with the monitor's JSON, one a look.
    init?(
        summaryPath: String, framesSent: UInt64, markPricesSent: UInt64, looks: [String]
    ) {
        guard let summary = Self.object(summaryPath),
            let rows = summary["instruments"] as? [[String: Any]], let row = rows.first
        else { return nil }
        func number(_ value: Any?) -> UInt64 { (value as? NSNumber)?.uint64Value ?? 0 }
        let counters = summary["counters"] as? [String: Any] ?? [:]
        var losses: [String: UInt64] = [:]
        for (name, value) in counters where number(value) > 0 {
            if Self.lossWords.contains(where: { name.contains($0) }) {
                losses[name] = number(value)
            }
        }
        var rings: [String: [UInt64]] = [:]
        var lookCount = 0
        for path in looks {
            guard let look = Self.object(path), let list = look["rings"] as? [[String: Any]]
            else { continue }
            lookCount += 1
            for ring in list {
                guard let name = ring["name"] as? String else { continue }
                let depth = max(number(ring["depth"]), rings[name]?[0] ?? 0)
                rings[name] = [depth, number(ring["capacity"])]
            }
        }
        let histograms = summary["histograms"] as? [String: [String: Any]] ?? [:]
        let own = histograms["receive_to_encrypted"] ?? [:]
        self.init(
            framesSent: framesSent, markPricesSent: markPricesSent,
            messages: number(row["messages"]), gaps: number(row["gaps"]),
            resyncs: number(row["resyncs"]), ordersSent: number(row["orders_sent"]),
            rejects: number(row["rejects"]), ownP50Ns: number(own["p50_ns"]),
            ownP99Ns: number(own["p99_ns"]), losses: losses, rings: rings, ringLooks: lookCount)
    }

    private static func object(_ path: String) -> [String: Any]? {
        guard let bytes = TextFile.bytes(path) else { return nil }
        return try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
    }
}

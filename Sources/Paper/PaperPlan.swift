//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration
import Options

/// What one virtual account is to do.
public struct PaperPlan {
    public let name: String
    public let settings: Settings

    /// Reads `NAME` and `NAME:section.key=value` in the order given; of one name all count.
    ///
    /// - Parameter base: What all accounts have in common.
    /// - Returns: One account, named `paper`, when `texts` is empty.
    /// - Throws: `UsageError` for names and assignments that are none.
    public static func read(_ texts: [String], _ base: Settings) throws -> [PaperPlan] {
        var names: [String] = []
        var all: [String: Settings] = [:]
        for text in texts.isEmpty ? [defaultName] : texts {
            let parts = text.split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard (1...nameLengthMax).contains(name.count),
                name.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") })
            else {
                throw UsageError(
                    "--account \(text): a name of a-z, 0-9, '-', at most \(nameLengthMax)")
            }
            if all[name] == nil {
                names.append(name)
                all[name] = base
            }
            guard parts.count == 2 else { continue }
            let assignment = String(parts[1])
            let key = assignment.prefix { $0 != "=" }
            guard !common.contains(where: { key.hasPrefix($0) }) else {
                throw UsageError("--account \(text): \(key) is one for all accounts")
            }
            do {
                try all[name]?.read(assignment: assignment)
            } catch { throw UsageError("--account \(text): \(error)") }
        }
        guard names.count <= countMax else { throw UsageError("at most \(countMax) accounts") }
        return names.map { PaperPlan(name: $0, settings: all[$0] ?? base) }
    }

    private static let defaultName = "paper"
    private static let nameLengthMax = 16
    private static let countMax = 64
    /// What the one market behind all accounts is made of.
    private static let common = ["system.", "endpoints.", "simulator.", "journal.", "trading."]
}

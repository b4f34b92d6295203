//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration

/// One mapping of a list, with refusals that name line and key.
struct ItemReader {
    let settings: Settings
    /// For refusals about a key that is not there.
    let place: String

    /// - Parameters:
    ///   - keys: What the mapping may hold.
    ///   - place: Where it stands, should it hold nothing.
    init(_ settings: Settings, _ keys: [Key], _ place: String) {
        self.settings = settings
        let first = keys.first { settings.origin($0.path) != "default" }
        self.place = first.map { settings.origin($0.path) } ?? place
    }

    func isGiven(_ key: String) -> Bool { settings.origin(key) != "default" }

    func refusal(_ key: String, _ reason: String) -> ConfigurationError {
        ConfigurationError("\(isGiven(key) ? settings.origin(key) : place): \(key) \(reason)")
    }

    func required(_ key: String) throws(ConfigurationError) -> String {
        guard let text = settings.optionalText(key), !text.isEmpty else {
            throw refusal(key, "is missing")
        }
        return text
    }

    func forbid(_ keys: [String], _ reason: String) throws(ConfigurationError) {
        for key in keys where isGiven(key) { throw refusal(key, reason) }
    }

    /// Nanoseconds.
    func duration(
        _ key: String, _ range: ClosedRange<UInt64>, _ words: String
    ) throws(ConfigurationError) -> UInt64 {
        let ns = settings.durationNs(key)
        guard range.contains(ns) else { throw refusal(key, "must be \(words)") }
        return ns
    }

    func name() throws(ConfigurationError) -> String {
        let name = try required("name")
        let isGood = name.utf8.count <= 64 && name.utf8.allSatisfy { byte in
            (97...122).contains(byte) || (48...57).contains(byte) || byte == 45 || byte == 95
        }
        guard isGood else {
            throw refusal("name", "must be up to 64 lower-case letters, digits, '-' and '_'")
        }
        return name
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

/// A JSON object put together key by key. Keys keep their order, so equal input gives equal bytes.
struct JSONText {
    private var members: [String] = []

    var text: String { "{" + members.joined(separator: ",") + "}" }

    mutating func add(_ key: String, _ value: String) { addRaw(key, JSONDocument.quoted(value)) }
    mutating func add(_ key: String, _ value: some BinaryInteger) { addRaw(key, "\(value)") }
    mutating func add(_ key: String, _ value: Double) { addRaw(key, Self.number(value)) }
    mutating func add(_ key: String, _ value: JSONText) { addRaw(key, value.text) }
    mutating func add(_ key: String, _ values: [JSONText]) {
        addRaw(key, "[" + values.map(\.text).joined(separator: ",") + "]")
    }
    mutating func add(_ key: String, _ values: [Double]) {
        addRaw(key, "[" + values.map(Self.number).joined(separator: ",") + "]")
    }

    private mutating func addRaw(_ key: String, _ value: String) {
        members.append(JSONDocument.quoted(key) + ":" + value)
    }

    /// JSON knows no infinity and no not-a-number: they become null.
    static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// Rewrites a JSON text into one that means the same: other order of keys, keys nobody knows.
enum JSONMutation {
    /// What is not JSON, or too long for the reader, comes back as it is.
    static func rewrite(
        _ bytes: [UInt8], shuffles: Bool, addsKeys: Bool, random: inout SplitMix64
    ) -> [UInt8] {
        guard let value = JSONValue.parse(bytes) else { return bytes }
        var writer = ByteWriter(capacity: bytes.count + 64)
        write(value, shuffles: shuffles, addsKeys: addsKeys, &random, to: &writer)
        return writer.bytes
    }

    private static func write(
        _ value: JSONValue, shuffles: Bool, addsKeys: Bool, _ random: inout SplitMix64,
        to writer: inout ByteWriter
    ) {
        switch value {
        case .null: writer.text("null")
        case .bool(let flag): writer.bool(flag)
        case .number(let text): writer.text(text)
        case .string(let text): writer.quoted(text)
        case .array(let values):
            writer.text("[")
            for (place, one) in values.enumerated() {
                if place > 0 { writer.text(",") }
                write(one, shuffles: shuffles, addsKeys: addsKeys, &random, to: &writer)
            }
            writer.text("]")
        case .object(let members):
            var all = members
            if addsKeys { all.append(unknown(&random)) }
            if shuffles { all.shuffle(using: &random) }
            writer.text("{")
            for (place, member) in all.enumerated() {
                if place > 0 { writer.text(",") }
                writer.quoted(member.name)
                writer.text(":")
                write(member.value, shuffles: shuffles, addsKeys: addsKeys, &random, to: &writer)
            }
            writer.text("}")
        }
    }

    private static func unknown(_ random: inout SplitMix64) -> JSONValue.Member {
        let values: [JSONValue] = [
            .null, .bool(true), .number("-1.5"), .string("a \"quoted\" text, {[:,]}"),
            .array([.number("1"), .string("")]),
            .object([JSONValue.Member(name: "ts", value: .string("1"))]),
        ]
        return JSONValue.Member(
            name: "xNew\(random.below(1_000))", value: values[random.below(values.count)])
    }
}

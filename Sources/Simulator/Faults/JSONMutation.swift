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
        changed(value, shuffles: shuffles, addsKeys: addsKeys, &random).write(to: &writer)
        return writer.bytes
    }

    private static func changed(
        _ value: JSONValue, shuffles: Bool, addsKeys: Bool, _ random: inout SplitMix64
    ) -> JSONValue {
        switch value {
        case .array(let values):
            var all: [JSONValue] = []
            for one in values {
                all.append(changed(one, shuffles: shuffles, addsKeys: addsKeys, &random))
            }
            return .array(all)
        case .object(let members):
            var all: [JSONValue.Member] = []
            for one in members {
                let inner = changed(one.value, shuffles: shuffles, addsKeys: addsKeys, &random)
                all.append(JSONValue.Member(name: one.name, value: inner))
            }
            if addsKeys { all.append(unknown(&random)) }
            if shuffles { all.shuffle(using: &random) }
            return .object(all)
        default: return value
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

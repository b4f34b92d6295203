//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options

extension Settings {
    /// Names everything that is configured, defaults included: two runs with one fingerprint were
    /// told the same. Control 29. No secret is ever a key.
    public var fingerprint: UInt64 { fingerprint { _ in true } }

    /// The same of some keys alone.
    ///
    /// - Parameters:
    ///   - includes: Whether the key of this path counts; every path of the schema is asked for.
    ///   - rewrite: What counts in the place of a scalar, be it a field of a list of mappings:
    ///     given its path (`models.file`) and the text as written.
    public func fingerprint(
        where includes: (String) -> Bool,
        rewrite: (_ path: String, _ text: String) -> String = { $1 }
    ) -> UInt64 {
        var lines = schema
            .filter { !$0.path.contains("*") && values[$0.path] == nil && includes($0.path) }
            .map { "\($0.path)=\($0.fallback ?? "")" }
        lines += values.filter { includes($0.key) }.map {
            "\($0.key)=\(Self.canonicalText($0.value.content, $0.key, rewrite))"
        }
        return TextHash.fnv1a(lines.sorted().joined(separator: "\n"))
    }

    private static func canonicalText(
        _ content: Value.Content, _ path: String, _ rewrite: (String, String) -> String
    ) -> String {
        switch content {
        case .scalar(let text): rewrite(path, text)
        case .list(let texts): texts.joined(separator: ",")
        case .items(let items):
            items.map { item in
                let fields = item.map {
                    "\($0.key)=\(canonicalText($0.value.content, "\(path).\($0.key)", rewrite))"
                }
                return "{\(fields.sorted().joined(separator: ","))}"
            }.joined(separator: ",")
        }
    }
}

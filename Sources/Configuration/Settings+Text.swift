//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

extension Settings {
    /// Everything that was given, in a form that `read(yaml:source:)` takes back: one JSON object,
    /// which is YAML too, keys in order. Defaults are left out; no secret is ever a key.
    public var text: String {
        var root = Branch()
        for (path, value) in values {
            root.insert(path.split(separator: ".").map(String.init)[...], value.content)
        }
        return root.text
    }

    /// A section: sections and values by name.
    private struct Branch {
        private var branches: [String: Branch] = [:]
        private var leaves: [String: Value.Content] = [:]

        mutating func insert(_ path: ArraySlice<String>, _ content: Value.Content) {
            guard let name = path.first else { return }
            if path.count == 1 {
                leaves[name] = content
            } else {
                branches[name, default: Branch()].insert(path.dropFirst(), content)
            }
        }

        var text: String {
            let parts = branches.map { ($0.key, $0.value.text) }
                + leaves.map { ($0.key, Self.text($0.value)) }
            let fields = parts.sorted { $0.0 < $1.0 }
                .map { "\(JSONDocument.quoted($0.0)): \($0.1)" }
            return "{\(fields.joined(separator: ", "))}"
        }

        private static func text(_ content: Value.Content) -> String {
            switch content {
            case .scalar(let text): return JSONDocument.quoted(text)
            case .list(let texts):
                return "[\(texts.map(JSONDocument.quoted).joined(separator: ", "))]"
            case .items(let items):
                let texts = items.map { item in
                    let fields = item.sorted { $0.key < $1.key }
                        .map { "\(JSONDocument.quoted($0.key)): \(text($0.value.content))" }
                    return "{\(fields.joined(separator: ", "))}"
                }
                return "[\(texts.joined(separator: ", "))]"
            }
        }
    }
}

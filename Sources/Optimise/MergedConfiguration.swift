//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration

/// A configuration with some of its values replaced, as a YAML text of its own. Comments are lost.
enum MergedConfiguration {
    private indirect enum Node {
        case leaf(String)
        case branch([(key: String, node: Node)])
    }

    /// - Parameters:
    ///   - base: A whole configuration; `nil`: none, every other key has its default.
    ///   - schema: Tells which values are lists.
    /// - Throws: `ConfigurationError` when `base` is no YAML.
    static func text(
        base: String?, source: String, values: [Assignment], schema: [Key]
    ) throws(ConfigurationError) -> String {
        var tree = Node.branch([])
        if let base { tree = node(try YAMLNode.parse(base, source: source)) }
        for value in values {
            let isList =
                switch schema.first(where: { $0.path == value.key })?.type {
                case .texts, .words: true
                default: false
                }
            let text = isList
                ? "[" + ValueText.elements(value.value).map(quoted).joined(separator: ", ") + "]"
                : quoted(value.value)
            tree = replaced(tree, value.key.split(separator: ".").map(String.init)[...], text)
        }
        guard case .branch(let entries) = tree, !entries.isEmpty else { return "{}\n" }
        return lines(entries, indent: 0).joined()
    }

    private static func node(_ yaml: YAMLNode) -> Node {
        switch yaml {
        case .mapping(let entries, _) where !entries.isEmpty:
            .branch(entries.map { ($0.key, node($0.value)) })
        default: .leaf(flow(yaml))
        }
    }

    private static func flow(_ yaml: YAMLNode) -> String {
        switch yaml {
        case .scalar(let text, _, _): quoted(text)
        case .sequence(let items, _): "[" + items.map(flow).joined(separator: ", ") + "]"
        case .mapping(let entries, _):
            "{" + entries.map { "\(quoted($0.key)): \(flow($0.value))" }.joined(separator: ", ")
                + "}"
        }
    }

    /// Plain where every reader of YAML takes it for what it is; the engine reads texts alone.
    private static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.first != "-" && text.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
                || byte == UInt8(ascii: "-")
        }
        if isPlain || Double(text) != nil { return text }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func replaced(
        _ tree: Node, _ path: ArraySlice<String>, _ text: String
    ) -> Node {
        guard let name = path.first else { return .leaf(text) }
        var entries: [(key: String, node: Node)] = []
        if case .branch(let given) = tree { entries = given }
        if let index = entries.firstIndex(where: { $0.key == name }) {
            entries[index].node = replaced(entries[index].node, path.dropFirst(), text)
        } else {
            entries.append((name, replaced(.branch([]), path.dropFirst(), text)))
        }
        return .branch(entries)
    }

    private static func lines(
        _ entries: [(key: String, node: Node)], indent: Int
    ) -> [String] {
        let space = String(repeating: " ", count: indent)
        return entries.flatMap { entry -> [String] in
            switch entry.node {
            case .leaf(let text): ["\(space)\(quoted(entry.key)): \(text)\n"]
            case .branch(let inner):
                ["\(space)\(quoted(entry.key)):\n"] + lines(inner, indent: indent + 2)
            }
        }
    }
}

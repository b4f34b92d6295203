//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options

/// The values of one configuration, checked against a schema: file, then environment, then
/// `--set`, the later source winning.
///
/// Every accessor asks for a key of the schema by its path; a path that is not in the schema is a
/// programmer's error.
public struct Settings {
    let schema: [Key]
    var values: [String: Value] = [:]

    /// An empty configuration: every key has its default.
    public init(schema: [Key]) { self.schema = schema }

    // MARK: Sources

    /// Takes in a YAML text.
    ///
    /// - Throws: `ConfigurationError` for what is not YAML, an unknown key or an ill-typed value,
    ///   naming line and key.
    public mutating func read(yaml text: String, source: String) throws(ConfigurationError) {
        try read(node: try YAMLNode.parse(text, source: source), source: source)
    }

    /// Takes in a mapping of a YAML text that others have read a part of.
    package mutating func read(
        node root: YAMLNode, source: String
    ) throws(ConfigurationError) {
        guard case .mapping(let entries, _) = root else {
            throw ConfigurationError("\(source): line \(root.line): not a mapping of sections")
        }
        for entry in entries {
            try take(entry.value, path: entry.key, line: entry.line, source: source)
        }
    }

    /// Takes in variables named `APUS_<SECTION>_<KEY>`; others are ignored.
    public mutating func read(
        environment: [String: String]
    ) throws(ConfigurationError) {
        for (name, text) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("APUS_") {
            let wanted = name.dropFirst(5)
            let key = schema.first {
                $0.path.uppercased().replacing(".", with: "_") == wanted
            }
            guard let key else { continue }
            try set(key.path, text, origin: "environment variable \(name)")
        }
    }

    /// Takes in one `--set section.key=value`; a list is separated by commas,
    /// those inside parentheses aside.
    public mutating func read(assignment: String) throws(ConfigurationError) {
        guard let sign = assignment.firstIndex(of: "="), sign != assignment.startIndex else {
            throw ConfigurationError("--set \(assignment): expected section.key=value")
        }
        try set(
            String(assignment[..<sign]), String(assignment[assignment.index(after: sign)...]),
            origin: "--set")
    }

    /// Gives `path` a value as one of the sources would.
    public mutating func set(
        _ path: String, _ text: String, origin: String
    ) throws(ConfigurationError) {
        let key = try find(path, origin)
        if case .items = key.type {
            throw ConfigurationError("\(origin): \(path) is a list of mappings; use a file")
        }
        if key.type.isList {
            try store(key, path, .list(ValueText.elements(text)), origin)
        } else {
            try store(key, path, .scalar(text), origin)
        }
    }

    // MARK: Checking

    private func find(_ path: String, _ origin: String) throws(ConfigurationError) -> Key {
        if let key = schema.first(where: { $0.matches(path) }) { return key }
        let near = schema.map(\.path).min { Self.distance($0, path) < Self.distance($1, path) }
        let hint = near.map { Self.distance($0, path) <= 4 ? "; did you mean '\($0)'?" : "" } ?? ""
        throw ConfigurationError("\(origin): unknown key '\(path)'\(hint)")
    }

    private mutating func take(
        _ node: YAMLNode, path: String, line: Int, source: String
    ) throws(ConfigurationError) {
        let origin = "\(source): line \(line)"
        let isSection = schema.contains { prefixes($0.path, path) }
        switch node {
        case .mapping(let entries, _) where isSection:
            for entry in entries {
                try take(
                    entry.value, path: "\(path).\(entry.key)", line: entry.line, source: source)
            }
        case .scalar(let text, _, _) where isSection && text.isEmpty:
            return  // A section without keys.
        case .scalar(let text, _, _):
            try store(try find(path, origin), path, .scalar(text), origin)
        case .sequence(let nodes, _):
            try takeSequence(nodes, path, origin, source)
        case .mapping:
            let key = try find(path, origin)
            throw ConfigurationError("\(origin): \(path) must be \(key.type.expectation)")
        }
    }

    private mutating func takeSequence(
        _ nodes: [YAMLNode], _ path: String, _ origin: String, _ source: String
    ) throws(ConfigurationError) {
        let key = try find(path, origin)
        guard case .items(let keys) = key.type else {
            var texts: [String] = []
            for node in nodes {
                guard case .scalar(let text, _, _) = node else {
                    throw ConfigurationError("\(origin): \(path) must be \(key.type.expectation)")
                }
                texts.append(text)
            }
            return try store(key, path, .list(texts), origin)
        }
        var items: [[String: Value]] = []
        for node in nodes {
            guard case .mapping(let entries, _) = node else {
                throw ConfigurationError(
                    "\(source): line \(node.line): \(path) must be \(key.type.expectation)")
            }
            var item = Settings(schema: keys)
            for entry in entries {
                try item.take(entry.value, path: entry.key, line: entry.line, source: source)
            }
            items.append(item.values)
        }
        values[path] = Value(content: .items(items), origin: origin)
    }

    private mutating func store(
        _ key: Key, _ path: String, _ content: Value.Content, _ origin: String
    ) throws(ConfigurationError) {
        let isGood =
            switch content {
            case .scalar(let text): !key.type.isList && key.type.accepts(text)
            case .list(let texts): key.type.isList && texts.allSatisfy(key.type.accepts)
            case .items: false
            }
        guard isGood else {
            throw ConfigurationError("\(origin): \(path) must be \(key.type.expectation)")
        }
        values[path] = Value(content: content, origin: origin)
    }

    /// Whether `path` names the section that holds `key`, `*` standing for one name.
    private func prefixes(_ key: String, _ path: String) -> Bool {
        let mine = key.split(separator: ".")
        let theirs = path.split(separator: ".", omittingEmptySubsequences: false)
        return mine.count > theirs.count && zip(mine, theirs).allSatisfy { $0 == "*" || $0 == $1 }
    }

    private static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.utf8)
        let b = Array(b.utf8)
        var row = Array(0...b.count)
        for (i, left) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(
                    above + 1, row[j] + 1, diagonal + (left == right ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
    }

    // MARK: Values

    private func key(_ path: String) -> Key {
        guard let key = schema.first(where: { $0.matches(path) }) else {
            preconditionFailure("\(path) is a key of the schema")
        }
        return key
    }

    /// The scalar of `path` as written, or its default; `nil` when it has neither.
    public func optionalText(_ path: String) -> String? {
        if case .scalar(let text)? = values[path]?.content { return text }
        return key(path).fallback
    }

    public func text(_ path: String) -> String {
        guard let text = optionalText(path) else { preconditionFailure("\(path) has a default") }
        return text
    }

    public func boolean(_ path: String) -> Bool { text(path) == "true" }
    public func integer(_ path: String) -> Int { Int(text(path))! }
    public func number(_ path: String) -> Double { Double(text(path))! }
    public func durationNs(_ path: String) -> UInt64 { Durations.nanoseconds(text(path))! }
    public func bytes(_ path: String) -> Int { ValueText.bytes(text(path))! }

    public func list(_ path: String) -> [String] {
        if case .list(let texts)? = values[path]?.content { return texts }
        return ValueText.elements(key(path).fallback ?? "")
    }

    /// The mappings of a list, each with its own keys' defaults.
    public func items(_ path: String) -> [Settings] {
        guard case .items(let keys) = key(path).type else {
            preconditionFailure("\(path) is a list of mappings")
        }
        guard case .items(let items)? = values[path]?.content else { return [] }
        return items.map { values in
            var settings = Settings(schema: keys)
            settings.values = values
            return settings
        }
    }

    /// Where the value of `path` came from, for messages; "default" when nobody gave one.
    public func origin(_ path: String) -> String { values[path]?.origin ?? "default" }

    /// The free names given at the `*` of `path`: the venues of `endpoints.*.rest`.
    public func names(at path: String) -> [String] {
        let place = path.split(separator: ".").firstIndex(of: "*")!
        let prefix = path.split(separator: ".")[..<place]
        let names = values.keys.compactMap { given -> String? in
            let parts = given.split(separator: ".")
            guard parts.count > place, parts[..<place].elementsEqual(prefix) else { return nil }
            return String(parts[place])
        }
        return Array(Set(names)).sorted()
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a configuration key may hold.
public enum KeyType: Sendable {
    case text
    case word([String])
    case boolean
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    /// "500ms", "60s", "2m", "1h"; kept in nanoseconds.
    case duration
    /// "64MiB", "2GiB", plain bytes.
    case size
    /// A non-negative plain decimal kept as written, for exact conversion at an instrument.
    case decimal
    case texts
    case words([String])
    /// A list of mappings with keys of their own.
    case items([Key])

    /// What to say when a value does not fit.
    var expectation: String {
        switch self {
        case .text: "a text"
        case .word(let words): "one of \(words.joined(separator: ", "))"
        case .boolean: "true or false"
        case .integer(let range): "a whole number \(range.lowerBound)...\(range.upperBound)"
        case .number(let range): "a number \(range.lowerBound)...\(range.upperBound)"
        case .duration: "a duration like 500ms, 60s or 2m"
        case .size: "a size like 512MiB or 2GiB"
        case .decimal: "a plain decimal like 0.5"
        case .texts: "a list"
        case .words(let words): "a list of \(words.joined(separator: ", "))"
        case .items: "a list of mappings"
        }
    }
}

/// One key of the configuration: its dotted path, type, default and meaning.
public struct Key: Sendable {
    /// Dotted; `*` stands for one free name, as in `endpoints.*.rest`.
    public let path: String
    public let type: KeyType
    /// As it would be written in YAML; `nil`: there is none, the key may be absent.
    public let fallback: String?
    public let meaning: String

    public init(_ path: String, _ type: KeyType, _ fallback: String?, _ meaning: String) {
        self.path = path
        self.type = type
        self.fallback = fallback
        self.meaning = meaning
    }

    func matches(_ other: String) -> Bool {
        let mine = path.split(separator: ".")
        let theirs = other.split(separator: ".", omittingEmptySubsequences: false)
        return mine.count == theirs.count
            && zip(mine, theirs).allSatisfy { $0 == "*" ? !$1.isEmpty : $0 == $1 }
    }
}

/// A value as it was given, with where it came from for messages: "run.yaml: line 12".
struct Value {
    enum Content {
        case scalar(String)
        case list([String])
        case items([[String: Value]])
    }
    let content: Content
    let origin: String
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One declared option of a command. Its value is checked while the command line is parsed, so the
/// accessors of `ParsedOptions` cannot fail.
public struct Option: Sendable {
    /// What a value must look like.
    public enum Kind: Sendable, Equatable {
        /// No value: present or not.
        case flag
        case text
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        /// "500ms", "60s", "2m": see `Durations`.
        case duration
        case choice([String])
        /// "a,b,c": items without blanks around them, none empty.
        case list
        /// "section.key=value".
        case assignment
    }

    /// How often the option may be given and how many values it takes.
    public enum Count: Sendable, Equatable {
        case once
        /// Given any number of times, one value each.
        case repeated
        /// Takes every argument up to the next option; may be given several times.
        case many
    }

    /// Without the leading dashes.
    public let name: String
    public let kind: Kind
    public let count: Count
    /// What stands for the value in the help text.
    public let placeholder: String
    public let defaultValue: String?
    public let isRequired: Bool
    public let help: String

    private init(
        _ name: String, _ kind: Kind, _ count: Count, _ placeholder: String, _ value: String?,
        _ isRequired: Bool, _ help: String
    ) {
        self.name = name
        self.kind = kind
        self.count = count
        self.placeholder = placeholder
        self.defaultValue = value
        self.isRequired = isRequired
        self.help = help
        if let value {
            precondition(refusal(of: value) == nil, "a default that its own option accepts")
        }
    }

    /// `--name`.
    public static func flag(_ name: String, help: String) -> Option {
        Option(name, .flag, .once, "", nil, false, help)
    }

    /// `--name PLACEHOLDER`.
    public static func value(
        _ name: String, _ placeholder: String, kind: Kind = .text, default value: String? = nil,
        required: Bool = false, help: String
    ) -> Option {
        Option(name, kind, .once, placeholder, value, required, help)
    }

    /// `--name PLACEHOLDER`, any number of times.
    public static func repeated(
        _ name: String, _ placeholder: String, kind: Kind = .text, help: String
    ) -> Option {
        Option(name, kind, .repeated, placeholder, nil, false, help)
    }

    /// `--name PLACEHOLDER…`: all arguments up to the next option.
    public static func many(
        _ name: String, _ placeholder: String, kind: Kind = .text, help: String
    ) -> Option {
        Option(name, kind, .many, placeholder, nil, false, help)
    }

    /// `--name A|B|C`.
    public static func choice(
        _ name: String, of choices: [String], default value: String? = nil, help: String
    ) -> Option {
        let placeholder = choices.joined(separator: "|")
        return Option(name, .choice(choices), .once, placeholder, value, false, help)
    }

    /// `--name KEY=VALUE`, any number of times; for instance `--set risk.position_max=5`.
    public static func assignment(_ name: String, help: String) -> Option {
        Option(name, .assignment, .repeated, "KEY=VALUE", nil, false, help)
    }

    /// Why `value` is not one of this option's, as the end of a sentence; `nil` when it is.
    func refusal(of value: String) -> String? {
        switch kind {
        case .flag: "takes no value"
        case .text: value.isEmpty ? "needs a value that is not empty" : nil
        case .integer(let range): Self.refusal(ofInteger: value, range)
        case .number(let range): Self.refusal(ofNumber: value, range)
        case .duration:
            Durations.nanoseconds(value) == nil
                ? "needs a duration such as 500ms, 60s or 2m, not '\(value)'" : nil
        case .choice(let choices):
            choices.contains(value)
                ? nil : "is one of \(choices.joined(separator: ", ")), not '\(value)'"
        case .list:
            value.split(separator: ",", omittingEmptySubsequences: false).contains { $0.isEmpty }
                ? "needs a list such as a,b without empty items, not '\(value)'" : nil
        case .assignment:
            value.firstIndex(of: "=").map { $0 > value.startIndex } == true
                ? nil : "needs KEY=VALUE, not '\(value)'"
        }
    }

    private static func refusal(ofInteger value: String, _ range: ClosedRange<Int>) -> String? {
        guard let number = Int(value) else { return "needs a whole number, not '\(value)'" }
        if range.contains(number) { return nil }
        return range.upperBound == .max
            ? "needs a whole number of at least \(range.lowerBound), not '\(value)'"
            : "needs a whole number in \(range.lowerBound)...\(range.upperBound), not '\(value)'"
    }

    private static func refusal(ofNumber value: String, _ range: ClosedRange<Double>) -> String? {
        guard let number = Double(value), number.isFinite else {
            return "needs a number, not '\(value)'"
        }
        return range.contains(number)
            ? nil : "needs a number in \(range.lowerBound)...\(range.upperBound), not '\(value)'"
    }
}

/// The arguments that belong to no option.
public struct Positional: Sendable {
    /// What stands for one of them in the help text, or, of several words, for all of them.
    public let placeholder: String
    public let countMin: Int
    public let countMax: Int
    public let help: String

    public init(_ placeholder: String, count: ClosedRange<Int>, help: String) {
        self.placeholder = placeholder
        countMin = count.lowerBound
        countMax = count.upperBound
        self.help = help
    }

    /// At least `countMin` of them.
    public init(_ placeholder: String, count: PartialRangeFrom<Int>, help: String) {
        self.init(placeholder, count: count.lowerBound...Int.max, help: help)
    }

    /// "FILE", "[FILE]", "FILE…", "[FILE…]" or "NAME [FILE]".
    var usage: String {
        let isRepeated = countMax > 1 && !placeholder.contains(" ")
        let name = isRepeated ? placeholder + "…" : placeholder
        return countMin == 0 ? "[\(name)]" : name
    }
}

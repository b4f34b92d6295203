//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The command line of one command. A subcommand is the caller's: it takes the first argument and
/// gives the rest to that subcommand's parser, whose `command` is then "apus run".
public struct OptionParser: Sendable {
    public let command: String
    public let summary: String
    public let options: [Option]
    public let positional: Positional?

    /// `--help` is declared by itself.
    public init(
        command: String, summary: String, options: [Option], positional: Positional? = nil
    ) {
        let names = options.map(\.name)
        precondition(Set(names).count == names.count, "option names that differ")
        precondition(!names.contains("help"), "no option named help: the parser has it")
        self.command = command
        self.summary = summary
        self.options = options
        self.positional = positional
    }

    /// Reads `arguments`, the command's own name not among them.
    ///
    /// `--name VALUE` and `--name=VALUE` are the same; a value that begins with two dashes needs
    /// the second form; `--` ends the options. With `--help` nothing else is checked.
    ///
    /// - Throws: `UsageError`, which names the option and what it needs.
    public func parse(_ arguments: [String]) throws(UsageError) -> ParsedOptions {
        var reading = Reading(parser: self, arguments: arguments)
        try reading.run()
        if !reading.isHelpRequested {
            try checkRequired(reading.values)
            try checkCount(reading.positional)
        }
        return ParsedOptions(
            parser: self, values: reading.values, positional: reading.positional,
            isHelpRequested: reading.isHelpRequested)
    }

    /// The `--help` text, ending with a newline.
    public var help: String {
        var usage = "Usage: \(command)"
        for option in options where option.isRequired { usage += " \(Self.left(option))" }
        usage += " [options]"
        if let positional { usage += " \(positional.usage)" }
        var rows = options.map { (Self.left($0), Self.right($0)) }
        rows.append(("--help", "Show this text."))
        if let positional { rows.append((positional.usage, positional.help)) }
        let width = rows.map { $0.0.count }.filter { $0 <= 32 }.max() ?? 0
        let lines = rows.map { left, right in
            let gap = String(repeating: " ", count: max(0, width - left.count))
            return "  \(left)\(gap)  \(right)\n"
        }
        return "\(usage)\n\n\(summary)\n\nOptions:\n\(lines.joined())"
    }

    func option(_ name: String) -> Option? { options.first { $0.name == name } }

    private static func left(_ option: Option) -> String {
        switch option.count {
        case _ where option.kind == .flag: "--\(option.name)"
        case .many: "--\(option.name) \(option.placeholder)…"
        default: "--\(option.name) \(option.placeholder)"
        }
    }

    private static func right(_ option: Option) -> String {
        if let value = option.defaultValue { return "\(option.help) (default: \(value))" }
        if option.count != .once { return "\(option.help) (may be repeated)" }
        return option.help
    }

    private func checkRequired(_ values: [String: [String]]) throws(UsageError) {
        for option in options where option.isRequired && values[option.name] == nil {
            throw UsageError("--\(option.name) \(option.placeholder) is required")
        }
    }

    private func checkCount(_ arguments: [String]) throws(UsageError) {
        guard let positional else {
            if let first = arguments.first { throw UsageError("unexpected argument '\(first)'") }
            return
        }
        if arguments.count < positional.countMin {
            let few = positional.countMin == 1 ? "one" : "\(positional.countMin)"
            throw UsageError("at least \(few) \(positional.placeholder) is needed")
        }
        if arguments.count > positional.countMax {
            throw UsageError("unexpected argument '\(arguments[positional.countMax])'")
        }
    }
}

/// One pass over the arguments.
private struct Reading {
    let parser: OptionParser
    let arguments: [String]
    var next = 0
    var values: [String: [String]] = [:]
    var positional: [String] = []
    var isHelpRequested = false

    init(parser: OptionParser, arguments: [String]) {
        self.parser = parser
        self.arguments = arguments
    }

    mutating func run() throws(UsageError) {
        while next < arguments.count, !isHelpRequested {
            let argument = arguments[next]
            next += 1
            if argument == "--" {
                positional += arguments[next...]
                return
            } else if argument == "--help" || argument == "-h" {
                isHelpRequested = true
            } else if argument.hasPrefix("--") {
                try take(argument.dropFirst(2))
            } else if argument.hasPrefix("-"), argument.count > 1, Double(argument) == nil {
                throw UsageError("unknown option \(argument)")
            } else {
                positional.append(argument)
            }
        }
    }

    private mutating func take(_ argument: Substring) throws(UsageError) {
        let parts = argument.split(
            separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let option = parser.option(name) else {
            throw UsageError("unknown option --\(name)")
        }
        if option.count == .once, values[name] != nil {
            throw UsageError("--\(name) is given twice")
        }
        if parts.count == 2 {
            try add(String(parts[1]), to: option)
        } else if option.kind == .flag {
            values[name] = [""]
        } else {
            try add(following(option), to: option)
            while option.count == .many, let value = nextValue() { try add(value, to: option) }
        }
    }

    private mutating func following(_ option: Option) throws(UsageError) -> String {
        guard let value = nextValue() else {
            throw UsageError("--\(option.name) needs \(option.placeholder)")
        }
        return value
    }

    private mutating func nextValue() -> String? {
        guard next < arguments.count, !arguments[next].hasPrefix("--") else { return nil }
        next += 1
        return arguments[next - 1]
    }

    private mutating func add(_ value: String, to option: Option) throws(UsageError) {
        if let refusal = option.refusal(of: value) {
            throw UsageError("--\(option.name) \(refusal)")
        }
        values[option.name, default: []].append(value)
    }
}

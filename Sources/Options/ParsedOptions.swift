//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a command line said. Every value was checked by its option's kind.
///
/// Asking for an option that was not declared, or by another type than its own, is a programmer
/// error and traps.
public struct ParsedOptions: Sendable {
    private let parser: OptionParser
    private let values: [String: [String]]
    /// The arguments that belong to no option, in order.
    public let positional: [String]
    /// `--help` was given; then nothing else was checked.
    public let isHelpRequested: Bool

    init(
        parser: OptionParser, values: [String: [String]], positional: [String],
        isHelpRequested: Bool
    ) {
        self.parser = parser
        self.values = values
        self.positional = positional
        self.isHelpRequested = isHelpRequested
    }

    /// True when the option stands on the command line; a default does not count.
    public func isGiven(_ name: String) -> Bool {
        _ = declared(name)
        return values[name] != nil
    }

    /// The value, or the default, or `nil`.
    public func text(_ name: String) -> String? {
        let option = declared(name)
        return values[name]?.last ?? option.defaultValue
    }

    /// Every value of a repeated option, in order.
    public func texts(_ name: String) -> [String] {
        let option = declared(name)
        return values[name] ?? (option.defaultValue.map { [$0] } ?? [])
    }

    public func integer(_ name: String) -> Int? {
        text(name).map { Int($0)! }
    }

    public func number(_ name: String) -> Double? {
        text(name).map { Double($0)! }
    }

    /// Nanoseconds.
    public func durationNs(_ name: String) -> UInt64? {
        text(name).map { Durations.nanoseconds($0)! }
    }

    /// The items of "a,b,c"; of a repeated option, of all of them.
    public func list(_ name: String) -> [String] {
        texts(name).flatMap { $0.split(separator: ",").map(String.init) }
    }

    /// The assignments in order. A value may be empty and may contain "=".
    public func assignments(_ name: String) -> [(key: String, value: String)] {
        texts(name).map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), String(parts[1]))
        }
    }

    private func declared(_ name: String) -> Option {
        guard let option = parser.option(name) else {
            preconditionFailure("a declared option, unlike --\(name)")
        }
        return option
    }
}

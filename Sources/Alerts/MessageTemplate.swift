//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration

/// A message with `{placeholders}`; "{{" and "}}" are braces.
struct MessageTemplate: Sendable, Equatable {
    private enum Piece: Sendable, Equatable {
        case text(String)
        case name(String)
    }
    private let pieces: [Piece]

    static let commonNames = [
        "rule", "severity", "status", "instance", "value", "threshold", "condition",
    ]
    static let bytesMax = 1_000

    /// - Throws: What is wrong with it, for the end of a sentence.
    init(_ text: String, names: [String]) throws(ConfigurationError) {
        guard text.utf8.count <= Self.bytesMax else {
            throw ConfigurationError("is longer than \(Self.bytesMax) bytes")
        }
        var pieces: [Piece] = []
        var plain = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "{" || character == "}" else {
                plain.append(character)
                continue
            }
            if rest.first == character {
                plain.append(character)
                rest.removeFirst()
                continue
            }
            guard character == "{", let end = rest.firstIndex(of: "}") else {
                throw ConfigurationError("has a brace without its partner")
            }
            let name = String(rest[..<end])
            guard names.contains(name) else {
                let known = names.joined(separator: ", ")
                throw ConfigurationError("has no placeholder '\(name)'; there is: \(known)")
            }
            pieces += plain.isEmpty ? [.name(name)] : [.text(plain), .name(name)]
            plain = ""
            rest = rest[rest.index(after: end)...]
        }
        if !plain.isEmpty { pieces.append(.text(plain)) }
        self.pieces = pieces
    }

    func text(_ value: (String) -> String) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .name(let name): value(name)
            }
        }.joined()
    }
}

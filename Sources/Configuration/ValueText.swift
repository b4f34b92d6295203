//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options

/// Reading single values from text. All of it is exact or refused.
public enum ValueText {
    /// Bytes of "512", "64KiB", "512MiB", "2GiB"; `nil` for anything else.
    public static func bytes(_ text: String) -> Int? {
        let units: [(String, Int)] = [
            ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1),
        ]
        for (suffix, scale) in units where text.hasSuffix(suffix) {
            guard let count = Int(text.dropLast(suffix.count)), count >= 0 else { continue }
            let (product, overflow) = count.multipliedReportingOverflow(by: scale)
            return overflow ? nil : product
        }
        return nil
    }

    /// A plain non-negative decimal, as written.
    public static func decimal(_ text: String) -> String? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let areDigits = parts.allSatisfy {
            !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) }
        }
        return (1...2).contains(parts.count) && areDigits && text.utf8.count <= 40 ? text : nil
    }

    /// The elements of a list that is separated by commas; a comma inside parentheses belongs to
    /// its element.
    package static func elements(_ text: String) -> [String] {
        var depth = 0
        return text.split { character in
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            return character == "," && depth <= 0
        }.map(String.init)
    }
}

extension KeyType {
    /// Whether one scalar fits this type (or the element type of a list).
    func accepts(_ text: String) -> Bool {
        switch self {
        case .text, .texts: true
        case .word(let words), .words(let words): words.contains(text)
        case .boolean: text == "true" || text == "false"
        case .integer(let range): Int(text).map(range.contains) ?? false
        case .number(let range): Double(text).map { $0.isFinite && range.contains($0) } ?? false
        case .duration: Durations.nanoseconds(text) != nil
        case .size: ValueText.bytes(text) != nil
        case .decimal: ValueText.decimal(text) != nil
        case .items: false
        }
    }

    var isList: Bool {
        switch self {
        case .texts, .words: true
        default: false
        }
    }
}

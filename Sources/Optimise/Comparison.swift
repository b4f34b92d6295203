//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// "A < B": a name, one of six signs, and a name or a number.
struct Comparison: Equatable, Sendable {
    enum Sign: String, CaseIterable, Sendable {
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case equal = "=="
        case different = "!="
        case less = "<"
        case greater = ">"
    }

    enum Side: Equatable, Sendable {
        case name(String)
        case number(Double)
    }

    let left: String
    let sign: Sign
    let right: Side

    /// - Returns: `nil` for what is no comparison.
    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 3, let sign = Sign(rawValue: String(words[1])),
            Double(words[0]) == nil
        else { return nil }
        left = String(words[0])
        self.sign = sign
        if let number = Double(words[2]) {
            guard number.isFinite else { return nil }
            right = .number(number)
        } else {
            right = .name(String(words[2]))
        }
    }

    /// How far it is from being true: 0 when it holds, always finite and above 0 when not.
    ///
    /// - Parameter value: Of a name; `nil` when there is none, which breaks the comparison.
    func violation(_ value: (String) -> Double?) -> Double {
        guard let a = value(left), let b = number(of: right, value), a.isFinite, b.isFinite else {
            return Self.unknown
        }
        let holds =
            switch sign {
            case .lessOrEqual: a <= b
            case .greaterOrEqual: a >= b
            case .equal: a == b
            case .different: a != b
            case .less: a < b
            case .greater: a > b
            }
        if holds { return 0 }
        // Relative, so that limits of different size weigh alike in a sum.
        let distance = min(abs(a - b) / max(abs(b), 1e-9), Self.unknown)
        return max(distance, .leastNormalMagnitude)
    }

    /// More than any distance that a run can have.
    static let unknown = 1e9

    private func number(of side: Side, _ value: (String) -> Double?) -> Double? {
        switch side {
        case .name(let name): value(name)
        case .number(let number): number
        }
    }

    var text: String {
        switch right {
        case .name(let name): "\(left) \(sign.rawValue) \(name)"
        case .number(let number): "\(left) \(sign.rawValue) \(DecimalText.short(number))"
        }
    }

    var names: [String] {
        if case .name(let name) = right { return [left, name] }
        return [left]
    }
}

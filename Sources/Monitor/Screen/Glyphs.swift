//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// The characters that pictures are drawn with: Unicode's blocks, or ASCII where the terminal's
/// encoding is not UTF-8.
struct Glyphs {
    let isUnicode: Bool

    private var steps: [Character] { Array(isUnicode ? "▁▂▃▄▅▆▇█" : "_.-:=+*#") }
    private var shades: [Character] { Array(isUnicode ? "░▒▓█" : ".:+#") }
    private var eighths: [Character] { Array(isUnicode ? "▏▎▍▌▋▊▉█" : "#") }
    private var rest: Character { isUnicode ? "·" : "." }

    /// What the height of a spark's step means.
    enum Scale {
        /// From nothing to the greatest value: for rates and shares.
        case fromZero
        /// From the least value to the greatest.
        case fromLeast
        /// As before, of the logarithms: for latencies.
        case logarithmic
    }

    /// The last `width` values as a line of steps, a blank where there is none. Set to the right.
    func spark(_ values: [Double?], width: Int, _ scale: Scale) -> String {
        let scaled = values.suffix(max(0, width)).map { value -> Double? in
            guard let value, value.isFinite else { return nil }
            return scale == .logarithmic ? log2(max(1, value)) : value
        }
        let known = scaled.compactMap(\.self)
        let least = scale == .fromZero ? 0 : known.min() ?? 0
        let range = (known.max() ?? 0) - least
        let steps = steps
        let line = scaled.map { value -> Character in
            guard let value else { return " " }
            let share = range > 0 ? max(0, value - least) / range : 0
            return steps[min(steps.count - 1, Int(share * Double(steps.count)))]
        }
        return String(repeating: " ", count: max(0, width - line.count)) + String(line)
    }

    /// A bar of `width` characters, of which `share`, 0...1, is filled.
    func bar(_ share: Double, width: Int) -> String {
        let eighths = eighths
        let filled = (share.isFinite ? min(1, max(0, share)) : 0) * Double(width * eighths.count)
        let whole = Int(filled.rounded())
        var text = String(repeating: eighths[eighths.count - 1], count: whole / eighths.count)
        if whole % eighths.count > 0 { text.append(eighths[whole % eighths.count - 1]) }
        return text + String(repeating: rest, count: width - text.count)
    }

    /// 0...3, light to dark.
    func shade(_ level: Int) -> Character { shades[min(3, max(0, level))] }

    /// Text that a terminal shows one column wide for each character: names come from another
    /// process's memory. Others become "?", and what the encoding lacks the nearest of ASCII.
    func clean(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return text }
        return String(text.map { character in
            if let code = character.asciiValue { return (0x20...0x7e).contains(code) ? character : "?" }
            if isUnicode, Self.known.contains(character) { return character }
            return Self.inASCII[character] ?? "?"
        })
    }

    private static let known = Set("▁▂▃▄▅▆▇█░▒▓▏▎▍▌▋▊▉·…│─←→↑↓")
    private static let inASCII: [Character: Character] = [
        "·": "-", "…": "~", "│": "|", "─": "-", "←": "<", "→": ">", "↑": "^", "↓": "v",
    ]
}

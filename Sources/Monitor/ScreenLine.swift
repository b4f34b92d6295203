//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One line of the screen: texts side by side, each shown in its way where the terminal can.
struct ScreenLine: Equatable {
    enum Style: Equatable {
        case plain, title, dim, good, warning, alarm, selected, accent
        /// 0 cold ... 3 hot.
        case heat(Int)
    }

    struct Span: Equatable {
        var text: String
        var style: Style
    }

    private(set) var spans: [Span] = []

    init() {}

    init(text: String, style: Style = .plain) { add(text, style) }

    var text: String { spans.map(\.text).joined() }
    /// Of its beginning.
    var style: Style { spans.first?.style ?? .plain }
    /// Columns: a character is one wide, which `Glyphs.clean` sees to.
    var count: Int { spans.reduce(0) { $0 + $1.text.count } }

    mutating func add(_ text: String, _ style: Style = .plain) {
        if text.isEmpty { return }
        if spans.last?.style == style {
            spans[spans.count - 1].text += text
        } else {
            spans.append(Span(text: text, style: style))
        }
    }

    mutating func add(_ line: ScreenLine) {
        for span in line.spans { add(span.text, span.style) }
    }

    /// Blanks up to `column`.
    mutating func fill(to column: Int, _ style: Style = .plain) {
        add(String(repeating: " ", count: max(0, column - count)), style)
    }

    /// The part that a window of `columns` shows when its left edge is at `offset`.
    func cut(from offset: Int, columns: Int) -> ScreenLine {
        var result = ScreenLine()
        var skipped = 0
        for span in spans {
            let length = span.text.count
            let start = min(length, max(0, offset - skipped))
            skipped += length
            let room = columns - result.count
            if room <= 0 { break }
            result.add(String(span.text.dropFirst(start).prefix(room)), span.style)
        }
        return result
    }

    func mapText(_ change: (String) -> String) -> ScreenLine {
        var result = ScreenLine()
        for span in spans { result.add(change(span.text), span.style) }
        return result
    }
}

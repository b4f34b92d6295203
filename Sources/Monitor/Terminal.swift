//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// Standard output, and what it is connected to.
enum Terminal {
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// The terminal's size in characters; 80 by 24 where it is not told.
    static var size: (columns: Int, rows: Int) {
        var window = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else {
            return (80, 24)
        }
        return (Int(window.ws_col), Int(window.ws_row))
    }

    /// Writes all of `text`; `false` when nobody reads any more.
    static func write(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { memory in
                unsafe Glibc.write(
                    STDOUT_FILENO, memory.baseAddress! + written, bytes.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return false }
            written += count
        }
        return true
    }

    // ECMA-48 and xterm control sequences.
    static let enterScreen = "\u{1b}[?1049h\u{1b}[?25l"
    static let leaveScreen = "\u{1b}[?25h\u{1b}[?1049l"
    private static let home = "\u{1b}[H"
    private static let clearToLineEnd = "\u{1b}[K"
    private static let clearToScreenEnd = "\u{1b}[J"

    /// A whole screen, cut to `columns` by `rows`, drawn over the one before without a flicker.
    static func screen(_ lines: [ScreenLine], columns: Int, rows: Int) -> String {
        var shown = lines
        if lines.count > rows {
            shown = Array(lines.prefix(max(0, rows - 1)))
            let rest = lines.count - shown.count
            shown.append(ScreenLine(text: "… \(rest) more lines: enlarge the window or use --once"))
        }
        let drawn = shown.map { line in
            let text = String(line.text.prefix(columns))
            return switch line.style {
            case .plain: text + clearToLineEnd
            case .title: "\u{1b}[1m\(text)\u{1b}[0m\(clearToLineEnd)"
            case .alarm: "\u{1b}[1;31m\(text)\u{1b}[0m\(clearToLineEnd)"
            }
        }
        return home + drawn.joined(separator: "\r\n") + clearToScreenEnd
    }
}

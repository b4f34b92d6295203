//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CCurses
import Platform

/// The terminal as the live view uses it: lines go out, keys come in.
enum CursesScreen {
    /// Takes the terminal over; `false` when it cannot show a screen.
    ///
    /// NO_COLOR, set to anything, asks for no colours (no-color.org).
    static func open() -> Bool {
        let noColour = Environment.all["NO_COLOR"] ?? ""
        return apus_screen_open(noColour.isEmpty ? 1 : 0) == 0
    }

    static func close() { apus_screen_close() }

    static var isUnicode: Bool { apus_screen_is_unicode() != 0 }

    static var size: (rows: Int, columns: Int) {
        var rows: Int32 = 0
        var columns: Int32 = 0
        unsafe apus_screen_size(&rows, &columns)
        return (Int(rows), Int(columns))
    }

    static func show(_ lines: [ScreenLine]) {
        apus_screen_clear()
        for (row, line) in lines.enumerated() {
            var column = 0
            for span in line.spans {
                var text = span.text
                text.withUTF8 { bytes in
                    unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                        guard let base = characters.baseAddress else { return }
                        unsafe apus_screen_put(
                            Int32(row), Int32(column), base, characters.count,
                            attribute(span.style))
                    }
                }
                column += span.text.count
            }
        }
        apus_screen_show()
    }

    /// `nil` when the time is over; `isStop` when a signal asks to end or the terminal is gone.
    static func key(timeoutNs: UInt64) -> (key: ScreenKey?, isStop: Bool) {
        let code = apus_screen_key(timeoutNs)
        switch code {
        case APUS_KEY_NONE: return (nil, false)
        case APUS_KEY_STOP: return (nil, true)
        default: return (key(code), false)
        }
    }

    private static func key(_ code: Int32) -> ScreenKey {
        switch code {
        case APUS_KEY_RESIZE: return .resize
        case APUS_KEY_UP: return .up
        case APUS_KEY_DOWN: return .down
        case APUS_KEY_LEFT: return .left
        case APUS_KEY_RIGHT: return .right
        case APUS_KEY_PAGE_UP: return .pageUp
        case APUS_KEY_PAGE_DOWN: return .pageDown
        case APUS_KEY_HOME: return .home
        case APUS_KEY_END: return .end
        case APUS_KEY_ERASE: return .erase
        case 0x0a, 0x0d: return .enter
        case 0x09: return .tab
        case 0x1b: return .escape
        default:
            guard let scalar = Unicode.Scalar(UInt32(bitPattern: code)), scalar.value >= 0x20 else {
                return .other
            }
            return .character(Character(scalar))
        }
    }

    private static func attribute(_ style: ScreenLine.Style) -> Int32 {
        let attribute: ScreenAttribute =
            switch style {
            case .plain: APUS_SCREEN_PLAIN
            case .title: APUS_SCREEN_TITLE
            case .dim: APUS_SCREEN_DIM
            case .good: APUS_SCREEN_GOOD
            case .warning: APUS_SCREEN_WARNING
            case .alarm: APUS_SCREEN_ALARM
            case .selected: APUS_SCREEN_SELECTED
            case .accent: APUS_SCREEN_ACCENT
            case .heat: APUS_SCREEN_HEAT
            }
        let level = if case .heat(let level) = style { min(3, max(0, level)) } else { 0 }
        return Int32(attribute.rawValue) + Int32(level)
    }
}

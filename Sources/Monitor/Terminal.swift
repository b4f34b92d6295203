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
    /// Someone can be shown a screen and press keys.
    static var isInteractive: Bool { isTerminal && isatty(STDIN_FILENO) == 1 }

    /// Characters in a line of the terminal; 80 where it is not told.
    static var columns: Int {
        var window = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else {
            return 80
        }
        return Int(window.ws_col)
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
}

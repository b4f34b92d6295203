//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform

/// The live view in a terminal: looks, draws, waits for a key, until one asks to quit.
enum LiveView {
    /// Takes the terminal over; `nil` when it cannot show a screen.
    static func open() -> Glyphs? {
        CursesScreen.open() ? Glyphs(isUnicode: CursesScreen.isUnicode) : nil
    }

    /// Until the user, a signal or the end of the terminal stops it; then the terminal is given back.
    static func run(
        _ observer: inout InstanceObserver, glyphs: Glyphs, intervalNs: UInt64
    ) {
        defer { CursesScreen.close() }
        var state = ScreenState(observer.observe(), glyphs: glyphs, intervalNs: intervalNs)
        var lookedNs = monotonicNs()
        while true {
            let size = CursesScreen.size
            CursesScreen.show(state.frame(rows: size.rows, columns: size.columns))
            let elapsedNs = monotonicNs() - lookedNs
            let restNs = state.intervalNs > elapsedNs ? state.intervalNs - elapsedNs : 0
            let (key, isStop) = CursesScreen.key(timeoutNs: restNs)
            if isStop { return }
            if let key, state.press(key) == .quit { return }
            if monotonicNs() - lookedNs >= state.intervalNs {
                state.take(observer.observe())
                lookedNs = monotonicNs()
            }
        }
    }
}

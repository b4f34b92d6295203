//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Everything a live view remembers: what it saw, and what its user chose.
struct ScreenState {
    enum Effect: Equatable { case none, quit }

    /// Times between looks that `+` and `-` choose from.
    static let intervalsNs: [UInt64] = [
        100_000_000, 200_000_000, 500_000_000, 1_000_000_000, 2_000_000_000, 5_000_000_000,
        10_000_000_000, 30_000_000_000, 60_000_000_000,
    ]
    static let filterLengthMax = 40

    let glyphs: Glyphs
    private(set) var intervalNs: UInt64
    private(set) var page = ScreenPage.overview
    private(set) var isInterval = false
    private(set) var isHelpShown = false
    /// The filter is being typed: characters are its own.
    private(set) var isTyping = false
    private(set) var filter = ""
    private(set) var now: Observation
    private(set) var history = History()
    /// What is shown while paused; behind it the history goes on.
    private(set) var frozen: (now: Observation, history: History)?
    /// First line shown, and column, of each page.
    var scroll: [ScreenPage: (line: Int, column: Int)] = [:]
    var selection = 0
    /// Lines of the page that were shown last, for scrolling by pages.
    var pageHeight = 1

    init(_ now: Observation, glyphs: Glyphs, intervalNs: UInt64) {
        self.now = now
        self.glyphs = glyphs
        self.intervalNs = intervalNs
        history.add(now)
    }

    var isPaused: Bool { frozen != nil }

    /// Takes a look in. Of an engine that is gone the last figures stay as they were.
    mutating func take(_ now: Observation) {
        if now.isAlive || self.now.startTimeNs != now.startTimeNs { history.add(now) }
        self.now = now
    }

    mutating func press(_ key: ScreenKey) -> Effect {
        if isTyping {
            type(key)
            return .none
        }
        if isHelpShown {
            isHelpShown = false
            return key == .character("q") ? .quit : .none
        }
        switch key {
        case .character("q"), .character("Q"): return .quit
        case .character(let character): command(character)
        case .tab: turn(by: 1)
        case .up: move(by: -1)
        case .down: move(by: 1)
        case .pageUp: move(by: -pageHeight)
        case .pageDown: move(by: pageHeight)
        case .home: move(by: -Self.far)
        case .end: move(by: Self.far)
        case .left: scroll[page, default: (0, 0)].column -= 8
        case .right: scroll[page, default: (0, 0)].column += 8
        case .escape: filter = ""
        case .erase, .enter, .resize, .other: break
        }
        return .none
    }

    /// Further than any page is long.
    private static let far = 1 << 30

    private mutating func command(_ character: Character) {
        switch character {
        case "?", "h": isHelpShown = true
        case "i": isInterval.toggle()
        case " ": frozen = isPaused ? nil : (now, history)
        case "+", "=": intervalNs = Self.intervalsNs.first { $0 > intervalNs } ?? intervalNs
        case "-": intervalNs = Self.intervalsNs.last { $0 < intervalNs } ?? intervalNs
        case "k": move(by: -1)
        case "j": move(by: 1)
        case "/":
            page = .counters
            isTyping = true
        default:
            guard let digit = character.wholeNumberValue else { return }
            page = ScreenPage(rawValue: digit) ?? page
        }
    }

    private mutating func turn(by step: Int) {
        let pages = ScreenPage.allCases
        let place = pages.firstIndex(of: page) ?? 0
        page = pages[(place + step) % pages.count]
    }

    private mutating func move(by step: Int) {
        if page.hasSelection {
            selection += step
        } else {
            scroll[page, default: (0, 0)].line += step
        }
    }

    private mutating func type(_ key: ScreenKey) {
        switch key {
        case .character(let character) where filter.count < Self.filterLengthMax:
            filter.append(character)
        case .erase: _ = filter.popLast()
        case .enter: isTyping = false
        case .escape:
            isTyping = false
            filter = ""
        default: break
        }
        scroll[.counters] = (0, 0)
    }
}

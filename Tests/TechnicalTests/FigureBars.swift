//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom
import Technical

/// Bars that make every candlestick pattern, rare ones too: small whole numbers, gaps, bodies and
/// shadows of a few sizes, so that ties and touching ends are common; and now and then the steps of
/// a pattern that chance alone hardly makes.
struct FigureBars {
    private enum Figure: CaseIterable { case rest, swallow, breakaway, south, crows, gapCrows }
    /// A bar relative to the one before.
    private struct Step {
        var open: Int
        var color: Int
        var body: Int
        var upper: Int
        var lower: Int
    }

    private var random: SplitMix64
    private var open = 1_000
    private var high = 1_000
    private var low = 1_000
    private var close = 1_000
    private var trend = 1
    private var trendLeft = 0
    /// Of bars as chance has them: the means grow, and parts of them become whole numbers.
    private var scale = 1
    private var figure: Figure?
    private var figureStep = 0
    private var direction = 1
    /// Close of a figure's first bar.
    private var anchor = 0

    private init(seed: UInt64) { random = SplitMix64(seed: seed) }

    static func bars(_ count: Int, seed: UInt64) -> [BarValues] {
        var maker = FigureBars(seed: seed)
        return (0..<count).map { index in
            maker.move(maker.step())
            return BarValues(
                openTimeNs: 1_700_000_000_000_000_000 + UInt64(index) * 60_000_000_000,
                open: Double(maker.open), high: Double(maker.high), low: Double(maker.low),
                close: Double(maker.close), volume: 1)
        }
    }

    private mutating func move(_ step: Step) {
        open = min(max(step.open, 200), 5_000)
        close = open + step.color * step.body
        high = max(open, close) + step.upper
        low = min(open, close) - step.lower
    }

    private mutating func step() -> Step {
        if figure == nil, any(0...7) == 0 {
            figure = Figure.allCases.randomElement(using: &random)
            figureStep = 0
            direction = any(0...1) == 0 ? 1 : -1
        }
        guard let figure else { return free() }
        defer { figureStep += 1 }
        switch figure {
        case .rest: return rest()
        case .swallow: return swallow()
        case .breakaway: return breakaway()
        case .south: return south()
        case .crows: return crows()
        case .gapCrows: return gapCrows()
        }
    }

    /// A bar as chance has it, in a trend.
    private mutating func free() -> Step {
        if trendLeft == 0 {
            trend = any(0...1) == 0 ? 1 : -1
            trendLeft = any(2...8)
            scale = any(0...3) == 0 ? 3 : 1
        }
        trendLeft -= 1
        let sizes = [0, any(1...2), any(1...2), any(4...8), any(4...8), any(10...16)]
        let body = sizes[any(0...5)] * scale
        let color = any(0...3) > 0 ? trend : -trend
        let (top, bottom) = (max(open, close), min(open, close))
        let start: Int
        switch any(0...9) {
        case 0...1: start = close
        case 2: start = open
        case 3...4: start = any(bottom...top)
        case 5...6: start = top + any(1...4) + (color < 0 ? body : 0)
        case 7: start = bottom - any(1...4) - (color > 0 ? body : 0)
        case 8: start = high + any(1...6)
        default: start = low - any(1...6)
        }
        return Step(
            open: start, color: color, body: body, upper: shadow() * scale,
            lower: shadow() * scale)
    }

    /// A long bar, three short ones against it, one on.
    private mutating func rest() -> Step {
        var step = Step(
            open: close + direction * any(-1...2), color: -direction, body: any(1...2),
            upper: shadow(), lower: shadow())
        if figureStep == 0 || figureStep == 4 {
            step.color = direction
            step.body = any(6...14)
        } else if figureStep == 1 {
            step.open = close + direction * any(0...4)
        }
        if figureStep == 4 { figure = nil }
        return step
    }

    /// Four black bars, of which the last swallows the third.
    private mutating func swallow() -> Step {
        var step = Step(open: close - any(0...1), color: -1, body: any(6...12), upper: 0, lower: 0)
        if figureStep == 2 {
            step = Step(
                open: close - any(1...2), color: -1, body: any(1...2), upper: any(2...5),
                lower: any(0...1))
        } else if figureStep == 3 {
            step.open = high + any(0...2)
            step.body = step.open - low + any(0...3)
            figure = nil
        }
        return step
    }

    /// A long bar, a gap, steps on, and a bar back into the gap.
    private mutating func breakaway() -> Step {
        var step = Step(
            open: close + direction * any(0...1), color: direction, body: any(1...4),
            upper: any(0...1), lower: any(0...1))
        switch figureStep {
        case 0: step.body = any(10...16)
        case 1:
            anchor = close
            step.open = close + direction * any(2...4)
        case 4:
            step.color = -direction
            step.body = max(0, direction * (step.open - anchor) - any(0...2))
            figure = nil
        default: break
        }
        return step
    }

    /// Three black bars, each inside what was before.
    private mutating func south() -> Step {
        switch figureStep {
        case 0:
            return Step(
                open: close, color: -1, body: any(8...14), upper: any(0...2), lower: any(9...16))
        case 1:
            return Step(
                open: close + any(0...5), color: -1, body: any(4...10), upper: any(0...3),
                lower: any(0...14))
        default:
            figure = nil
            return Step(
                open: close + any(0...3), color: -1, body: any(1...2), upper: any(0...1), lower: 0)
        }
    }

    /// A white bar and three black ones that close at their lows, each from the body before.
    private mutating func crows() -> Step {
        if figureStep == 0 {
            return Step(
                open: close, color: 1, body: any(4...8), upper: any(0...2), lower: shadow())
        }
        if figureStep == 3 { figure = nil }
        return Step(
            open: close + any(0...(figureStep == 1 ? 9 : 4)), color: -1, body: any(2...8),
            upper: any(0...2), lower: 0)
    }

    /// A long white bar, a small black one behind a gap, and a black one around it.
    private mutating func gapCrows() -> Step {
        switch figureStep {
        case 0:
            return Step(open: close, color: 1, body: any(10...16), upper: 0, lower: 0)
        case 1:
            let body = any(1...2)
            return Step(open: close + body + any(2...4), color: -1, body: body, upper: 0, lower: 0)
        default:
            figure = nil
            return Step(
                open: open + any(0...2), color: -1, body: any(3...6), upper: shadow(),
                lower: shadow())
        }
    }

    private mutating func shadow() -> Int {
        [0, 0, 0, 0, 1, any(2...4), any(2...4), any(6...14)][any(0...7)]
    }

    private mutating func any(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }
}

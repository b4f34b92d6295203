//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Ticks of a time axis at whole seconds, minutes, hours, days, months or years, UTC.
struct CalendarTicks {
    let ticks: [(at: Double, text: String)]

    private static let countMax = 7
    private static let day = 86_400
    private static let seconds = [
        1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, day,
        2 * day, 5 * day, 10 * day,
    ]
    private static let months = [1, 2, 3, 6, 12, 24, 60, 120]

    /// - Parameter range: Seconds since 1970 UTC.
    init(_ range: ClosedRange<Double>) {
        let (low, high) = (max(0, range.lowerBound), max(0, range.upperBound))
        let span = high - low
        if let step = Self.seconds.first(where: { span / Double($0) <= Double(Self.countMax) }) {
            let first = Int((low / Double(step)).rounded(.up)) * step
            let all = stride(from: first, through: Int(high), by: step)
            ticks = all.map { (Double($0), Self.text($0, step: step, isFirst: $0 == first)) }
            return
        }
        let average = 30.44 * Double(Self.day)
        let step = Self.months.first { span / average / Double($0) <= Double(Self.countMax) } ?? 240
        let begin = CalendarTime(seconds: Int(low))
        var month = (begin.year * 12 + begin.month - 1 + step - 1) / step * step
        var all: [(Double, String)] = []
        while all.count <= 2 * Self.countMax {
            let (year, place) = (month / 12, month % 12 + 1)
            let at = Double(CalendarTime.seconds(year: year, month: place))
            if at > high { break }
            let name = CalendarTime.monthNames[place - 1]
            if at >= low { all.append((at, step % 12 == 0 ? "\(year)" : "\(name) \(year)")) }
            month += step
        }
        ticks = all
    }

    /// The day stands at the first tick and where it changes.
    private static func text(_ seconds: Int, step: Int, isFirst: Bool) -> String {
        let time = CalendarTime(seconds: seconds)
        let date = "\(time.day) \(time.monthName)"
        if step >= day { return date }
        let clock = step < 60 ? time.exactClock : time.clock
        return isFirst || seconds % day == 0 ? "\(date) \(clock)" : clock
    }
}

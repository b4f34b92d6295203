//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A moment of the Gregorian calendar, UTC, from 1970 on.
public struct CalendarTime: Sendable, Equatable {
    public let year: Int
    /// 1...12.
    public let month: Int
    /// 1...31.
    public let day: Int
    public let hour: Int
    public let minute: Int
    public let second: Int

    static let monthNames = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// - Parameter seconds: Since 1970 UTC, at least 0.
    ///
    /// Source: H. Hinnant, chrono-compatible low-level date algorithms, `civil_from_days`.
    public init(seconds: Int) {
        let (days, rest) = seconds.quotientAndRemainder(dividingBy: 86_400)
        // Years begin in March, so that the leap day is the last; eras have 400 years.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60)
    }

    /// Seconds since 1970 UTC of a month's first moment; months beyond 12 are of later years.
    ///
    /// Source: as above, `days_from_civil`.
    public static func seconds(year: Int, month: Int) -> Int {
        let year = year + (month - 1) / 12
        let month = (month - 1) % 12 + 1
        let shiftedYear = month <= 2 ? year - 1 : year
        let yearOfEra = shiftedYear % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (shiftedYear / 400 * 146_097 + dayOfEra - 719_468) * 86_400
    }

    public var monthName: String { Self.monthNames[month - 1] }
    /// "2026-11-20".
    public var date: String { "\(year)-\(Self.two(month))-\(Self.two(day))" }
    /// "14:05".
    public var clock: String { "\(Self.two(hour)):\(Self.two(minute))" }
    /// "14:05:09".
    public var exactClock: String { "\(clock):\(Self.two(second))" }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

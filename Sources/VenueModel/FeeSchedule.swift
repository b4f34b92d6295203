//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Fees by what was traded in the last 30 days.
public struct FeeSchedule: Sendable, Equatable {
    public struct Tier: Sendable, Equatable {
        /// Traded in 30 days in whole units of the quote currency, from which the tier is given.
        public let volumeMin: Int64
        /// Millionths of a match's value; negative: a rebate.
        public let makerPpm: Int64
        public let takerPpm: Int64

        public init(volumeMin: Int64, makerPpm: Int64, takerPpm: Int64) {
            self.volumeMin = volumeMin
            self.makerPpm = makerPpm
            self.takerPpm = takerPpm
        }
    }

    /// By rising volume; the first is given whatever was traded.
    public let tiers: [Tier]
    /// Traded before the run, counted as if on the day before its first.
    private let volumeBefore: Int128
    /// Traded by day since 1970, 1e-12; days without trades are left out.
    private var days: [(day: Int64, valueE12: Int128)] = []
    private var firstDay: Int64?

    /// - Precondition: there is a tier.
    public init(tiers: [Tier], volumeBefore: Int64 = 0) {
        precondition(!tiers.isEmpty, "a tier")
        self.tiers = tiers.sorted { $0.volumeMin < $1.volumeMin }
        self.volumeBefore = Int128(volumeBefore)
    }

    /// The tier of a day is that of the 30 days before it: venues look once a day.
    public mutating func tier(timeNs: Int64) -> Tier {
        let day = timeNs / Self.dayNs
        let first = firstDay ?? day
        firstDay = first
        var sumE12 = day - first < Self.daysCounted ? volumeBefore * 1_000_000_000_000 : 0
        days.removeAll { $0.day < day - Self.daysCounted }
        for entry in days where entry.day < day { sumE12 += entry.valueE12 }
        let reached = tiers.last { Int128($0.volumeMin) * 1_000_000_000_000 <= sumE12 }
        return reached ?? tiers[0]
    }

    public mutating func add(timeNs: Int64, valueE12: Int128) {
        let day = timeNs / Self.dayNs
        if let last = days.indices.last, days[last].day == day {
            days[last].valueE12 += valueE12
        } else {
            days.append((day, valueE12))
        }
    }

    public static func == (left: FeeSchedule, right: FeeSchedule) -> Bool {
        left.tiers == right.tiers && left.volumeBefore == right.volumeBefore
            && left.days.elementsEqual(right.days) { $0 == $1 }
    }

    private static let dayNs: Int64 = 86_400_000_000_000
    private static let daysCounted: Int64 = 30
}

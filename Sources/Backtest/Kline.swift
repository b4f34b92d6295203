//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One bar of trades, as its venue made it.
struct Kline: Equatable {
    /// Of its first and its last millisecond, since 1970.
    let openMs: Int64
    let closeMs: Int64
    let open: Double
    let high: Double
    let low: Double
    let close: Double
    /// Base currency.
    let volume: Double

    /// Why a line is no bar, or not taken.
    enum Fault: String, CaseIterable {
        case columns = "too few columns"
        case number = "not a plain number"
        case time = "times that are no bar's"
        case order = "not behind the bar before"
        case price = "high and low do not hold open and close"
        case size = "more digits than a model counts"
    }
}

extension Kline {
    /// Which column holds what.
    struct Columns {
        private let places: [Int]

        private static let names = [
            "open_time", "open", "high", "low", "close", "volume", "close_time",
        ]

        /// By a header: names in any order and case, others among them.
        ///
        /// - Returns: `nil` for a line that does not name them all.
        init?(header line: some Sequence<UInt8>) {
            let given = EventRow.columns(line).map {
                $0.lowercased().replacing(" ", with: "_")
            }
            let places = Self.names.compactMap(given.firstIndex)
            guard places.count == Self.names.count else { return nil }
            self.places = places
        }

        /// By place, as Binance's archives have them.
        init() { places = Array(Self.names.indices) }

        /// Seven fields and more whose first is a time.
        static func isRow(_ line: some Sequence<UInt8>) -> Bool {
            let fields = EventRow.columns(line)
            return fields.count >= names.count && !fields[0].isEmpty
                && fields[0].utf8.allSatisfy { (0x30...0x39).contains($0) }
        }

        func bar(_ line: some Sequence<UInt8>) throws(Refusal) -> Kline {
            let fields = EventRow.columns(line)
            guard let last = places.max(), last < fields.count else {
                throw Refusal(.columns)
            }
            var numbers: [Double] = []
            for place in places[1...5] { numbers.append(try Self.number(fields[place])) }
            let openTime = try Self.time(fields[places[0]])
            let closeTime = try Self.time(fields[places[6]])
            guard openTime.isMicroseconds == closeTime.isMicroseconds,
                closeTime.ms - openTime.ms >= 3
            else { throw Refusal(.time) }
            let (open, high, low, close) = (numbers[0], numbers[1], numbers[2], numbers[3])
            guard low > 0, low <= min(open, close), high >= max(open, close) else {
                throw Refusal(.price)
            }
            return Kline(
                openMs: openTime.ms, closeMs: closeTime.ms, open: open, high: high, low: low,
                close: close, volume: numbers[4])
        }

        /// Digits and at most one point: no sign, no exponent.
        private static func number(_ text: String) throws(Refusal) -> Double {
            guard text.utf8.count <= 32,
                text.utf8.allSatisfy({ $0 == 0x2e || (0x30...0x39).contains($0) }),
                let value = Double(text)
            else { throw Refusal(.number) }
            return value
        }

        /// Binance's archives have milliseconds, those of Spot from 2025 on microseconds: a number
        /// of 10^14 and more would be the year 5138 in the one and is 1973 in the other.
        private static func time(
            _ text: String
        ) throws(Refusal) -> (ms: Int64, isMicroseconds: Bool) {
            guard let value = Int64(text), value >= 0, value < 1 << 52 else {
                throw Refusal(.time)
            }
            return value < 100_000_000_000_000 ? (value, false) : (value / 1_000, true)
        }
    }

    struct Refusal: Error {
        let fault: Fault

        init(_ fault: Fault) { self.fault = fault }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering

/// Returns by month of the year, by day of the month, or by hour of the day, UTC.
public struct CalendarReturns: Sendable {
    public enum Grid: Sendable { case months, days, hours }

    public struct Row: Sendable {
        /// "2026", "2026-11" or "2026-11-20".
        public let label: String
        /// By column; `nil` where the run was not.
        public let returns: [Double?]
        /// Of the whole row.
        public let total: Double?
    }

    public let grid: Grid
    public let rows: [Row]

    /// Each cell's return is from the last equity before it to the last in it; the first begins at
    /// the initial equity, and a cell that begins at no equity has none.
    public init(_ run: Run, _ grid: Grid) {
        self.grid = grid
        let count = Self.columns(grid).count
        var rows: [Row] = []
        var cells = [Double?](repeating: nil, count: count)
        var (label, column) = ("", -1)
        var (rowStart, cellStart, latest) = (
            run.initialEquity, run.initialEquity, run.initialEquity
        )
        func change(_ start: Double) -> Double? {
            start > run.lostEquity ? latest / start - 1 : nil
        }
        func closeCell() { if column >= 0 { cells[column] = change(cellStart) } }
        func closeRow() {
            closeCell()
            if column >= 0 {
                rows.append(Row(label: label, returns: cells, total: change(rowStart)))
            }
            cells = [Double?](repeating: nil, count: count)
        }
        var hour = UInt64.max
        for point in run.equity {
            // Only an hour's end can end a cell.
            let hourNow = point.timeNs / (3_600 * ReturnSeries.secondNs)
            if hourNow != hour {
                hour = hourNow
                let place = Self.place(seconds: Int(hourNow) * 3_600, grid)
                if place.label != label {
                    closeRow()
                    (rowStart, cellStart) = (latest, latest)
                } else if place.column != column {
                    closeCell()
                    cellStart = latest
                }
                (label, column) = place
            }
            latest = point.equity
        }
        closeRow()
        self.rows = rows
    }

    private static func place(seconds: Int, _ grid: Grid) -> (label: String, column: Int) {
        let time = CalendarTime(seconds: seconds)
        switch grid {
        case .months: return ("\(time.year)", time.month - 1)
        case .days: return (String(time.date.dropLast(3)), time.day - 1)
        case .hours: return (time.date, time.hour)
        }
    }

    public static func columns(_ grid: Grid) -> [String] {
        switch grid {
        case .months:
            (1...12).map {
                CalendarTime(seconds: CalendarTime.seconds(year: 1970, month: $0)).monthName
            }
        case .days: (1...31).map { "\($0)" }
        case .hours: (0...23).map { "\($0)" }
        }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A table whose less important columns give way in a narrow window.
struct FittingTable {
    struct Cell {
        var text: String
        var style: ScreenLine.Style = .plain

        init(_ text: String, _ style: ScreenLine.Style = .plain) {
            self.text = text
            self.style = style
        }
    }

    private let titles: [String]
    private let isLeft: [Bool]
    private let ranks: [Int]
    private var rows: [(cells: [Cell], isSelected: Bool)] = []

    /// - Parameter columns: Titles, one that begins with "<" heads a column set to the left; and
    ///   ranks: the highest goes first, 0 stays.
    init(_ columns: [(title: String, rank: Int)]) {
        titles = columns.map { $0.title.hasPrefix("<") ? String($0.title.dropFirst()) : $0.title }
        isLeft = columns.map { $0.title.hasPrefix("<") }
        ranks = columns.map(\.rank)
    }

    mutating func add(_ cells: [Cell], isSelected: Bool = false) {
        precondition(cells.count == titles.count, "a cell for each column")
        rows.append((cells, isSelected))
    }

    /// The title line, then a line for each row; none without a row.
    func lines(width: Int) -> [ScreenLine] {
        if rows.isEmpty { return [] }
        let widths = titles.indices.map { column in
            max(titles[column].count, rows.map { $0.cells[column].text.count }.max() ?? 0)
        }
        let shown = columnsShown(widths, width)
        // Two blanks between columns where that costs no column.
        let tight = shown.reduce(0) { $0 + widths[$1] + 1 } - 1
        let gap = tight + shown.count - 1 <= width ? "  " : " "
        func line(_ cells: [Cell], isSelected: Bool) -> ScreenLine {
            var line = ScreenLine()
            for (place, column) in shown.enumerated() {
                let cell = cells[column]
                let style = isSelected ? .selected : cell.style
                let blank = String(repeating: " ", count: widths[column] - cell.text.count)
                if place > 0 { line.add(gap, isSelected ? .selected : .plain) }
                line.add(isLeft[column] ? cell.text + blank : blank + cell.text, style)
            }
            return line
        }
        let head = line(titles.map { Cell($0, .title) }, isSelected: false)
        return [head] + rows.map { line($0.cells, isSelected: $0.isSelected) }
    }

    private func columnsShown(_ widths: [Int], _ width: Int) -> [Int] {
        var shown = Array(titles.indices)
        while shown.reduce(0, { $0 + widths[$1] + 1 }) - 1 > width {
            let last = shown.indices.max { ranks[shown[$0]] < ranks[shown[$1]] }
            guard let last, ranks[shown[last]] > 0 else { break }
            shown.remove(at: last)
        }
        return shown
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A table of text with aligned columns.
public struct TextTable {
    public enum Alignment { case left, right }

    private let alignments: [Alignment]
    private var rows: [[String]]

    /// - Parameter columns: Titles; one that begins with "<" heads a column set to the left.
    public init(_ columns: [String]) {
        alignments = columns.map { $0.hasPrefix("<") ? .left : .right }
        rows = [columns.map { $0.hasPrefix("<") ? String($0.dropFirst()) : $0 }]
    }

    public var isEmpty: Bool { rows.count == 1 }

    public mutating func add(_ cells: [String]) {
        precondition(cells.count == alignments.count, "a cell for each column")
        rows.append(cells)
    }

    /// The title line, then a line for each row.
    public var lines: [String] {
        let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.indices.map { column in
                let gap = String(repeating: " ", count: widths[column] - row[column].count)
                return alignments[column] == .left ? row[column] + gap : gap + row[column]
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}

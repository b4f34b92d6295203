//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One value of an emitted row.
enum Cell {
    /// Printed as it stands in CSV, quoted in JSON: names, exact decimals.
    case text(String)
    /// Printed as it stands in both.
    case number(String)

    /// A binary32 in the shortest decimal that reads back to the same bits; `null` in JSON and
    /// empty in CSV when not finite.
    static func value(_ value: Float) -> Cell {
        value.isFinite ? .number("\(value)") : .number("")
    }

    /// As above for binary64.
    static func value(_ value: Double) -> Cell {
        value.isFinite ? .number("\(value)") : .number("")
    }
}

/// Writes rows as CSV with a header or as one JSON object a line, in large pieces.
final class RowWriter {
    enum Format: String, CaseIterable { case csv, jsonl }

    private let columns: [String]
    private let format: Format
    private let output: (String) -> Void
    private var pending = ""
    private(set) var rowCount = 0
    private static let pieceSize = 1 << 16

    init(columns: [String], format: Format, output: @escaping (String) -> Void) {
        self.columns = columns
        self.format = format
        self.output = output
        if format == .csv { pending = columns.joined(separator: ",") + "\n" }
    }

    func write(_ cells: [Cell]) {
        precondition(cells.count == columns.count, "one cell a column")
        rowCount += 1
        switch format {
        case .csv:
            for (index, cell) in cells.enumerated() {
                if index > 0 { pending += "," }
                switch cell {
                case .text(let text), .number(let text): pending += text
                }
            }
            pending += "\n"
        case .jsonl:
            pending += "{"
            for (index, cell) in cells.enumerated() {
                if index > 0 { pending += "," }
                pending += "\"\(columns[index])\":"
                switch cell {
                case .text(let text): pending += "\"\(text)\""
                case .number(let text): pending += text.isEmpty ? "null" : text
                }
            }
            pending += "}\n"
        }
        if pending.utf8.count > Self.pieceSize { flush() }
    }

    func flush() {
        if !pending.isEmpty { output(pending) }
        pending.removeAll(keepingCapacity: true)
    }
}

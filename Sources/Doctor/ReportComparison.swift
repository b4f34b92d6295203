//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Rendering

/// Two runs of the doctor side by side.
public enum ReportComparison {
    /// A report that cannot be compared.
    public struct Unreadable: Error, Equatable, CustomStringConvertible {
        public let description: String
    }

    /// A table of the figures that both reports have, and their ratio.
    ///
    /// - Parameters: The bytes of two reports in JSON.
    /// - Throws: `Unreadable` with the reason.
    public static func table(before: [UInt8], after: [UInt8]) throws(Unreadable) -> String {
        let old = try figures(before, "the first")
        let new = try figures(after, "the second")
        var table = TextTable(["<figure", "<unit", "before", "after", "ratio"])
        for figure in new {
            guard let was = old.first(where: { $0.name == figure.name && $0.unit == figure.unit })
            else { continue }
            let ratio = was.value == 0 ? "-" : Figures.fixed(figure.value / was.value, 2)
            table.add([
                figure.name, figure.unit, Figures.text(was.value), Figures.text(figure.value),
                ratio,
            ])
        }
        return table.lines.joined(separator: "\n") + "\n"
    }

    static func figures(
        _ bytes: [UInt8], _ which: String
    ) throws(Unreadable) -> [DoctorReport.Figure] {
        guard let document = JSONDocument(bytes) else {
            throw Unreadable(description: "\(which) report is no JSON")
        }
        guard case .number("\(DoctorReport.jsonVersion)") = document.member("version"),
            case .array(let rows) = document.member("figures")
        else {
            throw Unreadable(
                description: "\(which) report is not of version \(DoctorReport.jsonVersion)")
        }
        return rows.compactMap { row in
            guard case .string(let name) = row.member("name"),
                case .string(let unit) = row.member("unit"),
                case .number(let text) = row.member("value"), let value = Double(text)
            else { return nil }
            return DoctorReport.Figure(name: name, unit: unit, value: value)
        }
    }
}

extension JSONDocument {
    fileprivate func member(_ name: String) -> JSONDocument? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}

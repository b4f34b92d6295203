//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Platform

/// The samples on disk: a CSV file with a line of names, appended to as they come, so that a crash
/// loses none of those before.
struct SampleFile {
    let path: String
    let columns: [String]

    /// Begins the file, or goes on with the one that is there.
    ///
    /// - Throws: `SoakError` when it has other columns or cannot be written.
    init(_ path: String, columns: [String], resumes: Bool) throws(SoakError) {
        self.path = path
        self.columns = columns
        let header = columns.joined(separator: ",")
        if resumes, let reader = SampleReader(path) {
            guard reader.columns == columns else {
                throw SoakError("\(path) has other columns; it is of another engine")
            }
            if !reader.isWhole { try write("\n") }
            return
        }
        guard TextFile.write(header + "\n", to: path) else {
            throw SoakError("cannot write \(path)")
        }
    }

    /// - Parameter values: One for each column; what is missing is empty.
    func append(_ values: [String: Double]) throws(SoakError) {
        let line = columns.map { name in
            guard let value = values[name], value.isFinite else { return "" }
            return value == value.rounded() && abs(value) < 1e15
                ? String(Int64(value)) : String((value * 1_000).rounded() / 1_000)
        }.joined(separator: ",")
        try write(line + "\n")
    }

    private func write(_ text: String) throws(SoakError) {
        let file = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard file >= 0 else { throw SoakError("cannot write \(path)") }
        defer { close(file) }
        guard TextFile.append(text, to: file) else {
            throw SoakError("cannot write \(path)")
        }
    }
}

/// Reads samples line by line; the memory is one line's and that of what is asked for.
struct SampleReader {
    let path: String
    let columns: [String]

    /// - Returns: `nil` when there is no such file.
    init?(_ path: String) {
        self.path = path
        var first: [Substring]?
        Self.lines(path) { line in
            first = first ?? line.split(separator: ",", omittingEmptySubsequences: false)
            return false
        }
        guard let first, !first.isEmpty else { return nil }
        columns = first.map(String.init)
    }

    /// Whether the last line has its end.
    var isWhole: Bool {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return true }
        defer { close(file) }
        var last: UInt8 = 0
        guard lseek(file, -1, SEEK_END) >= 0, unsafe read(file, &last, 1) == 1 else { return true }
        return last == UInt8(ascii: "\n")
    }

    /// The values of each of `names`, by the name, in the order of the samples; NaN where a sample
    /// has none. A line of other fields, which a crash cut off, is left out.
    func values(_ names: [String]) -> [String: [Double]] {
        let names = Set(names).sorted()
        let places = names.map { columns.firstIndex(of: $0) }
        var result = names.map { _ in [Double]() }
        var isHeader = true
        Self.lines(path) { line in
            defer { isHeader = false }
            if isHeader { return true }
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == columns.count else { return true }
            for (index, place) in places.enumerated() {
                result[index].append(place.flatMap { Double(fields[$0]) } ?? .nan)
            }
            return true
        }
        return Dictionary(uniqueKeysWithValues: zip(names, result))
    }

    /// Every whole line until `body` says no.
    private static func lines(_ path: String, _ body: (Substring) -> Bool) {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        var rest: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe block.withUnsafeMutableBytes {
                unsafe read(file, $0.baseAddress!, $0.count)
            }
            if count <= 0 { return }
            rest += block[..<count]
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: rest[start..<end], as: UTF8.self)
                if !body(Substring(line)) { return }
                start = end + 1
            }
            rest.removeFirst(start)
        }
    }
}

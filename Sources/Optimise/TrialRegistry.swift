//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Platform

/// Every trial that ever ended in a folder: one JSON line each, appended and brought to the disk
/// before it counts.
///
/// What a crash left of a last line is cut off. One process at a time holds it.
public final class TrialRegistry {
    public let path: String
    private let file: Int32
    private(set) var records: [TrialRecord] = []
    private var places: [String: Int] = [:]

    /// - Throws: `OptimiseError` when another process holds it, it cannot be read, or a line
    ///   before the last is no trial.
    public init(_ path: String) throws(OptimiseError) {
        self.path = path
        file = unsafe open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Self.error("cannot open \(path)") }
        guard Self.lock(file) else {
            throw OptimiseError("\(path) is in use by another apus optimise")
        }
        let bytes = try Self.contents(file, path)
        let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        if whole < bytes.count, ftruncate(file, off_t(whole)) != 0 {
            throw Self.error("cannot cut \(path)")
        }
        let lines = bytes[..<whole].split(separator: UInt8(ascii: "\n"))
        for (index, line) in lines.enumerated() {
            guard let record = TrialRecord(line: line) else {
                throw OptimiseError("\(path): line \(index + 1): not a trial")
            }
            add(record)
        }
    }

    deinit { if file >= 0 { close(file) } }

    /// Asks for a second: a child on its way from fork to exec still holds what its parent held.
    private static func lock(_ file: Int32) -> Bool {
        for _ in 0..<100 {
            if flock(file, LOCK_EX | LOCK_NB) == 0 { return true }
            CurrentThread.sleep(ns: 10_000_000)
        }
        return false
    }

    private static func error(_ what: String) -> OptimiseError {
        OptimiseError("\(what): \(unsafe String(cString: strerror(errno)))")
    }

    private static func contents(
        _ file: Int32, _ path: String
    ) throws(OptimiseError) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(file, &piece, piece.count)
            if count == 0 { return bytes }
            if count < 0 { throw error("cannot read \(path)") }
            bytes += piece[..<count]
        }
    }

    public var count: Int { records.count }
    public var isEmpty: Bool { records.isEmpty }

    func record(_ digest: String) -> TrialRecord? { places[digest].map { records[$0] } }

    /// Returns when the disk has it.
    func append(_ record: TrialRecord) throws(OptimiseError) {
        guard TextFile.append(record.line + "\n", to: file), fsync(file) == 0 else {
            throw Self.error("cannot write \(path)")
        }
        add(record)
    }

    /// A trial that was run for something else and then proposed by a search is one of the search.
    private func add(_ record: TrialRecord) {
        if let place = places[record.digest] {
            if record.role == .search, records[place].role != .search { records[place] = record }
            return
        }
        places[record.digest] = records.count
        records.append(record)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform

/// What the kernel tells of a process and its threads under /proc. Nothing of it disturbs the
/// process but `smaps_rollup`, which holds its memory map for a moment.
struct ProcessFigures {
    struct Thread {
        let name: String
        let minorFaults: UInt64
        let majorFaults: UInt64
        let voluntarySwitches: UInt64
        let involuntarySwitches: UInt64
    }

    /// By the kernel's name, KiB: "VmRSS", "VmPeak", "VmSize", "VmLck", "RssAnon" of `status`,
    /// "Pss" of `smaps_rollup`.
    let kib: [String: UInt64]
    /// `nil` where none is open, or another user's may not be counted.
    let descriptors: Int?
    let threads: [Thread]
    /// Of the whole process, threads that have ended included.
    let minorFaults: UInt64
    let majorFaults: UInt64

    /// - Returns: `nil` when there is no such process.
    init?(of processID: Int32) {
        let folder = "/proc/\(processID)"
        guard let status = SystemFile.text("\(folder)/status"),
            let stat = SystemFile.text("\(folder)/stat"), let faults = Self.faults(stat)
        else { return nil }
        var kib = Self.kibibytes(status)
        if let map = SystemFile.text("\(folder)/smaps_rollup") {
            kib.merge(Self.kibibytes(map)) { first, _ in first }
        }
        self.kib = kib
        (minorFaults, majorFaults) = faults
        let files = SystemFile.names(in: "\(folder)/fd")
        descriptors = files.isEmpty ? nil : files.count
        threads = SystemFile.names(in: "\(folder)/task").compactMap { task in
            let place = "\(folder)/task/\(task)"
            guard let stat = SystemFile.text("\(place)/stat"), let faults = Self.faults(stat),
                let status = SystemFile.text("\(place)/status")
            else { return nil }
            let words = Self.words(status)
            return Thread(
                name: words["Name"] ?? "", minorFaults: faults.minor, majorFaults: faults.major,
                voluntarySwitches: words["voluntary_ctxt_switches"].flatMap { UInt64($0) } ?? 0,
                involuntarySwitches: words["nonvoluntary_ctxt_switches"].flatMap { UInt64($0) }
                    ?? 0)
        }
    }

    /// The first word behind "Key:" of each line.
    static func words(_ text: String) -> [String: String] {
        var result: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let words = line[line.index(after: colon)...].split { $0 == " " || $0 == "\t" }
            if let first = words.first { result[String(line[..<colon])] = String(first) }
        }
        return result
    }

    /// The lines of "Key: 12 kB".
    static func kibibytes(_ text: String) -> [String: UInt64] {
        let lines = text.split(separator: "\n").filter { $0.hasSuffix(" kB") }
        return words(lines.joined(separator: "\n")).compactMapValues { UInt64($0) }
    }

    /// Fields 10 and 12 of a `stat`; the name in parentheses before may hold blanks.
    static func faults(_ stat: String) -> (minor: UInt64, major: UInt64)? {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 9, let minor = UInt64(fields[7]), let major = UInt64(fields[9])
        else { return nil }
        return (minor, major)
    }
}

/// What the machine did meanwhile.
struct MachineFigures {
    /// Time in which the host ran something else, all cores, hundredths of a second.
    let stealTicks: UInt64
    /// Tasks that run or want to, averaged over a minute.
    let load: Double

    init() {
        let fields = (SystemFile.line("/proc/stat") ?? "").split(separator: " ")
        stealTicks = fields.count > 8 ? UInt64(fields[8]) ?? 0 : 0
        let average = SystemFile.line("/proc/loadavg")?.split(separator: " ").first
        load = average.flatMap { Double($0) } ?? 0
    }
}

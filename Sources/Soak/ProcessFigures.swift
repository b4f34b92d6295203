//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Glibc

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
    /// `nil` where another user's may not be counted.
    let descriptors: Int?
    let threads: [Thread]
    /// Of the whole process, threads that have ended included.
    let minorFaults: UInt64
    let majorFaults: UInt64

    /// - Returns: `nil` when there is no such process.
    init?(of processID: Int32) {
        let folder = "/proc/\(processID)"
        guard let status = KernelFile.read("\(folder)/status"),
            let stat = KernelFile.read("\(folder)/stat"), let faults = Self.faults(stat)
        else { return nil }
        var kib = Self.kibibytes(status)
        if let map = KernelFile.read("\(folder)/smaps_rollup") {
            kib.merge(Self.kibibytes(map)) { first, _ in first }
        }
        self.kib = kib
        (minorFaults, majorFaults) = faults
        descriptors = KernelFile.names(in: "\(folder)/fd")?.count
        threads = (KernelFile.names(in: "\(folder)/task") ?? []).compactMap { task in
            let place = "\(folder)/task/\(task)"
            guard let stat = KernelFile.read("\(place)/stat"), let faults = Self.faults(stat),
                let status = KernelFile.read("\(place)/status")
            else { return nil }
            let words = Self.words(status)
            return Thread(
                name: words["Name"] ?? "", minorFaults: faults.minor, majorFaults: faults.major,
                voluntarySwitches: words["voluntary_ctxt_switches"].flatMap { UInt64($0) } ?? 0,
                involuntarySwitches: words["nonvoluntary_ctxt_switches"].flatMap { UInt64($0) }
                    ?? 0)
        }
    }

    /// "Key: value [unit]" of each line.
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
        var result: [String: UInt64] = [:]
        for line in text.split(separator: "\n") where line.hasSuffix(" kB") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let words = line[line.index(after: colon)...].split { $0 == " " || $0 == "\t" }
            if let first = words.first, let number = UInt64(first) {
                result[String(line[..<colon])] = number
            }
        }
        return result
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
        let first = KernelFile.read("/proc/stat")?.split(separator: "\n").first ?? ""
        let fields = first.split(separator: " ")
        stealTicks = fields.count > 8 ? UInt64(fields[8]) ?? 0 : 0
        let average = KernelFile.read("/proc/loadavg")?.split(separator: " ").first
        load = average.flatMap { Double($0) } ?? 0
    }
}

/// Files that the kernel makes while they are read; their size is told as 0.
enum KernelFile {
    private static let sizeMax = 256 << 10

    static func read(_ path: String) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4_096)
        while bytes.count < sizeMax {
            let count = unsafe block.withUnsafeMutableBytes {
                unsafe Glibc.read(file, $0.baseAddress!, $0.count)
            }
            if count < 0 { return nil }
            if count == 0 { break }
            bytes += block[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func names(in path: String) -> [String]? {
        try? FileManager.default.contentsOfDirectory(atPath: path)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The processor as the kernel describes it.
public struct CPUFacts: Sendable {
    public let model: String
    public let online: [Int]
    /// Other hardware threads of a core's own core.
    public let siblings: [Int: [Int]]
    /// "48KiB L1d, 2048KiB L2, 32768KiB L3" of the first core.
    public let caches: String
    /// Rows of the NUMA distance table, 10 being local.
    public let nodeDistances: [[Int]]

    static func read(_ files: HostFiles) -> CPUFacts {
        let cpu = "/sys/devices/system/cpu"
        let online = files.cores("\(cpu)/online") ?? [0]
        var siblings: [Int: [Int]] = [:]
        for core in online {
            let list = files.cores("\(cpu)/cpu\(core)/topology/thread_siblings_list") ?? [core]
            siblings[core] = list.filter { $0 != core }
        }
        let node = "/sys/devices/system/node"
        var distances: [[Int]] = []
        for number in files.cores("\(node)/online") ?? [] {
            let row = files.line("\(node)/node\(number)/distance") ?? ""
            distances.append(row.split(separator: " ").compactMap { Int($0) })
        }
        return CPUFacts(
            model: field(files, "model name") ?? "unknown", online: online, siblings: siblings,
            caches: caches(files, online.first ?? 0), nodeDistances: distances)
    }

    /// Of the first core: "flags" on x86, "Features" on ARM.
    static func flags(_ files: HostFiles) -> [String] {
        let text = field(files, "flags") ?? field(files, "Features") ?? ""
        return text.split(separator: " ").map(String.init)
    }

    private static func field(_ files: HostFiles, _ name: String) -> String? {
        for line in (files.text("/proc/cpuinfo") ?? "").split(separator: "\n")
        where line.hasPrefix(name) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            return String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return nil
    }

    private static func caches(_ files: HostFiles, _ core: Int) -> String {
        let folder = "/sys/devices/system/cpu/cpu\(core)/cache"
        return files.names(folder).filter { $0.hasPrefix("index") }.compactMap { name -> String? in
            guard let level = files.integer("\(folder)/\(name)/level"),
                let type = files.line("\(folder)/\(name)/type"), type != "Instruction"
            else { return nil }
            let size = files.line("\(folder)/\(name)/size").map { "\($0)iB" } ?? "?"
            return "\(size) L\(level)\(type == "Data" && level == 1 ? "d" : "")"
        }.joined(separator: ", ")
    }
}

/// Parameters the kernel was started with.
struct BootParameters: Sendable {
    private let words: [Substring]

    init(_ files: HostFiles) {
        // What follows "--" is for the first process.
        let line = files.line("/proc/cmdline") ?? ""
        words = Array(line.split(separator: " ").prefix { $0 != "--" })
    }

    /// The last value of `name=value`; "" for `name` alone.
    func value(_ name: String) -> String? {
        for word in words.reversed() {
            if word == name { return "" }
            if word.hasPrefix(name + "=") { return String(word.dropFirst(name.count + 1)) }
        }
        return nil
    }

    /// Cores of "managed_irq,domain,2-5".
    func cores(_ name: String) -> [Int]? {
        guard let value = value(name) else { return nil }
        let numbers = value.split(separator: ",").filter { $0.first?.isNumber == true }
        return CoreList.cores(numbers.joined(separator: ","))
    }
}

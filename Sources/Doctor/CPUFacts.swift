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
    /// Cores that share the last-level cache with a core, itself among them.
    public let sharedCache: [Int: [Int]]
    /// "48 KiB L1d, 2 MiB L2, 32 MiB L3" of the first core.
    public let caches: String
    public let nodeOfCore: [Int: Int]
    /// Rows of the NUMA distance table, 10 being local.
    public let nodeDistances: [[Int]]

    static func read(_ files: HostFiles) -> CPUFacts {
        let cpu = "/sys/devices/system/cpu"
        let online = files.cores("\(cpu)/online") ?? [0]
        var siblings: [Int: [Int]] = [:]
        var shared: [Int: [Int]] = [:]
        for core in online {
            let list = files.cores("\(cpu)/cpu\(core)/topology/thread_siblings_list") ?? [core]
            siblings[core] = list.filter { $0 != core }
            shared[core] = cacheLevels(files, core).max { $0.level < $1.level }?.cores ?? [core]
        }
        let node = "/sys/devices/system/node"
        var nodeOfCore: [Int: Int] = [:]
        var distances: [[Int]] = []
        for number in files.cores("\(node)/online") ?? [] {
            for core in files.cores("\(node)/node\(number)/cpulist") ?? [] {
                nodeOfCore[core] = number
            }
            let row = files.line("\(node)/node\(number)/distance") ?? ""
            distances.append(row.split(separator: " ").compactMap { Int($0) })
        }
        let caches = cacheLevels(files, online.first ?? 0)
            .map { "\($0.size) L\($0.level)\($0.suffix)" }.joined(separator: ", ")
        return CPUFacts(
            model: field(files, "model name") ?? "unknown", online: online, siblings: siblings,
            sharedCache: shared, caches: caches, nodeOfCore: nodeOfCore,
            nodeDistances: distances)
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

    private struct CacheLevel {
        let level: Int
        let suffix: String
        let size: String
        let cores: [Int]
    }

    private static func cacheLevels(_ files: HostFiles, _ core: Int) -> [CacheLevel] {
        let folder = "/sys/devices/system/cpu/cpu\(core)/cache"
        return files.names(folder).filter { $0.hasPrefix("index") }.compactMap { name in
            guard let level = files.integer("\(folder)/\(name)/level"),
                let type = files.line("\(folder)/\(name)/type"), type != "Instruction"
            else { return nil }
            return CacheLevel(
                level: level, suffix: type == "Data" && level == 1 ? "d" : "",
                size: files.line("\(folder)/\(name)/size").map { "\($0)iB" } ?? "?",
                cores: files.cores("\(folder)/\(name)/shared_cpu_list") ?? [core])
        }
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

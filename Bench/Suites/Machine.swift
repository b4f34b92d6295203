//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CPlatform
import Platform
import Synchronization

/// What a figure depends on, printed with every result.
struct Machine {
    let model: String
    let coreCount: Int
    let governor: String
    let isolatedCores: String
    /// Cores whose ticks stop while one thread runs there alone.
    let ticklessCores: String
    let kernel: String
    /// Who made the virtual machine; "none" on a machine of its own.
    let hypervisor: String
    let clockStepNs: Double
    let loadAverage: String

    init(_ bench: Bench) {
        var name = [CChar](repeating: 0, count: 128)
        let result = unsafe apus_cpu_model(&name, name.count)
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        model = result >= 0 ? String(decoding: bytes, as: UTF8.self) : "unknown"
        coreCount = Platform.coreCount()
        let cpu = "/sys/devices/system/cpu"
        governor = SystemFile.line("\(cpu)/cpu0/cpufreq/scaling_governor") ?? "none"
        isolatedCores = SystemFile.line("\(cpu)/isolated") ?? "none"
        ticklessCores =
            SystemFile.line("\(cpu)/nohz_full").flatMap { $0 == "(null)" ? nil : $0 } ?? "none"
        kernel = SystemFile.line("/proc/sys/kernel/osrelease") ?? "unknown"
        hypervisor = Self.hypervisor()
        clockStepNs = bench.clockStepNs()
        loadAverage = Self.load()
    }

    /// Runnable threads, mean of the last minute.
    static func load() -> String {
        SystemFile.line("/proc/loadavg")?.split(separator: " ").first.map(String.init)
            ?? "unknown"
    }

    /// Source: the flag `hypervisor` of the processor, and the firmware's name for its maker.
    private static func hypervisor() -> String {
        let flags = SystemFile.text("/proc/cpuinfo")?.split(separator: "\n")
            .first { $0.hasPrefix("flags") }
        guard flags?.contains(" hypervisor") == true else { return "none" }
        return SystemFile.line("/sys/class/dmi/id/sys_vendor") ?? "of unknown make"
    }

    /// Ticks that the machine's cores spent in all, and those the host took away.
    /// Source: proc(5), first line of /proc/stat.
    static func processorTicks() -> (all: UInt64, stolen: UInt64) {
        let line = SystemFile.line("/proc/stat") ?? ""
        let numbers = line.split(separator: " ").compactMap { UInt64($0) }
        guard numbers.count >= 8 else { return (0, 0) }
        return (numbers.prefix(8).reduce(0, &+), numbers[7])
    }
}

/// How long a cache line takes from one core to the other: tells "near" from "far" pairs.
struct PingPong {
    /// Nanoseconds one way; median of the batches.
    let oneWayNs: Double

    var place: String { CoreDistance(oneWayNs: oneWayNs).rawValue }

    /// `nil` with one core only.
    init?(_ bench: Bench) {
        guard let cores = CorePair.available(bench.mode) else { return nil }
        let batchCount = bench.parameter(smoke: 2, full: 51)
        let trips = bench.parameter(smoke: 10, full: 1_000)
        let line = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 128)
        unsafe line.initializeMemory(as: UInt8.self, repeating: 0, count: 128)
        let word = unsafe line.assumingMemoryBound(to: Atomic<UInt64>.self)
        let last = UInt64(2 * batchCount * trips)
        let partner = PartnerThread(core: cores.second) {
            var next: UInt64 = 1
            while next < last {
                var waiting = Waiting()
                while unsafe word.pointee.load(ordering: .acquiring) != next { waiting.pause() }
                unsafe word.pointee.store(next &+ 1, ordering: .releasing)
                next &+= 2
            }
        }
        var times: [Double] = []
        var next: UInt64 = 0
        for _ in 0..<batchCount {
            let start = apus_tsc()
            for _ in 0..<trips {
                unsafe word.pointee.store(next &+ 1, ordering: .releasing)
                next &+= 2
                var waiting = Waiting()
                while unsafe word.pointee.load(ordering: .acquiring) != next { waiting.pause() }
            }
            times.append(bench.ns(apus_tsc() &- start) / Double(2 * trips))
        }
        partner.join()
        unsafe line.deallocate()
        oneWayNs = times.sorted()[batchCount / 2]
    }
}

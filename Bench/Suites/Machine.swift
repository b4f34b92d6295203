//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
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
        model = HostFacts.processor
        coreCount = Platform.coreCount()
        governor = HostFacts.governor
        isolatedCores = HostFacts.isolatedCores
        ticklessCores = HostFacts.ticklessCores
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

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform

/// What a measurement tells of the machine it was made on. Cold code.
public enum HostFacts {
    private static let folder = "/sys/devices/system/cpu"

    /// The processor's model as the kernel names it.
    public static var processor: String {
        var name = [CChar](repeating: 0, count: 128)
        guard unsafe apus_cpu_model(&name, name.count) >= 0 else { return "unknown" }
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What sets the first core's clock; "none" where the machine does not say.
    public static var governor: String {
        SystemFile.line("\(folder)/cpu0/cpufreq/scaling_governor") ?? "none"
    }

    /// Cores that the scheduler leaves alone, as in "2-7"; "none" where there are none.
    public static var isolatedCores: String { SystemFile.line("\(folder)/isolated") ?? "none" }

    /// Cores whose ticks stop while one thread runs there alone; "none" where there are none.
    public static var ticklessCores: String {
        SystemFile.line("\(folder)/nohz_full").flatMap { $0 == "(null)" ? nil : $0 } ?? "none"
    }
}

/// Ticks that all cores had so far, and those of them that the host took away.
public struct ProcessorTicks: Sendable {
    private let all: UInt64
    private let stolen: UInt64

    /// Of now. Source: proc(5), first line of /proc/stat.
    public init() {
        let numbers = (SystemFile.line("/proc/stat") ?? "").split(separator: " ")
            .compactMap { UInt64($0) }
        let isKnown = numbers.count >= 8
        all = isKnown ? numbers.prefix(8).reduce(0, &+) : 0
        stolen = isKnown ? numbers[7] : 0
    }

    /// Share of the cores' time since `earlier` that the host took away, percent.
    public func stealPercent(since earlier: ProcessorTicks) -> Double {
        let ticks = all &- earlier.all
        return ticks > 0 ? 100 * Double(stolen &- earlier.stolen) / Double(ticks) : 0
    }
}

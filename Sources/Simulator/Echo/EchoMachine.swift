//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import Platform

/// What the figures depend on.
struct EchoMachine: Codable, Equatable {
    let processor: String
    let usableCores: [Int]
    let venueCore: Int
    let clientCore: Int
    let governor: String
    let isolatedCores: String
    let loadBefore: String
    var loadAfter = ""
    /// Of all processor time since the start, what the host took away: percent.
    var stealPercent = 0.0
    private let ticksBefore: Ticks

    private struct Ticks: Codable, Equatable {
        var all: UInt64 = 0
        var stolen: UInt64 = 0

        /// Source: proc(5), first line of /proc/stat.
        init() {
            let numbers = EchoMachine.line("/proc/stat").split(separator: " ")
                .compactMap { UInt64($0) }
            guard numbers.count >= 8 else { return }
            all = numbers.prefix(8).reduce(0, &+)
            stolen = numbers[7]
        }
    }

    init(_ options: EchoOptions) {
        var name = [CChar](repeating: 0, count: 128)
        let isKnown = unsafe apus_cpu_model(&name, name.count) >= 0
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        processor = isKnown ? String(decoding: bytes, as: UTF8.self) : "unknown"
        usableCores = Platform.usableCores()
        venueCore = options.venueCore
        clientCore = options.clientCore
        let cpu = "/sys/devices/system/cpu"
        governor = Self.line("\(cpu)/cpu0/cpufreq/scaling_governor")
        isolatedCores = Self.line("\(cpu)/isolated")
        loadBefore = Self.load
        ticksBefore = Ticks()
    }

    mutating func finish() {
        loadAfter = Self.load
        let now = Ticks()
        let all = now.all &- ticksBefore.all
        if all > 0 { stealPercent = 100 * Double(now.stolen &- ticksBefore.stolen) / Double(all) }
    }

    private static var load: String {
        line("/proc/loadavg").split(separator: " ").prefix(3).joined(separator: " ")
    }

    private static func line(_ path: String) -> String {
        SystemFile.line(path) ?? "none"
    }

    var text: String {
        "\(processor), cores \(usableCores.map(String.init).joined(separator: ",")), venue on "
            + "\(venueCore), clients on \(clientCore), governor \(governor), isolated "
            + "\(isolatedCores), load \(loadBefore) before and \(loadAfter) after, steal "
            + "\((stealPercent * 100).rounded() / 100) %"
    }
}

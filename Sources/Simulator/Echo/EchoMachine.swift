//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform

/// What the figures depend on.
struct EchoMachine: Encodable {
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

    init(_ options: EchoOptions) {
        processor = HostFacts.processor
        usableCores = Platform.usableCores()
        venueCore = options.venueCore
        clientCore = options.clientCore
        governor = HostFacts.governor
        isolatedCores = HostFacts.isolatedCores
        loadBefore = Self.load
    }

    mutating func finish(since ticks: ProcessorTicks) {
        loadAfter = Self.load
        stealPercent = ProcessorTicks().stealPercent(since: ticks)
    }

    /// Runnable threads, means of 1, 5 and 15 minutes.
    private static var load: String {
        (SystemFile.line("/proc/loadavg") ?? "unknown").split(separator: " ").prefix(3)
            .joined(separator: " ")
    }

    var text: String {
        "\(processor), cores \(usableCores.map(String.init).joined(separator: ",")), venue on "
            + "\(venueCore), clients on \(clientCore), governor \(governor), isolated "
            + "\(isolatedCores), load \(loadBefore) before and \(loadAfter) after, steal "
            + "\((stealPercent * 100).rounded() / 100) %"
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CDoctor
import Platform

extension HostFacts {
    /// Network interfaces that belong to a device.
    var networkSection: FindingSection {
        let folder = "/sys/class/net"
        let names = files.names(folder).filter { !files.names("\(folder)/\($0)/device").isEmpty }
        var findings = names.flatMap { interfaceFindings($0, "\(folder)/\($0)") }
        if names.isEmpty {
            findings.append(
                .fixed("interfaces", "none of a device",
                    kind.container != nil
                        ? "a container's interfaces are virtual: see the machine outside"
                        : "only loopback and virtual ones"))
        }
        findings.append(busyPollFinding)
        return FindingSection(title: "network", findings: findings)
    }

    private var busyPollFinding: Finding {
        let read = files.integer("/proc/sys/net/core/busy_read")
        let poll = files.integer("/proc/sys/net/core/busy_poll")
        guard let read, let poll else {
            return .fixed("busy poll", "not there", "this kernel has no CONFIG_NET_RX_BUSY_POLL")
        }
        return judge(
            "busy poll", "/proc/sys/net/core/busy_read",
            value: "read \(read) µs, poll \(poll) µs",
            isGood: read > 0 && poll > 0,
            "a receive that finds nothing returns before the driver has been asked",
            knob: "busy-poll")
    }

    private func interfaceFindings(_ name: String, _ folder: String) -> [Finding] {
        let driver = files.link("\(folder)/device/driver")?.split(separator: "/").last ?? "?"
        let rings = files.names("\(folder)/queues")
        let receiving = rings.count { $0.hasPrefix("rx-") }
        let sending = rings.count { $0.hasPrefix("tx-") }
        let node = files.integer("\(folder)/device/numa_node").map { ", NUMA node \($0)" } ?? ""
        let state = files.line("\(folder)/operstate") ?? "?"
        var findings = [
            Finding.figure(
                name,
                "\(driver), \(receiving) receive and \(sending) transmit queues",
                "\(state)\(node)")
        ]
        guard files.root.isEmpty else { return findings }
        var facts = InterfaceFacts()
        let result = unsafe apus_interface_read(name, &facts)
        guard result == 0 else {
            findings.append(
                .fixed("\(name) driver", "does not answer",
                    "\(PlatformError(operation: "ask \(name)", code: -result))"))
            return findings
        }
        findings.append(coalescingFinding(name, facts))
        findings.append(offloadFinding(name, facts))
        return findings
    }

    private func coalescingFinding(_ name: String, _ facts: InterfaceFacts) -> Finding {
        let title = "\(name) coalescing"
        guard facts.receiveMicroseconds >= 0 else {
            return .fixed(title, "not told", "the driver has no such setting")
        }
        let text = "\(facts.receiveMicroseconds) µs"
            + (facts.isAdaptive == 1 ? ", adaptive" : "")
        if facts.receiveMicroseconds == 0, facts.isAdaptive != 1 { return .good(title, text) }
        return .improvable(
            title, text, "the interface waits before it tells of a frame", knob: "nic-coalescing")
    }

    private func offloadFinding(_ name: String, _ facts: InterfaceFacts) -> Finding {
        let all = [("gro", facts.gro), ("lro", facts.lro), ("tso", facts.tso), ("gso", facts.gso)]
        let on = all.filter { $0.1 == 1 }.map(\.0)
        let title = "\(name) offloads"
        let text = on.isEmpty ? "none on" : "on: " + on.joined(separator: " ")
        if facts.gro != 1, facts.lro != 1 { return .good(title, text) }
        return .improvable(
            title, text, "merging received frames holds the first one back",
            knob: "nic-offloads")
    }
}

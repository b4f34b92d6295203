//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform

/// What the findings are made from: read, not measured. Settings are read when their section is
/// asked for.
public struct HostFacts: Sendable {
    let files: HostFiles
    public let kind: HostKind
    public let cpu: CPUFacts
    /// Cores whose findings matter: those that were measured.
    public let cores: [Int]
    let boot: BootParameters

    static func read(_ files: HostFiles, cores: [Int]) -> HostFacts {
        HostFacts(
            files: files, kind: HostKind.detect(files), cpu: CPUFacts.read(files), cores: cores,
            boot: BootParameters(files))
    }

    /// A finding on a file that holds one value: good when `isGood`, else improvable, or fixed
    /// where the file cannot be written at all.
    func judge(
        _ name: String, _ path: String, value: String, isGood: Bool, _ reason: String,
        knob: String
    ) -> Finding {
        if isGood { return .good(name, value) }
        if kind.container != nil, !SystemFile.isWritable(files.root + path) {
            return .fixed(name, value, "\(reason); a container may not write \(path)")
        }
        return .improvable(name, value, reason, knob: knob)
    }

    /// As `judge`, of a file with 0 for off, which is good; `nil` without it.
    func judgeSwitch(
        _ name: String, _ path: String, _ reason: String, knob: String
    ) -> Finding? {
        guard let value = files.integer(path) else { return nil }
        return judge(
            name, path, value: value == 0 ? "off" : "on", isGood: value == 0, reason, knob: knob)
    }

    var machineSection: FindingSection {
        var findings = [
            Finding.figure("processor", cpu.model, cpu.caches),
            .figure("cores", "\(CoreList.text(cpu.online)) online, "
                + "\(CoreList.text(usableCores())) usable", smtText),
            .figure("kernel", files.line("/proc/sys/kernel/osrelease") ?? "unknown",
                files.line("/proc/sys/kernel/version") ?? ""),
        ]
        if let hypervisor = kind.hypervisor {
            findings.append(
                .fixed("virtual machine", hypervisor,
                    "the host's scheduler, clock speed and idle states are out of reach: stalls "
                        + "come from there"))
        } else {
            findings.append(.good("virtual machine", "no"))
        }
        if let container = kind.container {
            findings.append(
                .fixed("container", "yes: \(container)",
                    "knobs of the kernel belong to the machine outside"))
        } else {
            findings.append(
                .good("container", "no",
                    kind.hasContainerMarks
                        ? "files of a container image, but the machine's own namespaces" : ""))
        }
        findings.append(numaFinding)
        return FindingSection(title: "machine", findings: findings)
    }

    private var smtText: String {
        let pairs = Set(cores.compactMap { core -> String? in
            guard let others = cpu.siblings[core], !others.isEmpty else { return nil }
            return CoreList.text([core] + others)
        })
        return pairs.isEmpty
            ? "no hardware threads share a core" + (kind.isVirtual ? ", as the host tells" : "")
            : "share a core: " + pairs.sorted().joined(separator: "; ")
    }

    private var numaFinding: Finding {
        guard cpu.nodeDistances.count > 1 else {
            return .good("NUMA", "1 node")
        }
        let rows = cpu.nodeDistances.map { $0.map(String.init).joined(separator: " ") }
        return .figure(
            "NUMA", "\(cpu.nodeDistances.count) nodes, distances \(rows.joined(separator: " / "))",
            "keep the path's cores and the network interface on one node")
    }
}

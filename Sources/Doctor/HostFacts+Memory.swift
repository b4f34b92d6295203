//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CDoctor
import Platform

extension HostFacts {
    var memorySection: FindingSection {
        FindingSection(
            title: "memory and limits",
            findings: [
                hugePagesFinding, collapseFinding, samePagesFinding, balancingFinding,
                swapFinding, lockFinding, priorityFinding, quotaFinding,
            ].compactMap { $0 })
    }

    private var hugePagesFinding: Finding? {
        let path = "/sys/kernel/mm/transparent_hugepage/enabled"
        guard let value = files.chosen(path) else { return nil }
        return judge(
            "transparent huge pages", path, value: value, isGood: value != "always",
            "faults may wait for memory to be compacted", knob: "huge-pages")
    }

    private var collapseFinding: Finding? {
        judgeSwitch(
            "compaction by khugepaged",
            "/sys/kernel/mm/transparent_hugepage/khugepaged/defrag",
            "it moves pages under running programs", knob: "huge-pages")
    }

    private var samePagesFinding: Finding? {
        let path = "/sys/kernel/mm/ksm/run"
        guard let value = files.integer(path) else { return nil }
        return judge(
            "merging of same pages", path, value: value == 1 ? "on" : "off", isGood: value != 1,
            "a write to a merged page faults", knob: "same-pages")
    }

    private var balancingFinding: Finding? {
        judgeSwitch(
            "NUMA balancing", "/proc/sys/kernel/numa_balancing",
            "it unmaps pages to see who uses them: each costs a fault", knob: "numa-balancing")
    }

    private var swapFinding: Finding? {
        let path = "/proc/sys/vm/swappiness"
        guard let value = files.integer(path) else { return nil }
        let hasSwap = (files.text("/proc/swaps") ?? "").split(separator: "\n").count > 1
        return judge(
            "swappiness", path, value: "\(value), \(hasSwap ? "with" : "no") swap",
            isGood: value <= 10, "idle pages of what is not locked are paged out",
            knob: "swappiness")
    }

    /// The engine goes by the limit, whatever CAP_IPC_LOCK would allow.
    private var lockFinding: Finding {
        let limit = memoryLockLimit()
        let text = limit == .max ? "unlimited" : "\(limit >> 20) MiB"
        if limit >= 512 << 20 { return .good("locked memory", text) }
        return .improvable(
            "locked memory", text, "the engine needs 512 MiB at least", knob: "memlock")
    }

    private var priorityFinding: Finding {
        let limit = apus_priority_limit()
        if apus_may_use_fifo() != 0 { return .good("SCHED_FIFO", "allowed") }
        return .improvable(
            "SCHED_FIFO", "not allowed, limit \(limit)",
            "only needed where placement.threads asks for a priority", knob: "rtprio")
    }

    /// Of the control group: a quota stops all threads for the rest of each period.
    private var quotaFinding: Finding {
        let group = (files.text("/proc/self/cgroup") ?? "").split(separator: "\n")
        let unified = group.first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) } ?? "/"
        let paths = ["/sys/fs/cgroup\(unified)/cpu.max", "/sys/fs/cgroup/cpu.max"]
        if let words = paths.lazy.compactMap({ files.line($0) }).first?.split(separator: " "),
            words.count == 2, let quota = Double(words[0]), let period = Double(words[1])
        {
            return quotaFinding(quota: quota, period: period)
        }
        let old = "/sys/fs/cgroup/cpu"
        if let quota = files.integer("\(old)/cpu.cfs_quota_us"), quota > 0,
            let period = files.integer("\(old)/cpu.cfs_period_us")
        {
            return quotaFinding(quota: Double(quota), period: Double(period))
        }
        return .good("processor quota", "none")
    }

    private func quotaFinding(quota: Double, period: Double) -> Finding {
        .fixed(
            "processor quota", "\(quota / max(1, period)) cores",
            "the group's quota stops every thread of it for the rest of each period; whoever "
                + "made the group must lift it")
    }
}

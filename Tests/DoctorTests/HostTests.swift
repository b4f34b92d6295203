//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform
import Testing

@testable import Doctor

@Suite("What the kernel says of the machine")
struct HostTests {
    @Test(arguments: [
        ("", []), ("0", [0]), ("0-3,8", [0, 1, 2, 3, 8]), ("2,1", [1, 2]), (" 5 \n", [5]),
    ] as [(String, [Int])])
    func `a list of cores is read`(_ text: String, _ cores: [Int]) {
        #expect(CoreList.cores(text) == cores)
        #expect(CoreList.cores(CoreList.text(cores)) == cores)
    }

    @Test(arguments: ["a", "3-1", "1-", "-", "1-2-3", "5000", "0-99999999999999999999", "-1"])
    func `what is no list of cores is refused`(_ text: String) {
        #expect(CoreList.cores(text) == nil)
    }

    @Test func `a mask is read from the right, in words`() {
        #expect(CoreMask.cores("f") == [0, 1, 2, 3])
        #expect(CoreMask.cores("1,00000002") == [1, 32])
        #expect(CoreMask.cores("x") == nil)
    }

    @Test func `a machine, a virtual machine and a container are told apart`() throws {
        let metal = try HostTree()
        try metal.put("/proc/cpuinfo", "flags\t\t: fpu tsc")
        try metal.link("/proc/self/ns/pid", to: HostKind.firstNamespace)
        #expect(HostKind.detect(metal.files, vendor: "") == HostKind(
            hypervisor: nil, container: nil, hasContainerMarks: false))

        let guest = try HostTree()
        try guest.put("/proc/cpuinfo", "flags\t\t: fpu tsc hypervisor")
        try guest.put("/proc/cmdline", "quiet -- --firecracker-init")
        try guest.put("/.dockerenv", "")
        try guest.link("/proc/self/ns/pid", to: HostKind.firstNamespace)
        #expect(HostKind.detect(guest.files, vendor: "KVMKVMKVM") == HostKind(
            hypervisor: "KVM (Firecracker)", container: nil, hasContainerMarks: true))

        let inside = try HostTree()
        try inside.put("/.dockerenv", "")
        try inside.link("/proc/self/ns/pid", to: "pid:[4026532001]")
        let kind = HostKind.detect(inside.files, vendor: "")
        #expect(kind.container == "/.dockerenv")
        #expect(!kind.isVirtual)
    }

    @Test func `settings that cost latency are named with their knob`() throws {
        let tree = try HostTree()
        try tree.put("/sys/devices/system/cpu/online", "0-3")
        try tree.put("/sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "powersave")
        try tree.put("/sys/devices/system/cpu/cpuidle/current_driver", "intel_idle")
        try tree.put("/sys/devices/system/cpu/cpu2/cpuidle/state1/latency", "133")
        try tree.put("/sys/devices/system/cpu/cpu2/cpuidle/state1/disable", "0")
        try tree.put("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never")
        try tree.put("/proc/sys/kernel/numa_balancing", "1")
        try tree.put("/proc/sys/vm/swappiness", "60")
        try tree.put("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"\"")
        let facts = HostFacts.read(tree.files, cores: [2])
        let knobs = [facts.powerSection, facts.memorySection, facts.kernelSection]
            .flatMap(\.findings).compactMap(\.knob)
        let wanted: Set<String> = [
            "governor", "idle-states", "huge-pages", "numa-balancing", "swappiness", "boot",
        ]
        #expect(wanted.isSubset(of: knobs), "\(knobs)")
    }

    @Test func `what a virtual machine lacks cannot be changed, and is told why`() throws {
        let tree = try HostTree()
        try tree.put("/proc/cpuinfo", "flags\t\t: hypervisor")
        let facts = HostFacts.read(tree.files, cores: [0])
        let findings = facts.powerSection.findings
            + facts.kernelSection.findings.filter { $0.name == "cores without tick" }
        #expect(findings.count >= 3)
        for finding in findings {
            #expect(finding.verdict == .fixed, "\(finding)")
            #expect(!finding.reason.isEmpty, "\(finding)")
        }
    }

    @Test func `a quota of a control group is told in cores`() throws {
        let tree = try HostTree()
        try tree.put("/proc/self/cgroup", "0::/pod")
        try tree.put("/sys/fs/cgroup/pod/cpu.max", "150000 100000")
        let findings = HostFacts.read(tree.files, cores: [0]).memorySection.findings
        let quota = findings.first { $0.name == "processor quota" }
        #expect(quota?.value == "1.5 cores")
        #expect(quota?.verdict == .fixed)
        try tree.put("/sys/fs/cgroup/pod/cpu.max", "max 100000")
        let free = HostFacts.read(tree.files, cores: [0]).memorySection.findings
        #expect(free.first { $0.name == "processor quota" }?.verdict == .good)
    }

    @Test func `boot parameters behind two dashes are the first process's`() throws {
        let tree = try HostTree()
        try tree.put(
            "/proc/cmdline", "quiet rcu_nocbs=2-3 isolcpus=managed_irq,domain,2,3 -- nohz_full=1")
        let boot = BootParameters(tree.files)
        #expect(boot.cores("rcu_nocbs") == [2, 3])
        #expect(boot.cores("isolcpus") == [2, 3])
        #expect(boot.value("nohz_full") == nil)
        #expect(boot.value("quiet") == "")
    }
}

@Suite("Counts of the kernel")
struct KernelCountsTests {
    static let interrupts = """
                   CPU0       CPU2
         36:          5         10   PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0
        LOC:       1000       2000   Local timer interrupts
        ERR:          0
        """
    static let later = """
                   CPU0       CPU2
         36:          5         17   PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0
        LOC:       1250       2250   Local timer interrupts
        ERR:          0
        """

    static func counts(_ interrupts: String, stat: String) -> KernelCounts {
        KernelCounts(interrupts: interrupts, softInterrupts: "", stat: stat)
    }

    @Test func `growth is told by core, largest first, with cores that are offline left out`() {
        let before = Self.counts(Self.interrupts, stat: "")
        let after = Self.counts(Self.later, stat: "")
        let grown = after.interrupts(since: before, core: 2)
        #expect(grown.map(\.0) == ["LOC Local timer interrupts", "36 virtio1-req.0"])
        #expect(grown.map(\.1) == [250, 7])
        #expect(after.interrupts(since: before, core: 0).map(\.1) == [250])
        #expect(after.interrupts(since: before, core: 1).isEmpty)
    }

    @Test func `stolen time is the eighth column of a core's line`() {
        let stat = "cpu  1 2 3 4 5 6 7 80 9 10\ncpu0 1 2 3 4 5 6 7 30 9 10\nctxt 5\n"
        let later = "cpu  1 2 3 4 5 6 7 85 9 10\ncpu0 1 2 3 4 5 6 7 34 9 10\nctxt 5\n"
        let before = Self.counts("", stat: stat)
        #expect(Self.counts("", stat: later).stolenMs(since: before, core: 0) == 40)
        #expect(Self.counts("", stat: later).stolenMs(since: before, core: 1) == nil)
    }

    @Test(arguments: ["", "CPU0", "x\n: 1\n", "CPU0 CPU1\n1: 5\n2:\n", "CPU0\n 7: many none"])
    func `text of another form is no count and no harm`(_ text: String) {
        let counts = KernelCounts(interrupts: text, softInterrupts: text, stat: text)
        #expect(counts.interrupts.isEmpty)
        #expect(counts.stolenTicks.isEmpty)
    }
}

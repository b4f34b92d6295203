//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform
import SeededRandom
import Testing

@Suite("Applying and reverting")
struct TuningTests {
    static let cpu = "/sys/devices/system/cpu"
    static let pages = "/sys/kernel/mm/transparent_hugepage"

    /// A bare-metal machine of `coreCount` cores that has everything, each setting drawn.
    static func machine(seed: UInt64, coreCount: Int = 8) throws -> HostTree {
        var random = SplitMix64(seed: seed)
        let tree = try HostTree()
        func one(of texts: [String]) -> String { texts[random.below(texts.count)] }
        try tree.put("\(cpu)/online", "0-\(coreCount - 1)")
        try tree.put("\(cpu)/nohz_full", "")
        for core in 0..<coreCount {
            let folder = "\(cpu)/cpu\(core)"
            try tree.put("\(folder)/cpufreq/scaling_available_governors", "performance powersave")
            try tree.put(
                "\(folder)/cpufreq/scaling_governor", one(of: ["performance", "powersave"]))
            for (state, latency) in [0, 1, 133].enumerated() {
                try tree.put("\(folder)/cpuidle/state\(state)/latency", "\(latency)")
                try tree.put("\(folder)/cpuidle/state\(state)/disable", one(of: ["0", "1"]))
            }
        }
        try tree.put(
            "\(pages)/enabled",
            one(of: ["[always] madvise never", "always [madvise] never", "always madvise [never]"]))
        try tree.put(
            "\(pages)/defrag",
            one(of: [
                "[always] defer defer+madvise madvise never",
                "always defer defer+madvise [madvise] never",
            ]))
        try tree.put("\(pages)/khugepaged/defrag", one(of: ["0", "1"]))
        try tree.put("/sys/kernel/mm/ksm/run", one(of: ["0", "1"]))
        try tree.put("/proc/sys/kernel/numa_balancing", one(of: ["0", "1"]))
        try tree.put("/proc/sys/vm/swappiness", "\(random.below(101))")
        try tree.put("/proc/sys/vm/stat_interval", "\(1 + random.below(20))")
        try tree.put("/proc/sys/kernel/nmi_watchdog", one(of: ["0", "1"]))
        try tree.put("/proc/sys/kernel/sched_rt_runtime_us", one(of: ["950000", "-1"]))
        try tree.put("/sys/devices/virtual/workqueue/cpumask", "ff")
        try tree.put("/proc/irq/default_smp_affinity", "ff")
        for number in [1, 11, 111] {
            try tree.put("/proc/irq/\(number)/smp_affinity_list", one(of: ["0-7", "3", "0,2"]))
        }
        for name in ["busy_read", "busy_poll"] {
            try tree.put("/proc/sys/net/core/\(name)", one(of: ["0", "50", "100"]))
        }
        try tree.put("/etc/security/limits.d/README", "kept")
        try tree.put("/sys/class/net/eth0/device/vendor", "0x1af4")
        try tree.put(
            "/etc/default/grub",
            "GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX=\"quiet\(one(of: ["", " isolcpus=1"]))\"")
        try tree.put("/proc/cpuinfo", "flags\t\t: fpu tsc")
        try tree.put("/proc/sys/kernel/random/boot_id", "one")
        return tree
    }

    /// An `ethtool` that keeps its settings in files beside it.
    static func ethtool(in tree: HostTree) throws -> String {
        try tree.put("/ethtool.rx-usecs", "50")
        try tree.put("/ethtool.adaptive-rx", "on")
        try tree.put("/ethtool.gro", "on")
        let script = """
            #!/bin/bash
            here="$(dirname "$0")"
            case "$1" in
                -c) echo "Adaptive RX: $(cat "$here/ethtool.adaptive-rx")  TX: n/a"
                    echo "rx-usecs: $(cat "$here/ethtool.rx-usecs")"
                    echo "tx-usecs: n/a" ;;
                -k) echo "generic-receive-offload: $(cat "$here/ethtool.gro")"
                    echo "large-receive-offload: off [fixed]" ;;
                -C | -K) echo "$4" > "$here/ethtool.$3" ;;
            esac
            """
        try tree.put("/ethtool", script)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: tree.path + "/ethtool")
        return "APUS_ETHTOOL='\(tree.path)/ethtool' "
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `what apply sets, revert sets back to the byte`(_ seed: UInt64) throws {
        let tree = try Self.machine(seed: seed)
        let environment = try Self.ethtool(in: tree)
        try tree.put("/proc/irq/11/smp_affinity_list", "0-7")
        try tree.put("/proc/irq/111/smp_affinity_list", "5")
        let before = tree.contents()
        let tuning = Tuning(tree: tree)
        let all = try Tuning.knobs().joined(separator: ",")
        let arguments = ["--cores", "4-7", "--boot", "--only", all]

        let first = try tuning.run("apply", arguments, environment: environment)
        #expect(first.status == 0, "seed \(seed): \(first.text)")
        let applied = tree.contents()
        #expect(tree.text("/proc/irq/11/smp_affinity_list") == "0,1,2,3\n", "\(first.text)")
        #expect(tree.text("/proc/irq/111/smp_affinity_list") == "0,1,2,3\n", "\(first.text)")
        #expect(tree.text("/sys/devices/virtual/workqueue/cpumask") == "f\n")
        #expect(tree.text("\(Self.cpu)/cpu5/cpuidle/state2/disable") == "1\n")
        #expect(tree.text("/ethtool.gro") == "off\n")
        #expect(tree.text("/ethtool.rx-usecs") == "0\n")
        let grub = tree.text("/etc/default/grub") ?? ""
        #expect(
            grub.contains(
                "\"quiet isolcpus=managed_irq,domain,4-7 rcu_nocbs=4-7 nohz_full=4-7\""),
            "\(grub)")

        // A second time changes nothing, and forgets nothing.
        let second = try tuning.run("apply", arguments, environment: environment)
        #expect(second.status == 0, "seed \(seed): \(second.text)")
        #expect(tree.contents() == applied)

        let back = try tuning.run("revert", [], environment: environment)
        #expect(back.status == 0, "seed \(seed): \(back.text)")
        #expect(tree.contents() == before, "seed \(seed): \(back.text)")
        let again = try tuning.run("revert", [], environment: environment)
        #expect(again.status == 0)
        #expect(again.text.contains("nothing to set back"))
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `one knob alone goes and comes back without the others`(_ seed: UInt64) throws {
        for knob in try Tuning.knobs() {
            let tree = try Self.machine(seed: seed)
            let before = tree.contents()
            let tuning = Tuning(tree: tree)
            let arguments = ["--cores", "4-7", "--boot", "--only", knob]
            #expect(try tuning.run("apply", arguments).status == 0, "\(knob)")
            #expect(try tuning.run("revert", ["--only", knob]).status == 0, "\(knob)")
            #expect(tree.contents() == before, "\(knob), seed \(seed)")
        }
    }

    @Test func `a dry run and a list change nothing`() throws {
        let tree = try Self.machine(seed: 4)
        let before = tree.contents()
        let tuning = Tuning(tree: tree)
        for option in ["--dry-run", "--list"] {
            let outcome = try tuning.run("apply", [option, "--cores", "4-7", "--boot"])
            #expect(outcome.status == 0, "\(outcome.text)")
            #expect(tree.contents() == before, "\(option)")
        }
    }

    @Test func `boot parameters are shown and not written without --boot`() throws {
        let tree = try Self.machine(seed: 4)
        let before = tree.text("/etc/default/grub")
        let outcome = try Tuning(tree: tree).run("apply", ["--cores", "6,7", "--only", "boot"])
        #expect(outcome.text.contains("isolcpus=managed_irq,domain,6,7"), "\(outcome.text)")
        #expect(tree.text("/etc/default/grub") == before)
    }

    @Test func `what a virtual machine lacks is refused with the reason, the rest is done`() throws
    {
        let tree = try HostTree()
        try tree.put("\(Self.cpu)/online", "0-1")
        try tree.put("/proc/cpuinfo", "flags\t\t: fpu hypervisor")
        try tree.put("/proc/sys/vm/swappiness", "60")
        let outcome = try Tuning(tree: tree).run("apply", ["--cores", "1", "--boot"])
        #expect(outcome.status == 0, "\(outcome.text)")
        for reason in [
            "governor: refused: no cpufreq: the host decides",
            "idle-states: refused: a virtual machine",
            "huge-pages: refused: this kernel has no transparent huge pages",
            "busy-poll: refused: this kernel is built without",
            "boot: refused: no /etc/default/grub",
        ] { #expect(outcome.text.contains(reason), "\(reason): \(outcome.text)") }
        #expect(tree.text("/proc/sys/vm/swappiness") == "10\n")
    }

    @Test func `a machine without a spare core keeps its real-time throttle`() throws {
        let tree = try Self.machine(seed: 1, coreCount: 2)
        try tree.put("/proc/sys/kernel/sched_rt_runtime_us", "950000")
        let outcome = try Tuning(tree: tree).run("apply", ["--only", "rt-throttle"])
        #expect(outcome.text.contains("could lock the machine up"), "\(outcome.text)")
        #expect(tree.text("/proc/sys/kernel/sched_rt_runtime_us") == "950000\n")
    }

    @Test func `a file that another hand changed is not overwritten`() throws {
        let tree = try Self.machine(seed: 1)
        let tuning = Tuning(tree: tree)
        let arguments = ["--cores", "4", "--boot", "--only", "boot"]
        #expect(try tuning.run("apply", arguments).status == 0)
        try tree.put("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"new\"")
        for outcome in [
            try tuning.run("apply", arguments), try tuning.run("revert", ["--dry-run"]),
            try tuning.run("revert", []),
        ] {
            #expect(outcome.status == 1)
            #expect(outcome.text.contains("was changed since"), "\(outcome.text)")
            #expect(tree.text("/etc/default/grub") == "GRUB_CMDLINE_LINUX=\"new\"\n")
        }
    }

    @Test func `after a restart only files are set back`() throws {
        let tree = try Self.machine(seed: 2)
        try tree.put("/proc/sys/vm/swappiness", "60")
        let before = tree.text("/etc/default/grub")
        let tuning = Tuning(tree: tree)
        let arguments = ["--cores", "4", "--boot", "--only", "swappiness,boot"]
        #expect(try tuning.run("apply", arguments).status == 0)
        try tree.put("/proc/sys/kernel/random/boot_id", "two")
        try tree.put("/proc/sys/vm/swappiness", "33")
        let dry = try tuning.run("revert", ["--dry-run"])
        #expect(dry.text.contains("boot: ") && !dry.text.contains("swappiness"), "\(dry.text)")
        #expect(try tuning.run("revert", []).status == 0)
        #expect(tree.text("/proc/sys/vm/swappiness") == "33\n")
        #expect(tree.text("/etc/default/grub") == before)
    }

    @Test(arguments: [
        ["--cores", "x"], ["--cores", "99"], ["--cores", "0-7"], ["--only", "warp"],
        ["--nic", "no"], ["--user", "a b"], ["--wrong"], ["--cores"], ["--cores", "5-2"],
        ["--cores", "08"],
    ])
    func `wrong usage ends with 2 and changes nothing`(_ arguments: [String]) throws {
        let tree = try Self.machine(seed: 1)
        let before = tree.contents()
        #expect(try Tuning(tree: tree).run("apply", arguments).status == 2)
        #expect(tree.contents() == before)
    }

    @Test(arguments: ["apply", "revert", "host.sh", "knobs.sh"])
    func `the scripts are ones that bash can read`(_ script: String) throws {
        let tree = try HostTree()
        let outcome = try Tuning.shell(
            "bash -n '\(Tuning.folder)/\(script)'", output: tree.path + "/output")
        #expect(outcome.status == 0, "\(outcome.text)")
    }

    static let shellcheck = FileManager.default.isExecutableFile(atPath: "/usr/bin/shellcheck")

    @Test(.enabled(if: shellcheck, "Debian's shellcheck is not installed"))
    func `shellcheck has nothing to say`() throws {
        let tree = try HostTree()
        let outcome = try Tuning.shell(
            "cd '\(Tuning.folder)' && shellcheck -x -a -P .. apply revert",
            output: tree.path + "/output")
        #expect(outcome.status == 0, "\(outcome.text)")
    }
}

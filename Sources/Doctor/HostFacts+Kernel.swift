//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension HostFacts {
    /// Who else the kernel lets run on the cores.
    var kernelSection: FindingSection {
        FindingSection(
            title: "kernel",
            findings: [
                isolationFinding, ticklessFinding, callbacksFinding, preemptionFinding,
                mitigationsFinding, workFinding, watchdogFinding, statisticsFinding,
                throttleFinding,
            ].compactMap { $0 })
    }

    /// Why boot parameters cannot be changed from inside, or `nil`.
    var bootRefusal: String? {
        if kind.container != nil { return "a container has no boot parameters of its own" }
        if files.text("/etc/default/grub") == nil {
            return "no /etc/default/grub: the kernel's command line comes from outside"
        }
        return nil
    }

    private func bootFinding(
        _ name: String, _ cores: [Int]?, supported: Bool, missing: String, _ reason: String
    ) -> Finding {
        let value = cores.map { $0.isEmpty ? "none" : CoreList.text($0) } ?? "none"
        if let cores, !Set(self.cores).isDisjoint(with: cores) { return .good(name, value) }
        if !supported { return .fixed(name, value, missing) }
        if let bootRefusal { return .fixed(name, value, "\(reason); \(bootRefusal)") }
        return .improvable(name, value, reason, knob: "boot")
    }

    private var isolationFinding: Finding {
        bootFinding(
            "isolated cores", files.cores("/sys/devices/system/cpu/isolated"), supported: true,
            missing: "", "the scheduler puts other threads on the path's cores")
    }

    private var ticklessFinding: Finding {
        let path = "/sys/devices/system/cpu/nohz_full"
        let text = files.text(path)
        return bootFinding(
            "cores without tick", text.flatMap { CoreList.cores($0) }, supported: text != nil,
            missing: "this kernel is built without CONFIG_NO_HZ_FULL: the tick stays",
            "the timer tick runs on the path's cores")
    }

    private var callbacksFinding: Finding {
        bootFinding(
            "RCU callbacks elsewhere", boot.cores("rcu_nocbs") ?? boot.cores("nohz_full"),
            supported: true, missing: "", "RCU callbacks run on the path's cores")
    }

    private var preemptionFinding: Finding {
        let version = files.line("/proc/sys/kernel/version") ?? ""
        let word = version.split(separator: " ").first { $0.hasPrefix("PREEMPT") }
        let chosen = files.chosen("/sys/kernel/debug/sched/preempt") ?? boot.value("preempt")
        return .figure(
            "preemption", word.map(String.init) ?? "none",
            chosen.map { "now: \($0)" } ?? "mode not readable: debugfs is not mounted")
    }

    private var mitigationsFinding: Finding {
        .figure(
            "mitigations", boot.value("mitigations") ?? "kernel's default",
            "they make system calls dearer, and hot threads make few; leave them on")
    }

    private var workFinding: Finding? {
        let path = "/sys/devices/virtual/workqueue/cpumask"
        guard let mask = files.line(path) else { return nil }
        let allowed = CoreMask.cores(mask) ?? cpu.online
        let meets = !Set(allowed).isDisjoint(with: cores) && cores.count < cpu.online.count
        return judge(
            "kernel work", path, value: "on cores \(CoreList.text(allowed))", isGood: !meets,
            "unbound work of the kernel may run on the path's cores", knob: "workqueues")
    }

    private var watchdogFinding: Finding? {
        judgeSwitch(
            "NMI watchdog", "/proc/sys/kernel/nmi_watchdog",
            "a performance counter interrupts every core", knob: "watchdog")
    }

    private var statisticsFinding: Finding? {
        let path = "/proc/sys/vm/stat_interval"
        guard let value = files.integer(path) else { return nil }
        return judge(
            "memory statistics", path, value: "every \(value) s", isGood: value >= 10,
            "a worker runs on every core to fold them", knob: "stat-interval")
    }

    private var throttleFinding: Finding? {
        guard let value = files.integer("/proc/sys/kernel/sched_rt_runtime_us") else {
            return nil
        }
        return .figure(
            "real-time throttle", value < 0 ? "off" : "\(value) µs of each second",
            value < 0
                ? "a thread of SCHED_FIFO that spins can starve its core"
                : "a spinning thread of SCHED_FIFO is stopped for the rest: pin it with normal "
                    + "scheduling on an isolated core, or use knob rt-throttle")
    }
}

/// Masks of cores in hexadecimal: "ff,00000003".
enum CoreMask {
    static func cores(_ text: String) -> [Int]? {
        var cores: [Int] = []
        var index = 0
        for digit in text.reversed() where digit != "," {
            guard let value = digit.hexDigitValue else { return nil }
            for bit in 0..<4 where value & (1 << bit) != 0 { cores.append(index + bit) }
            index += 4
        }
        return cores
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering

extension HostFacts {
    /// Of a run: what interrupted the cores that were measured.
    func interruptSection(
        _ before: KernelCounts, _ after: KernelCounts, seconds: Double
    ) -> FindingSection {
        var findings = cores.flatMap { core -> [Finding] in
            let hard = after.interrupts(since: before, core: core)
            let soft = after.softInterrupts(since: before, core: core)
            var found = [
                Finding.figure("interrupts, core \(core)", Self.rates(hard, seconds)),
                .figure("softirqs, core \(core)", Self.rates(soft, seconds)),
            ]
            if let stolenMs = after.stolenMs(since: before, core: core) {
                found.append(stealFinding(core, stolenMs, seconds))
            }
            return found
        }
        findings.append(affinityFinding(before, after))
        return FindingSection(title: "interrupts", findings: findings)
    }

    private static let shownMax = 6

    private static func rates(_ counts: [(String, UInt64)], _ seconds: Double) -> String {
        guard !counts.isEmpty, seconds > 0 else { return "none" }
        return counts.prefix(shownMax).map { name, count in
            let rate = Double(count) / seconds
            return "\(name) \(rate >= 10 ? "\(Int(rate.rounded()))" : Figures.text(rate))/s"
        }.joined(separator: ", ")
    }

    private func stealFinding(_ core: Int, _ stolenMs: UInt64, _ seconds: Double) -> Finding {
        let share = Double(stolenMs) / 1e3 / max(seconds, 1e-9)
        let text = "\(stolenMs) ms, \(Figures.percent(share))"
        let name = "steal, core \(core)"
        guard kind.isVirtual else { return .figure(name, text) }
        return stolenMs == 0
            ? .good(name, text, "as far as the host says so; it may not, see stalls")
            : .fixed(name, text, "the host ran others on this core")
    }

    /// Interrupts of devices that came to the cores, and whether they may go elsewhere.
    private func affinityFinding(_ before: KernelCounts, _ after: KernelCounts) -> Finding {
        var active: [String] = []
        for core in cores {
            for (name, _) in after.interrupts(since: before, core: core) {
                guard let number = name.split(separator: " ").first.flatMap({ Int($0) }) else {
                    continue
                }
                let allowed = files.line("/proc/irq/\(number)/smp_affinity_list") ?? "?"
                let text = "\(name) (allowed on \(allowed))"
                if !active.contains(text) { active.append(text) }
            }
        }
        let name = "devices on these cores"
        guard !active.isEmpty else { return .good(name, "none") }
        let text = active.prefix(Self.shownMax).joined(separator: ", ")
        guard cpu.online.count > 1 else {
            return .fixed(name, text, "there is one core")
        }
        return judge(
            name, "/proc/irq/default_smp_affinity", value: text, isGood: false,
            "they belong to cores without hot threads", knob: "irq-affinity")
    }
}

/// Figures as text of three digits or so.
enum Figures {
    static func text(_ value: Double) -> String {
        switch abs(value) {
        case 100...: fixed(value, 0)
        case 10...: fixed(value, 1)
        case 0.095...: fixed(value, 2)
        case 0: "0"
        default: fixed(value, 4)
        }
    }

    static func fixed(_ value: Double, _ decimals: Int) -> String {
        NumberText.fixed(value, decimals: decimals)
    }

    /// "0.12%", "0.0004%".
    static func percent(_ share: Double) -> String { text(share * 100) + "%" }

    /// "850 ns", "12.3 µs", "4.00 ms", "1.20 s".
    static func time(_ ns: Double) -> String {
        switch ns {
        case ..<1_000: text(ns) + " ns"
        case ..<1_000_000: text(ns / 1e3) + " µs"
        case ..<1_000_000_000: text(ns / 1e6) + " ms"
        default: text(ns / 1e9) + " s"
        }
    }

    static func time(_ ns: UInt64) -> String { time(Double(ns)) }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension HostFacts {
    private static let cpuFolder = "/sys/devices/system/cpu"
    /// Waking from deeper states costs more than a hop between cores.
    static let exitLatencyMaxUs = 1

    /// Idle states, clock speed, sharing of a core.
    var powerSection: FindingSection {
        FindingSection(
            title: "power",
            findings: [idleFinding, governorFinding, boostFinding].compactMap { $0 })
    }

    private struct IdleState {
        let text: String
        let latencyUs: Int
        let isDisabled: Bool
    }

    private func idleStates(_ core: Int) -> [IdleState] {
        let folder = "\(Self.cpuFolder)/cpu\(core)/cpuidle"
        return files.names(folder).filter { $0.hasPrefix("state") }.map { name in
            let latencyUs = files.integer("\(folder)/\(name)/latency") ?? 0
            let isDisabled = files.integer("\(folder)/\(name)/disable") == 1
            let title = files.line("\(folder)/\(name)/name") ?? name
            return IdleState(
                text: "\(title) \(latencyUs) µs\(isDisabled ? " off" : "")",
                latencyUs: latencyUs, isDisabled: isDisabled)
        }
    }

    private var idleFinding: Finding {
        let states = idleStates(cores.first ?? 0)
        let driver = files.line("\(Self.cpuFolder)/cpuidle/current_driver") ?? "none"
        guard !states.isEmpty, driver != "none" else {
            return .fixed(
                "idle states", "none known",
                "no cpuidle driver: the \(kind.isVirtual ? "host" : "firmware") decides how deep "
                    + "an idle core sleeps")
        }
        let text = "\(driver): " + states.map(\.text).joined(separator: ", ")
        if kind.isVirtual {
            return .fixed(
                "idle states", text,
                "a halted core sleeps as the host wants; a hot thread spins and never halts")
        }
        let deep = states.contains { $0.latencyUs > Self.exitLatencyMaxUs && !$0.isDisabled }
        return judge(
            "idle states", "\(Self.cpuFolder)/cpu\(cores.first ?? 0)/cpuidle/state1/disable",
            value: text, isGood: !deep,
            "states with more than \(Self.exitLatencyMaxUs) µs of wake-up are allowed",
            knob: "idle-states")
    }

    private var governorFinding: Finding {
        let folder = "\(Self.cpuFolder)/cpu\(cores.first ?? 0)/cpufreq"
        guard let governor = files.line("\(folder)/scaling_governor") else {
            return .fixed(
                "clock speed", "no cpufreq",
                "the \(kind.isVirtual ? "host" : "firmware") decides on the clock speed")
        }
        let driver = files.line("\(folder)/scaling_driver") ?? "?"
        return judge(
            "clock speed", "\(folder)/scaling_governor", value: "\(driver), \(governor)",
            isGood: governor == "performance",
            "the clock goes down between bursts and comes back late", knob: "governor")
    }

    private var boostFinding: Finding? {
        if let value = files.integer("\(Self.cpuFolder)/intel_pstate/no_turbo") {
            return .figure("turbo", value == 0 ? "on" : "off")
        }
        return files.integer("\(Self.cpuFolder)/cpufreq/boost").map {
            .figure("turbo", $0 == 0 ? "off" : "on")
        }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension DoctorReport {
    /// Who takes time from the cores, and who could stop it.
    var gapSection: FindingSection {
        var findings: [Finding] = []
        for tally in measured.gaps {
            findings += [
                tickFinding(tally), preemptedFinding(tally), stallFinding(tally),
                interruptFinding(tally),
            ]
        }
        if measured.cutRounds > 0 {
            findings.append(
                .figure(
                    "rounds cut short", "\(measured.cutRounds)",
                    "more than \(GapProbe.gapMax) gaps in one: the rest was not observed"))
        }
        return FindingSection(
            title: "gaps of more than \(Figures.time(thresholdNs))", table: gapTable,
            findings: findings)
    }

    private func summary(_ tally: GapTally, _ kind: GapKind) -> String {
        let lengths = tally.lengths(kind)
        guard lengths.count > 0 else { return "none" }
        let rate = Figures.text(tally.perSecond(kind))
        let middle = Figures.time(lengths.lengthNs(atFraction: 0.5))
        let longest = Figures.time(lengths.maximumNs)
        let share = Figures.percent(tally.lostShare(kind))
        return "\(rate)/s, p50 \(middle), longest \(longest), \(share) of the time"
    }

    /// What the kernel section says of a boot parameter decides over the verdict.
    private func boot(
        _ name: String, _ value: String, _ reason: String, as other: String
    ) -> Finding {
        let judged = facts.kernelSection.findings.first { $0.name == other }
        switch judged?.verdict {
        case .improvable: return .improvable(name, value, reason, knob: "boot")
        case .fixed: return .fixed(name, value, "\(reason); \(judged?.reason ?? "")")
        default: return .figure(name, value, reason)
        }
    }

    private func tickFinding(_ tally: GapTally) -> Finding {
        let name = "core \(tally.core) timer tick"
        guard let hertz = tally.tickHertz else {
            let share = tally.lostShare(.preempted)
            if share > 0.3 {
                return .figure(
                    name, "not told apart",
                    "others had \(Figures.percent(share)) of the core: too little was seen of it")
            }
            return .good(name, "no period found")
        }
        let found = tally.windowsByHertz[hertz] ?? 0
        return boot(
            name, "\(hertz) Hz; alone \(summary(tally, .tick))",
            "found in \(found) of \(tally.windowCount) seconds; the others end in a switch",
            as: "cores without tick")
    }

    private func preemptedFinding(_ tally: GapTally) -> Finding {
        let name = "core \(tally.core) other threads"
        let value = summary(tally, .preempted)
        guard tally.lengths(.preempted).count > 0 else { return .good(name, value) }
        let waitedNs = measured.waitedNs[tally.core] ?? 0
        let told = waitedNs > 0
            ? "the scheduler counts \(Figures.time(waitedNs)) of waiting"
            : "the scheduler keeps no times"
        return boot(name, value, told, as: "isolated cores")
    }

    private func stallFinding(_ tally: GapTally) -> Finding {
        let name = "core \(tally.core) \(facts.kind.isVirtual ? "host stalls" : "stalls")"
        let value = summary(tally, .stall)
        guard tally.lengths(.stall).count > 0 else { return .good(name, value) }
        let length = Figures.time(GapClassifier.stallMinNs)
        if facts.kind.isVirtual {
            let stolenMs = countsAfter.stolenMs(since: countsBefore, core: tally.core)
            let told = stolenMs.map { "the host told of \($0) ms stolen" }
                ?? "the host tells nothing of stolen time"
            return .fixed(
                name, value,
                "\(length) and more without a switch of ours, or with timer interrupts missing; "
                    + told)
        }
        return .figure(
            name, value,
            "\(length) and more without a switch: firmware (SMI) or a long interrupt")
    }

    private func interruptFinding(_ tally: GapTally) -> Finding {
        let name = "core \(tally.core) interrupts"
        let value = summary(tally, .interrupt)
        return .figure(
            name, value,
            facts.kind.isVirtual ? "short, without a switch; exits to the host among them" : "")
    }
}

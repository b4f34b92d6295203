//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering

extension DoctorReport {
    /// Of the layout of `json`.
    public static let jsonVersion = 1

    /// A number that two runs can be compared by; less is better for each.
    public struct Figure: Sendable, Equatable {
        public let name: String
        public let unit: String
        public let value: Double
    }

    /// The figures by which a change of the host is judged.
    public var figures: [Figure] {
        var figures: [Figure] = []
        for tally in measured.gaps {
            let core = "core \(tally.core)"
            figures.append(.init(name: "\(core) lost", unit: "%", value: tally.lostShare() * 100))
            for kind in GapKind.allCases {
                figures += [
                    .init(
                        name: "\(core) \(kind.rawValue)", unit: "1/s",
                        value: tally.perSecond(kind)),
                    .init(
                        name: "\(core) \(kind.rawValue) p50", unit: "ns",
                        value: Double(tally.lengths(kind).lengthNs(atFraction: 0.5))),
                ]
            }
            let tail = tally.expectedTail(pathNs: pathNs)
            figures += Self.fractions.map {
                .init(
                    name: "\(core) expected \($0.name)", unit: "ns",
                    value: Double(tail.extraNs(atFraction: $0.value)))
            }
        }
        figures += measured.pairs.filter { !$0.mediansNs.isEmpty }.map {
            .init(
                name: "cores \($0.pair.low) and \($0.pair.high) one way", unit: "ns",
                value: $0.medianNs)
        }
        for item in measured.wakes + measured.calls {
            guard let spread = item.spread else { continue }
            figures += [
                .init(name: "\(item.name) p50", unit: "ns", value: spread.p50Ns),
                .init(name: "\(item.name) p99", unit: "ns", value: spread.p99Ns),
            ]
        }
        return figures
    }

    /// For programs: one object in one line.
    public var json: String {
        var writer = JSONWriter()
        writer.object { root in
            root.add("version", Self.jsonVersion)
            root.add("seconds", measured.seconds)
            root.add("hypervisor", facts.kind.hypervisor ?? "")
            root.add("container", facts.kind.container ?? "")
            root.array("figures") { list in
                for figure in figures {
                    list.object { row in
                        row.add("name", figure.name)
                        row.add("unit", figure.unit)
                        row.add("value", figure.value)
                    }
                }
            }
            root.array("cores") { list in for tally in measured.gaps { list.add(tally) } }
            root.array("pairs") { list in for pair in measured.pairs { list.add(pair) } }
            root.array("sections") { list in for section in sections { list.add(section) } }
            root.array("knobs") { list in for knob in knobs { list.addElement(knob) } }
            root.add("placement", proposal.yaml)
        }
        return writer.text + "\n"
    }
}

extension JSONWriter {
    fileprivate mutating func add(_ tally: GapTally) {
        object { row in
            row.add("core", tally.core)
            row.add("observed_ns", tally.observedNs)
            row.add("blind_ns", tally.blindNs)
            if let hertz = tally.tickHertz { row.add("tick_hz", hertz) } else {
                row.addNull("tick_hz")
            }
            for kind in GapKind.allCases {
                let lengths = tally.lengths(kind)
                row.object(kind.rawValue) { gaps in
                    gaps.add("count", lengths.count)
                    gaps.add("sum_ns", lengths.sumNs)
                    gaps.add("max_ns", lengths.maximumNs)
                    gaps.array("buckets") { list in
                        for (lengthNs, count) in lengths.buckets {
                            list.object { bucket in
                                bucket.add("le_ns", lengthNs)
                                bucket.add("count", count)
                            }
                        }
                    }
                }
            }
        }
    }

    fileprivate mutating func add(_ pair: Measurements.Pair) {
        object { row in
            row.add("first", pair.pair.low)
            row.add("second", pair.pair.high)
            row.add("p50_ns", pair.medianNs)
            row.add("p99_ns", pair.p99Ns)
            row.add("flips", pair.flips.count)
            row.add("offset_ns", pair.offsetNs)
            row.add("offset_bound_ns", pair.offsetBoundNs)
            row.array("medians_ns") { list in
                for value in pair.mediansNs { list.object { $0.add("p50_ns", value) } }
            }
        }
    }

    fileprivate mutating func add(_ section: FindingSection) {
        object { row in
            row.add("title", section.title)
            row.array("findings") { list in
                for finding in section.findings {
                    list.object { item in
                        item.add("name", finding.name)
                        item.add("value", finding.value)
                        item.add("verdict", finding.verdict.rawValue)
                        item.add("reason", finding.reason)
                        if let knob = finding.knob { item.add("knob", knob) }
                    }
                }
            }
        }
    }
}

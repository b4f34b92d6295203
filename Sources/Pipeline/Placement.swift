//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The stages of the path, as a set: what runs on one thread.
public struct StageSet: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32

    @inlinable @inline(__always)
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let reader = StageSet(rawValue: 1)
    public static let parser = StageSet(rawValue: 2)
    public static let kernel = StageSet(rawValue: 4)
    public static let inference = StageSet(rawValue: 8)
    public static let strategy = StageSet(rawValue: 16)
    public static let risk = StageSet(rawValue: 32)
    public static let gateway = StageSet(rawValue: 64)
    /// Works parent orders, between strategy and risk.
    public static let execution = StageSet(rawValue: 128)
    public static let all = StageSet(rawValue: 255)

    /// Every stage with its name, in the order of the path.
    public static let named: [(stage: StageSet, name: String)] = [
        (.reader, "reader"), (.parser, "parser"), (.kernel, "kernel"),
        (.inference, "inference"), (.strategy, "strategy"), (.execution, "execution"),
        (.risk, "risk"), (.gateway, "gateway"),
    ]

    /// The stage called `name`.
    public init?(name: String) {
        guard let found = Self.named.first(where: { $0.name == name }) else { return nil }
        self = found.stage
    }

    public var names: [String] { Self.named.filter { contains($0.stage) }.map(\.name) }
}

/// One hot thread: what runs on it, and where.
public struct ThreadPlan: Sendable, Equatable {
    public let name: String
    /// The core to pin to; `nil` leaves the thread to the scheduler.
    public let core: Int?
    public let stages: StageSet
    /// SCHED_FIFO priority 1...99; 0 keeps the normal policy.
    public let priority: Int

    public init(name: String, core: Int?, stages: StageSet, priority: Int = 0) {
        self.name = name
        self.core = core
        self.stages = stages
        self.priority = priority
    }
}

public enum PlacementMode: String, Sendable, CaseIterable {
    case auto, fused, pipelined, custom
}

/// A placement that cannot work, in one line.
public struct PlacementError: Error, CustomStringConvertible, Equatable {
    public let description: String
    init(_ description: String) { self.description = "placement: \(description)" }
}

/// Which stage runs on which thread and core.
public enum Placement {
    /// Below this many cores `auto` fuses: a fused hop costs about 1.4 ns, one across cores 60 to
    /// 280 ns, and every spinning thread wants a core to itself.
    public static let coresForPipelined = 6

    /// Turns a mode into threads, and refuses what cannot work: a stage that is missing or placed
    /// twice, reader and gateway apart (they share TLS sessions), a core that does not exist, two
    /// threads on one core where `isStrict`.
    ///
    /// - Parameters:
    ///   - cores: The cores this process may use, in order.
    ///   - custom: The threads of mode `custom`.
    ///   - isStrict: Production: two hot threads never share a core.
    public static func resolve(
        _ mode: PlacementMode, cores: [Int], custom: [ThreadPlan], isStrict: Bool
    ) throws(PlacementError) -> [ThreadPlan] {
        guard let first = cores.first else { throw PlacementError("no core may be used") }
        // The first core takes most interrupts: the path goes to the last ones.
        let hot = Array(cores.reversed())
        let plans: [ThreadPlan]
        switch mode {
        case .auto:
            return try resolve(
                cores.count < coresForPipelined ? .fused : .pipelined, cores: cores, custom: [],
                isStrict: isStrict)
        case .fused:
            plans = [ThreadPlan(name: "path", core: hot.first ?? first, stages: .all)]
        case .pipelined:
            let groups: [(String, StageSet)] = [
                ("network", [.reader, .gateway]), ("market", [.parser, .kernel]),
                ("decision", [.inference, .strategy, .execution, .risk]),
            ]
            plans = groups.enumerated().map { index, group in
                ThreadPlan(name: group.0, core: hot[index % hot.count], stages: group.1)
            }
        case .custom:
            plans = custom
        }
        try validate(plans, cores: cores, isStrict: isStrict)
        return plans
    }

    private static func validate(
        _ plans: [ThreadPlan], cores: [Int], isStrict: Bool
    ) throws(PlacementError) {
        var placed: StageSet = []
        var taken: [Int: String] = [:]
        for plan in plans {
            if plan.stages.isEmpty { throw PlacementError("thread '\(plan.name)' has no stage") }
            let twice = placed.intersection(plan.stages)
            if let name = twice.names.first {
                throw PlacementError("stage '\(name)' stands on two threads")
            }
            placed.formUnion(plan.stages)
            if plan.stages.contains(.reader) != plan.stages.contains(.gateway) {
                throw PlacementError(
                    "reader and gateway must share a thread: they share TLS sessions")
            }
            guard (0...99).contains(plan.priority) else {
                throw PlacementError("thread '\(plan.name)': priority must be 0...99")
            }
            guard let core = plan.core else { continue }
            guard cores.contains(core) else {
                throw PlacementError(
                    "thread '\(plan.name)': core \(core) is not among the usable \(cores)")
            }
            if isStrict, let other = taken[core] {
                throw PlacementError(
                    "threads '\(other)' and '\(plan.name)' both spin on core \(core)")
            }
            taken[core] = plan.name
        }
        if let missing = StageSet.all.subtracting(placed).names.first {
            throw PlacementError("stage '\(missing)' stands on no thread")
        }
    }
}

/// What a hot thread does when a whole round found no work.
public enum IdleStrategy: String, Sendable, CaseIterable {
    /// Spins with a pause instruction: the fastest, and the core never sleeps.
    case spin
    /// Gives the core to whoever wants it: for machines with fewer cores than hot threads.
    case yield
}

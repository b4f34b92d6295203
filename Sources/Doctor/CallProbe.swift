//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CDoctor
import Platform

/// What calls into the kernel and first touches of memory cost on one core.
struct CallProbe: Sendable {
    enum Kind: Int32, CaseIterable, Sendable {
        case counter = 0
        case clock = 1
        case clockSystem = 2
        case parent = 3
        case receiveEmpty = 4
        case uringEnter = 5
        case yield = 6

        var title: String {
            switch self {
            case .counter: "rdtsc"
            case .clock: "clock_gettime, vDSO"
            case .clockSystem: "clock_gettime, system call"
            case .parent: "getppid"
            case .receiveEmpty: "recv, nothing there"
            case .uringEnter: "io_uring_enter, nothing to do"
            case .yield: "sched_yield"
            }
        }

        /// Calls in a sample, so that it is much longer than a step of the counter.
        var batch: UInt64 {
            switch self {
            case .counter, .clock: 64
            default: 8
            }
        }
    }

    static let sampleCount = 2_000
    static let pageCount = 2_048
    static let hugePageCount = 8

    let core: Int
    let rate: TickRate

    struct Touch: Sendable {
        let cost: Spread
        /// Faults for each region touched: 1 when a huge page was given.
        let faultsPerRegion: Double
    }

    func run(_ kind: Kind) throws(PlatformError) -> Spread {
        let times = Samples(count: Self.sampleCount)
        let result = try onCore { _ in
            times.filled = times.count
            return unsafe apus_call_cost(
                kind.rawValue, kind.batch, UInt64(times.count), times.base)
        }
        guard result.code == 0,
            let spread = Spread(times.values.map { rate.ns($0) / Double(kind.batch) })
        else { throw PlatformError(operation: kind.title, code: -result.code) }
        return spread
    }

    func touch(isHuge: Bool) throws(PlatformError) -> Touch {
        let times = Samples(count: isHuge ? Self.hugePageCount : Self.pageCount)
        let result = try onCore { answer in
            times.filled = times.count
            return unsafe apus_touch_cost(
                isHuge ? 1 : 0, UInt64(times.count), times.base, &answer.faults)
        }
        guard result.code == 0, let cost = Spread(times.values.map { rate.ns($0) }) else {
            throw PlatformError(operation: "touch memory", code: -result.code)
        }
        return Touch(cost: cost, faultsPerRegion: Double(result.faults) / Double(times.count))
    }

    /// SAFETY: one thread writes it, and others read it once that thread has been joined.
    private final class Answer: @unchecked Sendable {
        var code: Int32 = 0
        var faults: UInt64 = 0
    }

    private func onCore(
        _ body: @escaping @Sendable (Answer) -> Int32
    ) throws(PlatformError) -> Answer {
        let answer = Answer()
        let core = core
        let thread = try PlatformThread(name: "doctor-calls") {
            try? CurrentThread.pin(to: core)
            answer.code = body(answer)
        }
        thread.join()
        return answer
    }
}

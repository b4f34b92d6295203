//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What was sent to one target and what came back: matches answers to marked frames by the price
/// that both carry, and keeps every latency.
///
/// Two latencies are kept of each answer. *Raw* counts from the moment before the frame was
/// written; *corrected* from the instant it was intended for, so that a frame that had to wait
/// because the sender was held up counts its wait (no coordinated omission).
struct EchoLedger {
    /// Marks that can be told apart at a time.
    static let codeCount = 1_000

    private struct Mark {
        var number: UInt64 = 0
        var intendedNs: UInt64 = 0
        var beginNs: UInt64 = 0
        /// Times that the sender had been held up when it was sent.
        var heldCount: UInt64 = 0
        var isOpen = false
        var isCounted = false
        var isInTime = false
    }

    /// Nanoseconds; anything above 4.29 s counts as that.
    struct Samples {
        private(set) var values: [UInt32] = []

        mutating func reserve(_ count: Int) { values.reserveCapacity(count) }
        mutating func add(_ ns: UInt64) { values.append(UInt32(clamping: ns)) }
        mutating func append(_ other: Samples) { values += other.values }

        /// Exact percentiles by nearest rank, in the order of `fractions`; 0 where there are none.
        func percentiles(_ fractions: [Double]) -> [UInt64] {
            if values.isEmpty { return fractions.map { _ in 0 } }
            let sorted = values.sorted()
            return fractions.map { fraction in
                let rank = (fraction * Double(sorted.count)).rounded(.up)
                return UInt64(sorted[min(max(Int(rank), 1), sorted.count) - 1])
            }
        }
    }

    private var marks = [Mark](repeating: Mark(), count: codeCount)
    /// Frames that wait for their answer.
    private(set) var openCount = 0
    private(set) var sentCount: UInt64 = 0
    /// Of those sent: to warm up, and in no figure.
    private(set) var uncountedCount: UInt64 = 0
    private(set) var answeredCount: UInt64 = 0
    private(set) var missingCount: UInt64 = 0
    /// Answers to frames that had been answered.
    private(set) var duplicateCount: UInt64 = 0
    /// Answers that name no mark.
    private(set) var strayCount: UInt64 = 0
    /// FNV-1a of the numbers answered, in the order of the answers.
    private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    private(set) var raw = Samples()
    private(set) var corrected = Samples()
    /// Raw latencies of frames that the sender wrote in time, and whose answers it was not kept
    /// from: the venue's share of a busy machine is out of them, the target's is not. On such a
    /// machine the median says most; what takes long is likelier to be left out.
    private(set) var quiet = Samples()
    /// From the intended instant to the moment before the write: the venue's own time.
    private(set) var lateness = Samples()
    /// Of the write itself: sealing and the system call.
    private(set) var writing = Samples()

    /// A frame is in time when it is no later and its write takes no longer.
    static let lateMaxNs: UInt64 = 20_000
    static let writeMaxNs: UInt64 = 100_000

    init(capacity: Int = 0) {
        quiet.reserve(capacity)
        raw.reserve(capacity)
        corrected.reserve(capacity)
        lateness.reserve(capacity)
        writing.reserve(capacity)
    }

    /// The number of the next frame; its code is that modulo `codeCount`.
    var nextNumber: UInt64 { sentCount }
    static func code(of number: UInt64) -> Int { Int(number % UInt64(codeCount)) }

    /// - Parameter heldCount: Times that the sender has been held up so far.
    mutating func sent(
        intendedNs: UInt64, beginNs: UInt64, endNs: UInt64, isCounted: Bool, heldCount: UInt64 = 0
    ) {
        let code = Self.code(of: sentCount)
        if marks[code].isOpen { miss(code) }
        openCount += 1
        marks[code] = Mark(
            number: sentCount, intendedNs: intendedNs, beginNs: beginNs,
            heldCount: heldCount, isOpen: true, isCounted: isCounted,
            isInTime: beginNs &- intendedNs <= Self.lateMaxNs
                && endNs &- beginNs <= Self.writeMaxNs)
        sentCount += 1
        guard isCounted else {
            uncountedCount += 1
            return
        }
        lateness.add(beginNs &- intendedNs)
        writing.add(endNs &- beginNs)
    }

    /// An answer that carries `code` came at `atNs`; `nil`: it carries none.
    mutating func answered(code: Int?, atNs: UInt64, heldCount: UInt64 = 0) {
        guard let code, marks.indices.contains(code) else {
            strayCount += 1
            return
        }
        guard marks[code].isOpen else {
            duplicateCount += 1
            return
        }
        let mark = marks[code]
        marks[code].isOpen = false
        openCount -= 1
        answeredCount += 1
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            hash = (hash ^ (mark.number >> shift & 0xFF)) &* 0x100_0000_01b3
        }
        if mark.isCounted {
            raw.add(atNs &- mark.beginNs)
            corrected.add(atNs &- mark.intendedNs)
            if mark.isInTime, mark.heldCount == heldCount { quiet.add(atNs &- mark.beginNs) }
        }
    }

    /// What is open will not be answered any more.
    mutating func giveUp() {
        for code in marks.indices where marks[code].isOpen { miss(code) }
    }

    /// An answer that never came counts as the longest there is, or it would be left out of the
    /// percentiles that it belongs to.
    private mutating func miss(_ code: Int) {
        marks[code].isOpen = false
        openCount -= 1
        missingCount += 1
        if marks[code].isCounted { corrected.add(.max) }
    }

    /// Whether each frame was answered once and nothing else came.
    var isComplete: Bool {
        answeredCount == sentCount && missingCount == 0 && duplicateCount == 0
            && strayCount == 0
    }
}

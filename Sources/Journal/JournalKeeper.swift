//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import Glibc
import Platform
import Synchronization

/// The thread that does what may wait for a disk: segments are preallocated before they are needed,
/// full ones are cut to what they hold and compressed, the oldest are removed.
final class JournalKeeper: Sendable {
    /// A segment in which everything is durable.
    struct Full {
        let number: UInt64
        let file: Int32
        /// Bytes in it.
        let used: UInt64
        /// It may become zstd.
        let isCompressible: Bool
    }

    private struct State {
        var wanted: [UInt64] = []
        var full: [Full] = []
        var ready: [UInt64: Int32] = [:]
        var failure: JournalError?
        var counts = Counts()
        /// Up to this segment something may have to be compressed or removed; `nil`: nothing has.
        var tendThrough: UInt64?
        /// When compressing and removing is left to the next session; `nil` while this one lasts.
        var stopNs: UInt64?
        /// Not before: the last try failed.
        var retryNs: UInt64 = 0
    }

    /// What was done besides, since the start.
    struct Counts {
        var removed: UInt64 = 0
        var compressed: UInt64 = 0
        /// Segments left as they were, for they could not be cut, compressed or removed.
        var failed: UInt64 = 0
    }

    private let folder: JournalFolder
    private let configuration: JournalConfiguration
    private let state: Mutex<State>
    /// Of a pipe: a byte wakes the thread.
    private let wakeReader: Int32
    private let wakeWriter: Int32
    /// The first segment of this session.
    private let firstSegment: UInt64
    private static let retryIntervalNs: UInt64 = 200_000_000

    init(
        _ folder: JournalFolder, _ configuration: JournalConfiguration, firstSegment: UInt64
    ) throws(JournalError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw .system(operation: "make a pipe", path: folder.path, code: errno)
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wakeReader = ends[0]
        wakeWriter = ends[1]
        self.folder = folder
        self.configuration = configuration
        self.firstSegment = firstSegment
        var first = State()
        first.tendThrough = firstSegment - 1
        state = Mutex(first)
    }

    deinit {
        close(wakeReader)
        close(wakeWriter)
    }

    // MARK: The writer's side; none of it waits

    /// Has a segment made.
    func want(_ number: UInt64) {
        state.withLock { $0.wanted.append(number) }
        wake()
    }

    /// The descriptor of a segment that was wanted, once; `nil` while there is none.
    func take(_ number: UInt64) -> Int32? {
        state.withLock { $0.ready.removeValue(forKey: number) }
    }

    func give(_ full: Full) {
        state.withLock { $0.full.append(full) }
        wake()
    }

    /// Why the last segment could not be made; `nil` once it could.
    var failure: JournalError? { state.withLock { $0.failure } }
    var counts: Counts { state.withLock { $0.counts } }

    /// The thread ends once every segment given is cut to what it holds, and all is compressed and
    /// removed that can be begun with by `deadlineNs`. Segments not begun are removed.
    func stop(deadlineNs: UInt64) {
        state.withLock { $0.stopNs = deadlineNs }
        wake()
    }

    private func wake() {
        var byte: UInt8 = 1
        _ = unsafe write(wakeWriter, &byte, 1)
    }

    // MARK: The thread

    private enum Step {
        case prepare(UInt64)
        case settle(Full)
        case tend(through: UInt64)
        case wait(timeoutMs: Int32)
        case end
    }

    func run() {
        let tending = JournalTending(folder, configuration)
        tending.removeLeftovers()
        while true {
            switch nextStep() {
            case .prepare(let number): prepare(number)
            case .settle(let full): settle(full, tending)
            case .tend(let last): tend(through: last, tending)
            case .wait(let timeoutMs): wait(timeoutMs)
            case .end:
                removeUnused()
                return
            }
        }
    }

    /// What is needed soonest goes first; compression waits for everything else.
    private func nextStep() -> Step {
        let nowNs = monotonicNs()
        return state.withLock { state in
            if state.stopNs == nil, nowNs >= state.retryNs, let number = state.wanted.first {
                return .prepare(number)
            }
            if !state.full.isEmpty { return .settle(state.full.removeFirst()) }
            if let last = state.tendThrough, nowNs < state.stopNs ?? .max {
                return .tend(through: last)
            }
            if state.stopNs != nil { return .end }
            return .wait(timeoutMs: state.wanted.isEmpty ? -1 : 50)
        }
    }

    private func settle(_ full: Full, _ tending: JournalTending) {
        let isSettled = tending.settle(full)
        state.withLock {
            if !isSettled { $0.counts.failed += 1 }
            if full.isCompressible { $0.tendThrough = full.number }
        }
    }

    private func tend(through last: UInt64, _ tending: JournalTending) {
        let done = tending.step(through: last)
        state.withLock { state in
            switch done {
            case .compressed: state.counts.compressed += 1
            case .removed: state.counts.removed += 1
            case .failed: state.counts.failed += 1
            case .nothing: state.tendThrough = nil
            }
        }
    }

    private func wait(_ timeoutMs: Int32) {
        var entry = pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&entry, 1, timeoutMs)
        var bytes: (UInt64, UInt64) = (0, 0)
        _ = unsafe read(wakeReader, &bytes, 16)
    }

    /// Makes one segment; what fails is tried again.
    private func prepare(_ number: UInt64) {
        let result = JournalTending.create(
            folder, JournalSegment(number: number), configuration.segmentBytes)
        state.withLock { state in
            switch result {
            case .success(let file):
                state.wanted.removeAll { $0 == number }
                state.ready[number] = file
                state.failure = nil
            case .failure(let error):
                state.failure = error
                state.retryNs = monotonicNs() + Self.retryIntervalNs
            }
        }
    }

    /// Makes one segment while the caller waits, before the thread runs.
    func prepareFirst() throws(JournalError) {
        prepare(firstSegment)
        state.withLock { $0.wanted = [] }
        if let failure { throw failure }
    }

    private func removeUnused() {
        let left = state.withLock { state in
            defer { state.ready = [:] }
            return state.ready
        }
        for (number, file) in left {
            close(file)
            unsafe unlinkat(folder.descriptor, JournalSegment(number: number).name, 0)
        }
        if !left.isEmpty { fsync(folder.descriptor) }
    }
}

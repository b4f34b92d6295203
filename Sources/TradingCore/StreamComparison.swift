//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Journal
import Messages
import Synchronization

/// Two streams of one kind that are to be the same, whichever is ahead.
///
/// SAFETY: guarded by a lock: verdicts come from the threads of their readers.
@safe
final class StreamComparison<Element: Equatable & Sendable>: Sendable {
    private struct State {
        var expected: ArraySlice<Element> = []
        var found: ArraySlice<Element> = []
        var matches: UInt64 = 0
        var difference: (expected: Element?, found: Element?)?
    }

    private let state = Mutex(State())

    /// What one stream may be ahead of the other.
    private static var aheadMax: Int { 1 << 16 }

    func expect(_ element: Element) { add { $0.expected.append(element) } }
    func find(_ element: Element) { add { $0.found.append(element) } }

    private func add(_ body: (inout State) -> Void) {
        state.withLock { state in
            if state.difference != nil { return }
            body(&state)
            while let expected = state.expected.first, let found = state.found.first {
                guard expected == found else {
                    state.difference = (expected, found)
                    return
                }
                state.matches += 1
                state.expected = state.expected.dropFirst()
                state.found = state.found.dropFirst()
            }
            if state.expected.isEmpty { state.expected = [] }
            if state.found.isEmpty { state.found = [] }
            if state.expected.count > Self.aheadMax || state.found.count > Self.aheadMax {
                state.difference = (state.expected.first, state.found.first)
            }
        }
    }

    /// The streams end: what one has over is a difference.
    func finish() {
        state.withLock { state in
            if state.difference != nil { return }
            if state.expected.isEmpty && state.found.isEmpty { return }
            state.difference = (state.expected.first, state.found.first)
        }
    }

    var matches: UInt64 { state.withLock { $0.matches } }
    /// The first pair that differs; `nil` on one side: there was none. `nil`: all are the same.
    var difference: (expected: Element?, found: Element?)? { state.withLock { $0.difference } }
}

/// Whose orders a verdict is about: the detail of its frame in a journal.
enum VerdictStream: UInt8 {
    case strategy = 0
    case execution = 1
}

/// What of a verdict is compared: all of it.
struct ComparedVerdict: Equatable, Sendable {
    let sequence: UInt64
    let timeNs: UInt64
    let orderID: UInt64
    let instrumentID: UInt32
    let kind: UInt8
    let verdict: UInt8

    init(_ verdict: RiskVerdict) {
        sequence = verdict.sequence
        timeNs = verdict.ingressTimeNs
        orderID = verdict.orderID
        instrumentID = verdict.instrumentID
        kind = verdict.kind.rawValue
        self.verdict = verdict.verdict.rawValue
    }

    /// - Returns: `nil` for a body that is no verdict.
    init?(_ frame: JournalFrame) {
        guard unsafe frame.body.count == MemoryLayout<RiskVerdict>.size else { return nil }
        self.init(unsafe frame.body.loadUnaligned(as: RiskVerdict.self))
    }
}

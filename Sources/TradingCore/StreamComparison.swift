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

/// Two streams of one kind that are to be the same, whichever is ahead. Of one, the elements that
/// were lost are known by number alone: the other's in their places are passed over.
///
/// SAFETY: guarded by a lock: verdicts come from the threads of their readers.
@safe
final class StreamComparison<Element: Equatable & Sendable>: Sendable {
    private enum Expected {
        case element(Element)
        case lost(UInt64)
    }

    private struct State {
        var expected: ArraySlice<Expected> = []
        var found: ArraySlice<Element> = []
        var matches: UInt64 = 0
        var difference: (expected: Element?, found: Element?)?
        /// Elements that were lost, and that the other stream never had.
        var missing: UInt64 = 0
    }

    private let state = Mutex(State())

    /// What one stream may be ahead of the other.
    private static var aheadMax: Int { 1 << 16 }

    func expect(_ element: Element) { add { $0.expected.append(.element(element)) } }
    /// So many elements come here that nobody knows.
    func expectLost(_ count: UInt64) { add { $0.expected.append(.lost(count)) } }
    func find(_ element: Element) { add { $0.found.append(element) } }

    private func add(_ body: (inout State) -> Void) {
        state.withLock { state in
            if state.difference != nil { return }
            body(&state)
            while Self.step(&state) {}
            if state.expected.isEmpty { state.expected = [] }
            if state.found.isEmpty { state.found = [] }
            if state.expected.count > Self.aheadMax || state.found.count > Self.aheadMax {
                state.difference = (Self.first(state), state.found.first)
            }
        }
    }

    /// Takes what both streams have first; `false`: one of them has to come first, or they differ.
    private static func step(_ state: inout State) -> Bool {
        guard let expected = state.expected.first, let found = state.found.first else {
            return false
        }
        switch expected {
        case .element(let element):
            guard element == found else {
                state.difference = (element, found)
                return false
            }
            state.matches += 1
            state.expected = state.expected.dropFirst()
            state.found = state.found.dropFirst()
        case .lost(let count):
            let passed = min(count, UInt64(state.found.count))
            state.found = state.found.dropFirst(Int(passed))
            if passed < count {
                state.expected[state.expected.startIndex] = .lost(count - passed)
            } else {
                state.expected = state.expected.dropFirst()
            }
        }
        return true
    }

    private static func first(_ state: State) -> Element? {
        for case .element(let element) in state.expected { return element }
        return nil
    }

    /// The streams end: what one has over is a difference.
    func finish() {
        state.withLock { state in
            if state.difference != nil { return }
            for case .lost(let count) in state.expected { state.missing += count }
            let first = Self.first(state)
            if first == nil && state.found.isEmpty { return }
            state.difference = (first, state.found.first)
        }
    }

    var matches: UInt64 { state.withLock { $0.matches } }
    /// The first pair that differs; `nil` on one side: there was none. `nil`: all are the same.
    var difference: (expected: Element?, found: Element?)? { state.withLock { $0.difference } }
    /// Elements that were lost of one stream and that the other one did not have either, which is
    /// known once they have ended; 0 for streams that are the same.
    var missing: UInt64 { state.withLock { $0.missing } }
}

/// Whose orders a verdict is about: the detail of its frame in a journal, the connection of a frame
/// that tells of lost ones.
enum VerdictStream: UInt8, CaseIterable {
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

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// When a book whose changes are kept, not built, needs a snapshot over REST.
struct SnapshotNeed {
    private enum State {
        case none
        /// With the next changes of the book: a snapshot must not be older than they are.
        case wanted
        /// A snapshot that reaches this update is awaited.
        case asked(UInt64)
    }

    private var state = State.none

    /// What comes from here on needs a snapshot of its own.
    mutating func want() { state = .wanted }

    /// Whether to ask for a snapshot now that changes from `firstUpdateID` on have come.
    mutating func asks(firstUpdateID: UInt64?) -> Bool {
        guard case .wanted = state, let firstUpdateID else { return false }
        state = .asked(firstUpdateID)
        return true
    }

    /// Takes note of a snapshot; true when it is too old and another one is to be asked for.
    mutating func isTooOld(snapshot updateID: UInt64) -> Bool {
        guard case .asked(let first) = state else { return false }
        if updateID < first { return true }
        state = .none
        return false
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform

/// A condition that did not come true in time, with what the programs said meanwhile.
public struct Overdue: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}

/// Waits until `condition` holds.
///
/// - Throws: `Overdue` after `seconds`, which bounds a hang and measures nothing.
public func waitUntil(
    _ what: String, seconds: Double = 30, _ condition: () throws -> Bool
) throws {
    let deadline = monotonicNs() + UInt64(seconds * 1e9)
    while try !condition() {
        if monotonicNs() >= deadline { throw Overdue(description: "not in \(seconds) s: \(what)") }
        CurrentThread.sleep(ns: 5_000_000)
    }
}

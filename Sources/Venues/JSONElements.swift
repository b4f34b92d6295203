//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

/// The objects of an array inside a document that was read before, one after the other.
///
/// SAFETY: the caller keeps the document's bytes readable while the value is used.
@safe
struct JSONElements {
    private var parser: JSONPull
    /// Something that is no object was found; nothing comes behind it.
    private(set) var isRefused = false

    /// - Parameter field: A member; anything but an array has no elements and is refused.
    @_noAllocation @_noLocks
    init(_ bytes: UnsafePointer<UInt8>, _ field: JSONField) {
        parser = unsafe JSONPull(bytes, from: field.start, count: field.start &+ field.length)
        isRefused = parser.next() != .arrayStart
    }

    /// Where the next object begins and ends; `nil` at the end of the array.
    @_noAllocation @_noLocks
    mutating func next() -> (start: Int, end: Int)? {
        if isRefused { return nil }
        switch parser.next() {
        case .objectStart:
            let start = parser.start
            if parser.skipContainer() { return (start, parser.offset) }
        case .arrayEnd: return nil
        default: break
        }
        isRefused = true
        return nil
    }

    /// How many objects are left; `nil` when something else is among them. Steps to the end.
    @_noAllocation @_noLocks
    mutating func remaining() -> Int? {
        var count = 0
        while next() != nil { count &+= 1 }
        return isRefused ? nil : count
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a running count was over the last span, in a bounded number of samples.
struct SampleWindow<Value: Sendable>: Sendable {
    private let spanNs: UInt64
    private var samples: [(timeNs: UInt64, value: Value)] = []

    /// Samples are kept at least this part of the span apart: a window may be that much longer.
    private static var parts: UInt64 { 60 }

    init(spanNs: UInt64) { self.spanNs = spanNs }

    mutating func reset() { samples = [] }
    var count: Int { samples.count }

    /// Takes a sample in and tells what to measure against: the latest one that is a span old, or
    /// the oldest while there is none; `nil` for the first.
    mutating func base(
        at timeNs: UInt64, _ value: Value
    ) -> (value: Value, ageNs: UInt64, isFull: Bool)? {
        if let last = samples.last, timeNs <= last.timeNs { reset() }
        let full = samples.lastIndex { timeNs - $0.timeNs >= spanNs }
        if let full { samples.removeFirst(full) }
        let base = samples.first.map { ($0.value, timeNs - $0.timeNs, full != nil) }
        if samples.last.map({ timeNs - $0.timeNs >= spanNs / Self.parts }) ?? true {
            samples.append((timeNs, value))
        }
        return base
    }
}

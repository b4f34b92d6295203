//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A mapping that copies of a value share: it is given back with the last of them.
///
/// SAFETY: whoever takes `base` holds this for as long as it is used.
@safe
public final class SharedMapping: Sendable {
    private let segment: MemorySegment

    public init(_ segment: consuming MemorySegment) { self.segment = segment }

    public var base: UnsafeMutableRawPointer { unsafe segment.base }
    public var size: Int { segment.size }
}

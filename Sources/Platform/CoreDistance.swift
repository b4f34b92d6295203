//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Whether two cores share a cache: by how long a cache line takes between them.
public enum CoreDistance: String, Sendable {
    case near, far

    /// Nanoseconds one way above which a line crosses more than one shared cache.
    public static let nearMaxNs = 120.0

    public init(oneWayNs: Double) { self = oneWayNs <= Self.nearMaxNs ? .near : .far }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Bounds of times that venues write.
public enum VenueTime {
    /// Largest time, ms, whose nanoseconds fit 64 bits.
    public static var millisecondsMax: UInt64 {
        @_noAllocation @_noLocks
        get { 18_446_744_073_709 }
    }
}

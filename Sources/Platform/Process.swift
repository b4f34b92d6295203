//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform

/// The number of this process.
public func currentProcessID() -> UInt64 { apus_process_id() }

/// Nanoseconds of a clock that never steps; for time-outs of cold code.
public func monotonicNs() -> UInt64 { apus_time_monotonic_ns() }

/// Nanoseconds since 1970 UTC by the system's clock; for cold code.
public func wallNs() -> UInt64 { apus_time_wall_ns() }

/// Cores this process may run on.
public func coreCount() -> Int { Int(apus_core_count()) }

/// The cores this process may run on, in order.
public func usableCores() -> [Int] {
    (0..<1024).filter { apus_core_is_allowed(Int32($0)) != 0 }
}

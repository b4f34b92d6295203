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

/// Locks all present and future pages of this process.
public func lockAllMemory() throws(PlatformError) {
    try PlatformError.check(apus_memory_lock_all(), "lock memory")
}

/// Bytes this process may lock; `UInt64.max` when unlimited.
public func memoryLockLimit() -> UInt64 { apus_memory_lock_limit() }

/// Forbids core dumps and tracing: secrets stay inside.
public func protectProcess() throws(PlatformError) {
    try PlatformError.check(apus_process_protect(), "forbid core dumps")
}

/// Resident memory of this process, bytes.
public func residentBytes() -> UInt64 { apus_process_resident_bytes() }

/// Whether a process of this number exists and has not ended.
public func isProcessAlive(_ processID: Int32) -> Bool { apus_process_is_alive(processID) != 0 }

/// A random number from the kernel.
public func randomSeed() -> UInt64 {
    var seed: UInt64 = 0
    _ = unsafe apus_random_bytes(&seed, 8)
    return seed
}

/// The folder this executable lies in.
public func executableFolder() -> String {
    var bytes = [CChar](repeating: 0, count: 4_096)
    guard unsafe apus_process_path(&bytes, bytes.count) == 0 else { return "." }
    let text = String(
        decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.lastIndex(of: "/").map { String(text[..<$0]) } ?? "."
}

/// What the kernel knows of its clock; `nil` when it does not say.
public func clockDiscipline() -> (isDisciplined: Bool, offsetNs: Int64, errorNs: UInt64)? {
    var offsetNs: Int64 = 0
    var errorNs: UInt64 = 0
    let status = unsafe apus_clock_discipline(&offsetNs, &errorNs)
    return status < 0 ? nil : (status == 0, offsetNs, errorNs)
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A time in which a spinning thread did not run.
public struct Gap: Sendable, Equatable {
    /// Since the scan's start.
    public let startNs: UInt64
    public let lengthNs: UInt64
    /// Context switches of the thread in it.
    public let switchCount: UInt64

    public init(startNs: UInt64, lengthNs: UInt64, switchCount: UInt64 = 0) {
        self.startNs = startNs
        self.lengthNs = lengthNs
        self.switchCount = switchCount
    }
}

/// Who took the time.
public enum GapKind: String, Sendable, CaseIterable {
    /// The kernel's timer interrupt, which comes at a fixed period.
    case tick
    /// Another thread of this machine ran on the core: the kernel counted a context switch.
    case preempted
    /// A short one off the tick's grid and without a switch: a device's interrupt, a call from
    /// another core, a timer. On a virtual machine, exits to the host too.
    case interrupt
    /// A long one without a switch: the host ran something else; on bare metal, firmware (SMI) or
    /// a long interrupt.
    case stall
}

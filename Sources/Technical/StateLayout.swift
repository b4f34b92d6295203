//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// The state of indicators is flat: numbers in memory that somebody else owns. *Registers* change
// with every bar, forming or final, and are few. *Windows* hold what was, and only final bars write
// them. So a forming bar is taken in on a copy of the registers and leaves nothing behind; a
// snapshot is the bytes; and a state has the same layout for every instrument.

/// Hands out places of registers and windows while indicators are put together.
public struct StateLayout: Sendable {
    public private(set) var registerCount = 0
    public private(set) var windowCount = 0

    public init() {}

    /// The first of `count` registers, which begin as 0.
    mutating func registers(_ count: Int) -> Int {
        defer { registerCount += count }
        return registerCount
    }

    /// The first of `count` places of a window, which begin as 0.
    mutating func window(_ count: Int) -> Int {
        defer { windowCount += count }
        return windowCount
    }
}

/// The memory that an update works on.
///
/// SAFETY: both pointers lead to as many places as the layout counted.
@safe
public struct StateCells: BitwiseCopyable {
    let registers: UnsafeMutablePointer<Double>
    let windows: UnsafeMutablePointer<Double>
    /// The bar is closed: windows are written.
    let isFinal: Bool

    @_noAllocation @_noLocks
    @inline(__always)
    init(
        registers: UnsafeMutablePointer<Double>, windows: UnsafeMutablePointer<Double>,
        isFinal: Bool
    ) {
        unsafe self.registers = unsafe registers
        unsafe self.windows = unsafe windows
        self.isFinal = isFinal
    }

    /// A register.
    @_noAllocation @_noLocks
    @inline(__always)
    func get(_ index: Int) -> Double { unsafe registers[index] }

    @_noAllocation @_noLocks
    @inline(__always)
    func set(_ index: Int, _ value: Double) { unsafe registers[index] = value }

    /// A register that counts. It holds the bits of an integer, so nothing is converted.
    @_noAllocation @_noLocks
    @inline(__always)
    func count(_ index: Int) -> Int {
        unsafe Int(bitPattern: UInt(truncatingIfNeeded: registers[index].bitPattern))
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func setCount(_ index: Int, _ value: Int) {
        unsafe registers[index] = Double(bitPattern: UInt64(UInt(bitPattern: value)))
    }

    /// A place of a window.
    @_noAllocation @_noLocks
    @inline(__always)
    func past(_ index: Int) -> Double { unsafe windows[index] }

    /// A place of a window that holds a count.
    @_noAllocation @_noLocks
    @inline(__always)
    func pastCount(_ index: Int) -> Int {
        unsafe Int(bitPattern: UInt(truncatingIfNeeded: windows[index].bitPattern))
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func keepCount(_ index: Int, _ value: Int) {
        if isFinal {
            unsafe windows[index] = Double(bitPattern: UInt64(UInt(bitPattern: value)))
        }
    }

    /// Writes a place of a window, if the bar is final.
    @_noAllocation @_noLocks
    @inline(__always)
    func keep(_ index: Int, _ value: Double) {
        if isFinal { unsafe windows[index] = value }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase

/// What the indicators of one program know about one instrument and time frame, and their newest
/// numbers.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
public struct IndicatorState: ~Copyable {
    private let memory: UnsafeMutablePointer<Double>
    private let registerCount: Int
    private let windowCount: Int
    public let outputCount: Int

    /// Numbers that have not begun are not numbers.
    public init(_ program: IndicatorProgram) {
        registerCount = program.layout.registerCount
        windowCount = program.layout.windowCount
        outputCount = program.outputCount
        let size = 2 * registerCount + windowCount + outputCount
        unsafe memory = .allocate(capacity: max(1, size))
        unsafe memory.initialize(repeating: 0, count: max(1, size))
        for index in 0..<outputCount { unsafe outputs[index] = .nan }
    }

    deinit { unsafe memory.deallocate() }

    private var windows: UnsafeMutablePointer<Double> {
        @_noAllocation @_noLocks
        get { unsafe memory + (2 &* registerCount) }
    }
    private var outputs: UnsafeMutablePointer<Double> {
        @_noAllocation @_noLocks
        get { unsafe memory + (2 &* registerCount &+ windowCount) }
    }

    /// Number `index` of the bar that was taken in last, forming or final.
    @_noAllocation @_noLocks
    public func value(_ index: Int) -> Double { unsafe outputs[index] }

    @_noAllocation @_noLocks
    @inline(__always)
    func output(_ index: Int) -> IndicatorOutput { unsafe IndicatorOutput(outputs + index) }

    @_noAllocation @_noLocks
    @inline(__always)
    func cells(isFinal: Bool) -> StateCells {
        if isFinal {
            return unsafe StateCells(registers: memory, windows: windows, isFinal: true)
        }
        let copy = unsafe memory + registerCount
        unsafe apus_copy(copy, memory, registerCount &* 8)
        return unsafe StateCells(registers: copy, windows: windows, isFinal: false)
    }

    // MARK: Snapshots

    /// All that later numbers depend on, as bits.
    public func snapshot() -> [UInt64] {
        (0..<registerCount).map { unsafe memory[$0].bitPattern }
            + (0..<windowCount).map { unsafe windows[$0].bitPattern }
    }

    /// Goes on from a snapshot of the same program.
    ///
    /// - Returns: `false`, and nothing changed, when it has another size.
    public func restore(_ snapshot: [UInt64]) -> Bool {
        guard snapshot.count == registerCount + windowCount else { return false }
        for index in 0..<registerCount {
            unsafe memory[index] = Double(bitPattern: snapshot[index])
        }
        for index in 0..<windowCount {
            unsafe windows[index] = Double(bitPattern: snapshot[registerCount + index])
        }
        return true
    }
}

extension IndicatorProgram {
    /// Every number of every bar, a row each: what a state makes of them one after the other.
    public func batch(_ bars: [BarValues]) -> [[Double]] {
        let state = IndicatorState(self)
        return bars.map { bar in
            _ = update(state, bar, isFinal: true)
            return (0..<outputCount).map { state.value($0) }
        }
    }
}

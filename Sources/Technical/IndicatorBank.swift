//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The indicators of some series of bars that belong together, such as the time frames of an
/// instrument: by groups of eight where the program has one, otherwise one by one, with the same
/// numbers to the bit.
///
/// Keeps the numbers of closed bars apart from those of bars that still form.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
public struct IndicatorBank: ~Copyable {
    private let code: IndicatorCode
    private let laneCount: Int
    private let outputCount: Int
    /// As many as the lanes need; `nil` where the program has none, or there is one series alone.
    private let groups: UnsafeMutablePointer<IndicatorGroup>?
    private let groupCount: Int
    /// One a lane, where there are no groups.
    private let states: UnsafeMutablePointer<IndicatorState>?
    /// The numbers at the last closed bars, lane by lane.
    private let finals: UnsafeMutablePointer<Double>
    /// Bars put down that wait for `form`, a bit a lane.
    private var waiting: UInt64 = 0

    /// - Parameter laneCount: Series, 1...64.
    public init(_ program: IndicatorProgram, laneCount: Int) {
        precondition((1...64).contains(laneCount), "1 to 64 series")
        code = program.code
        self.laneCount = laneCount
        outputCount = program.outputCount
        unsafe finals = .allocate(capacity: max(1, laneCount * program.outputCount))
        unsafe finals.initialize(repeating: .nan, count: max(1, laneCount * program.outputCount))
        groupCount = (laneCount + IndicatorGroup.lanesMax - 1) / IndicatorGroup.lanesMax
        if laneCount > 1, IndicatorGroup(program) != nil {
            let groups = UnsafeMutablePointer<IndicatorGroup>.allocate(capacity: groupCount)
            for index in 0..<groupCount {
                guard let group = IndicatorGroup(program) else {
                    preconditionFailure("it had a group")
                }
                unsafe (groups + index).initialize(to: group)
            }
            unsafe self.groups = groups
            unsafe states = nil
        } else {
            let states = UnsafeMutablePointer<IndicatorState>.allocate(capacity: laneCount)
            for index in 0..<laneCount {
                unsafe (states + index).initialize(to: IndicatorState(program))
            }
            unsafe groups = nil
            unsafe self.states = states
        }
    }

    deinit {
        if let groups = unsafe groups {
            unsafe groups.deinitialize(count: groupCount)
            unsafe groups.deallocate()
        }
        if let states = unsafe states {
            unsafe states.deinitialize(count: laneCount)
            unsafe states.deallocate()
        }
        unsafe finals.deallocate()
    }

    /// Number `column` of a lane at its last closed bar.
    @_noAllocation @_noLocks
    @inline(__always)
    public func value(_ column: Int, lane: Int) -> Double {
        unsafe finals[lane &* outputCount &+ column]
    }

    /// The first of `count` numbers of a lane, copied to `target`.
    @_noAllocation @_noLocks
    public func copyValues(lane: Int, count: Int, to target: UnsafeMutablePointer<Double>) {
        for column in 0..<count { unsafe target[column] = value(column, lane: lane) }
    }

    /// Takes in a closed bar of a lane; one that is not sound changes nothing.
    @_noAllocation @_noLocks
    public mutating func take(_ bar: BarValues, lane: Int) {
        let row = unsafe finals + lane &* outputCount
        if let groups = unsafe groups {
            let group = unsafe groups + lane / IndicatorGroup.lanesMax
            let place = lane % IndicatorGroup.lanesMax
            unsafe group.pointee.place(bar, lane: place)
            guard unsafe group.pointee.update(lanes: 1 &<< UInt32(place), isFinal: true) != 0
            else { return }
            for column in 0..<outputCount {
                unsafe row[column] = group.pointee.value(column, lane: place)
            }
        } else if let states = unsafe states {
            guard unsafe code.update(states[lane], bar, isFinal: true) else { return }
            unsafe states[lane].copyValues(to: row)
        }
    }

    /// Puts down the bar of a lane as it stands, for the next `form`.
    @_noAllocation @_noLocks
    public mutating func placeForming(_ bar: BarValues, lane: Int) {
        waiting |= 1 &<< UInt64(lane)
        if let groups = unsafe groups {
            unsafe groups[lane / IndicatorGroup.lanesMax]
                .place(bar, lane: lane % IndicatorGroup.lanesMax)
        } else if let states = unsafe states {
            _ = unsafe code.update(states[lane], bar, isFinal: false)
        }
    }

    /// Computes the numbers of all bars that were put down.
    @_noAllocation @_noLocks
    public mutating func form() {
        if let groups = unsafe groups {
            for index in 0..<groupCount {
                let first = UInt64(index &* IndicatorGroup.lanesMax)
                let lanes = UInt32(truncatingIfNeeded: waiting &>> first & 0xFF)
                if lanes != 0 { _ = unsafe groups[index].update(lanes: lanes, isFinal: false) }
            }
        }
        waiting = 0
    }

    /// Number `column` of a lane if its bar closed as it was put down last.
    @_noAllocation @_noLocks
    public func formingValue(_ column: Int, lane: Int) -> Double {
        if let groups = unsafe groups {
            let group = unsafe groups + lane / IndicatorGroup.lanesMax
            return unsafe group.pointee.value(column, lane: lane % IndicatorGroup.lanesMax)
        }
        guard let states = unsafe states else { return .nan }
        return unsafe states[lane].value(column)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry

/// One named number of the telemetry page, written by one stage.
///
/// SAFETY: the page outlives every stage.
@safe
public struct Counter: @unchecked Sendable {
    @usableFromInline let row: UnsafeMutablePointer<CounterData>

    init(_ row: UnsafeMutablePointer<CounterData>) { unsafe self.row = unsafe row }

    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func add(_ amount: Int) {
        unsafe apus_counter_add(row, UInt64(truncatingIfNeeded: amount))
    }

    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func increment() { unsafe apus_counter_add(row, 1) }

    /// Replaces the value: for gauges.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func set(_ value: UInt64) { unsafe apus_word_store(&row.pointee.value, value) }

    @inlinable @inline(__always)
    public var value: UInt64 {
        @_noAllocation @_noLocks
        get { unsafe apus_word_load(&row.pointee.value) }
    }

    /// The word itself, for C code that counts.
    public var word: UnsafeMutablePointer<UInt64> {
        unsafe UnsafeMutableRawPointer(row).advanced(by: 56).assumingMemoryBound(to: UInt64.self)
    }
}

/// One histogram of the telemetry page, written by one thread. Values are nanoseconds.
///
/// SAFETY: the page outlives every stage.
@safe
public struct Histogram: @unchecked Sendable {
    @usableFromInline let data: UnsafeMutablePointer<HistogramData>

    init(_ data: UnsafeMutablePointer<HistogramData>) { unsafe self.data = unsafe data }

    /// Cost: bench `telemetry/histogram-record`.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func record(_ ns: UInt64) { unsafe apus_histogram_record(data, ns) }
}

/// The pulse of one stage, written by the thread it runs on.
///
/// SAFETY: the page outlives every stage.
@safe
public struct StagePulse: @unchecked Sendable {
    @usableFromInline let data: UnsafeMutablePointer<StageData>

    init(_ data: UnsafeMutablePointer<StageData>) { unsafe self.data = unsafe data }

    /// Where the stage runs; before the hot loop starts.
    public func setPlace(core: Int, thread: Int) {
        unsafe data.pointee.core = Int32(core)
        unsafe data.pointee.threadIndex = UInt32(thread)
    }

    /// Counts one call of `poll` that found `work`.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func count(work: Int) {
        unsafe apus_word_store(&data.pointee.busyPolls, data.pointee.busyPolls &+ 1)
        unsafe apus_word_store(
            &data.pointee.work, data.pointee.work &+ UInt64(truncatingIfNeeded: work))
    }

    /// Says that the thread is alive at `now`, after `polls` calls in all.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func beat(now: UInt64, polls: UInt64) {
        unsafe apus_word_store(&data.pointee.heartbeatNs, now)
        unsafe apus_word_store(&data.pointee.polls, polls)
    }
}

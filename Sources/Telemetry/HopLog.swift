//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry

/// When each stage let which record go; see `apus_hops.h`. One thread adds, any other looks up.
///
/// SAFETY: the memory is kept until the process ends.
@safe
public struct HopLog: @unchecked Sendable {
    public let data: UnsafeMutablePointer<HopLogData>

    /// - Precondition: `capacity` is a power of two.
    public init(capacity: Int) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0, "a power of two as capacity")
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: apus_hop_log_size(UInt64(capacity)), alignment: 64)
        unsafe data = unsafe memory.assumingMemoryBound(to: HopLogData.self)
        unsafe apus_hop_log_init(data, UInt64(capacity))
    }

    /// Cost: bench `telemetry/hop-mark`.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func add(sequence: UInt64, timeNs: UInt64, work: Int, preemption: Preemption) {
        unsafe apus_hop_log_add(
            data, sequence, timeNs, UInt32(truncatingIfNeeded: work), preemption)
    }

    /// Marks added so far.
    public var count: UInt64 { unsafe apus_hop_log_count(data) }

    /// Mark `index`, from 0; `nil`: not there yet, or overwritten.
    public subscript(index: UInt64) -> HopMark? {
        var mark = HopMark()
        return unsafe apus_hop_log_read(data, index, &mark) == 1 ? mark : nil
    }

    /// The mark with which `sequence` left the stage; `nil`: it did not, or that was overwritten.
    public func find(_ sequence: UInt64) -> HopMark? {
        var mark = HopMark()
        return unsafe apus_hop_log_find(data, sequence, &mark) == 1 ? mark : nil
    }
}

/// An order that left: what its sender knows.
public struct SentOrder: Equatable, Sendable {
    public let sequence: UInt64
    public let ingressTimeNs: UInt64
    public let sentTimeNs: UInt64
    public let instrumentID: UInt32

    @inlinable @inline(__always)
    public init(
        sequence: UInt64, ingressTimeNs: UInt64, sentTimeNs: UInt64, instrumentID: UInt32
    ) {
        self.sequence = sequence
        self.ingressTimeNs = ingressTimeNs
        self.sentTimeNs = sentTimeNs
        self.instrumentID = instrumentID
    }
}

/// The orders that left in a poll, for the loop around it. One thread. Holds the latest
/// `capacity`, as many as a poll can send; who does not look at them after each poll loses some.
///
/// SAFETY: the memory is kept until the process ends.
@safe
public struct SendLog: @unchecked Sendable {
    public static var capacity: UInt64 { @_noAllocation @_noLocks get { 64 } }
    @usableFromInline let total: UnsafeMutablePointer<UInt64>
    @usableFromInline let orders: UnsafeMutablePointer<SentOrder>

    public init() {
        unsafe total = .allocate(capacity: 1)
        unsafe total.initialize(to: 0)
        unsafe orders = .allocate(capacity: Int(Self.capacity))
        unsafe orders.initialize(
            repeating: SentOrder(sequence: 0, ingressTimeNs: 0, sentTimeNs: 0, instrumentID: 0),
            count: Int(Self.capacity))
    }

    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func add(_ order: SentOrder) {
        unsafe orders[Int(total.pointee & 63)] = order
        unsafe total.pointee &+= 1
    }

    /// Orders added so far.
    @inlinable @inline(__always)
    public var count: UInt64 {
        @_noAllocation @_noLocks
        get { unsafe total.pointee }
    }

    /// - Precondition: `index` is one of the latest `capacity`.
    @_noAllocation @_noLocks
    public func order(_ index: UInt64) -> SentOrder { unsafe orders[Int(index & 63)] }
}

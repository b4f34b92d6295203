//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry
public import Platform

/// The control page: the trading state, and the requests to cancel all and to stop.
///
/// SAFETY: the mapping is kept until the process ends; every word is atomic in C.
@safe
public struct ControlHandle: @unchecked Sendable {
    @usableFromInline let page: UnsafeMutablePointer<ControlPage>

    /// The page as segment `path`, created anew: NOT_READY until the engine says otherwise.
    public static func create(_ path: String) throws(PlatformError) -> ControlHandle {
        let segment = try MemorySegment.create(path, size: MemoryLayout<ControlPage>.size)
        return unsafe ControlHandle(fresh: segment.leak())
    }

    /// The page of a running engine.
    public static func open(_ path: String) throws(PlatformError) -> ControlHandle {
        let segment = try MemorySegment.open(path, writable: true)
        guard unsafe apus_control_validate(segment.base, segment.size) == 0 else {
            throw PlatformError(operation: "read \(path)", code: 22)
        }
        let memory = unsafe segment.leak()
        return unsafe ControlHandle(page: memory.assumingMemoryBound(to: ControlPage.self))
    }

    /// A page in private memory, never freed; for tests, replay and benchmarks.
    public static func standalone(state: TradingState = .ready) -> ControlHandle {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: MemoryLayout<ControlPage>.size, alignment: 64)
        let handle = unsafe ControlHandle(fresh: memory)
        handle.setEngineState(state)
        return handle
    }

    private init(page: UnsafeMutablePointer<ControlPage>) { unsafe self.page = unsafe page }

    private init(fresh memory: UnsafeMutableRawPointer) {
        unsafe page = unsafe memory.assumingMemoryBound(to: ControlPage.self)
        unsafe apus_control_init(page, currentProcessID())
    }

    /// The worst of what the operator wants and what the engine finds.
    @inlinable @inline(__always)
    public var state: TradingState {
        @_noAllocation @_noLocks
        get { unsafe apus_control_state(page) }
    }

    /// Grows when every open order is to be cancelled.
    @inlinable @inline(__always)
    public var cancelAllEpoch: UInt32 {
        @_noAllocation @_noLocks
        get { unsafe apus_control_cancel_all_epoch(page) }
    }

    @inlinable @inline(__always)
    public var isStopRequested: Bool {
        @_noAllocation @_noLocks
        get { unsafe apus_control_is_stop_requested(page) != 0 }
    }

    public var operatorState: TradingState { unsafe apus_control_operator_state(page) }
    public var engineState: TradingState { unsafe apus_control_engine_state(page) }
    public var processID: UInt64 { unsafe page.pointee.processID }
    public var haltReason: String {
        unsafe withUnsafeBytes(of: page.pointee.halt_reason) { bytes in
            unsafe String(decoding: unsafe bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Lowers the operator's state; never raises it.
    public func lower(to state: TradingState, reason: String) {
        unsafe apus_control_lower(page, state, reason)
    }
    /// Lowers the operator's state from within a stage that finds that it cannot go on.
    @_noAllocation @_noLocks
    public func lower(to state: TradingState, because reason: StaticString) {
        unsafe reason.utf8Start.withMemoryRebound(to: CChar.self, capacity: 1) { text in
            unsafe apus_control_lower(page, state, text)
        }
    }
    /// A person raises the operator's state to READY.
    public func resume() { unsafe apus_control_resume(page) }
    public func setEngineState(_ state: TradingState) {
        unsafe apus_control_set_engine_state(page, state)
    }
    public func cancelAll() { unsafe apus_control_cancel_all(page) }
    public func requestStop() { unsafe apus_control_request_stop(page) }
}

extension TradingState {
    public var text: String {
        switch self {
        case .ready: "READY"
        case .reducing: "REDUCING"
        case .halted: "HALTED"
        case .notReady: "NOT_READY"
        default: "STATE_\(rawValue)"
        }
    }
}

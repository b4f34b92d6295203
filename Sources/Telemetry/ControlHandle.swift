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

    /// Grows when every position is to be brought to zero.
    @inlinable @inline(__always)
    public var flattenEpoch: UInt32 {
        @_noAllocation @_noLocks
        get { unsafe apus_control_flatten_epoch(page) }
    }

    /// Grows when a person resumes trading: what only a person lifts is lifted.
    @inlinable @inline(__always)
    public var resumeEpoch: UInt32 {
        @_noAllocation @_noLocks
        get { unsafe apus_control_resume_epoch(page) }
    }

    @inlinable @inline(__always)
    public var isStopRequested: Bool {
        @_noAllocation @_noLocks
        get { unsafe apus_control_is_stop_requested(page) != 0 }
    }

    /// Takes the page's words into `seen`; `true` when any differs from what was there.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public func look(_ seen: inout ControlWords) -> Bool {
        unsafe apus_control_look(page, &seen) != 0
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
    @_noAllocation @_noLocks
    public func cancelAll() { unsafe apus_control_cancel_all(page) }
    /// Asks for every position to be brought to zero; the state is to be REDUCING by then.
    @_noAllocation @_noLocks
    public func flatten() { unsafe apus_control_flatten(page) }
    /// What is asked of the models and not answered yet; the engine's.
    public var modelRequest: ModelOrder? {
        guard unsafe apus_model_mailbox_is_asked(&page.pointee.models) != 0 else { return nil }
        let box = unsafe page.pointee.models
        return ModelOrder(
            request: box.request,
            name: unsafe withUnsafeBytes(of: box.name) { unsafe FixedText.read($0) },
            file: unsafe withUnsafeBytes(of: box.file) { unsafe FixedText.read($0) })
    }

    /// Answers the request that stands; the engine's.
    public func answerModelRequest(_ answer: String, isRefused: Bool) {
        unsafe withUnsafeMutableBytes(of: &page.pointee.models.answer) {
            unsafe FixedText.write(answer, $0)
        }
        unsafe page.pointee.models.failed = isRefused ? 1 : 0
        unsafe apus_model_mailbox_answer(&page.pointee.models)
    }

    /// Asks the engine and waits for its answer.
    ///
    /// - Returns: The answer and whether the request was refused; `nil` without one in time.
    /// - Throws: `PlatformError` while another process asks, or for a text that is too long.
    public func ask(
        _ order: ModelOrder, timeoutNs: UInt64
    ) throws(PlatformError) -> (answer: String, isRefused: Bool)? {
        let status = unsafe apus_model_mailbox_take(
            &page.pointee.models, UInt32(truncatingIfNeeded: currentProcessID()))
        guard status == 0 else { throw PlatformError(operation: "ask the engine", code: -status) }
        defer { unsafe apus_model_mailbox_free(&page.pointee.models) }
        unsafe page.pointee.models.request = order.request
        unsafe withUnsafeMutableBytes(of: &page.pointee.models.name) {
            unsafe FixedText.write(order.name, $0)
        }
        unsafe withUnsafeMutableBytes(of: &page.pointee.models.file) {
            unsafe FixedText.write(order.file, $0)
        }
        let number = unsafe apus_model_mailbox_ask(&page.pointee.models)
        let deadline = monotonicNs() + timeoutNs
        while unsafe apus_model_mailbox_is_answered(&page.pointee.models, number) == 0 {
            if monotonicNs() > deadline { return nil }
            CurrentThread.sleep(ns: 2_000_000)
        }
        let answer = unsafe withUnsafeBytes(of: page.pointee.models.answer) {
            unsafe FixedText.read($0)
        }
        return unsafe (answer, page.pointee.models.failed != 0)
    }

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

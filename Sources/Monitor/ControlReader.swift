//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
public import Platform
import Telemetry

/// What the control page says at one moment.
public struct ControlSnapshot: Sendable, Equatable {
    /// The worst of the operator's and the engine's state.
    public var state: String
    public var operatorState: String
    public var engineState: String
    public var haltReason: String
    public var cancelAllEpoch: UInt32
    public var isStopRequested: Bool
}

/// An observer's side of the control page: mapped read-only, so it cannot lower the state either.
///
/// SAFETY: the mapping is validated, and `page` lies in it.
@safe
public struct ControlReader: @unchecked Sendable {
    private let page: UnsafePointer<ControlPage>
    private let mapping: SharedMapping

    /// - Throws: `PlatformError`; `EINVAL` for a foreign, damaged or differently laid out page.
    public init(path: String) throws(PlatformError) {
        mapping = SharedMapping(try MemorySegment.open(path, writable: false))
        guard unsafe apus_control_validate(mapping.base, mapping.size) == 0 else {
            throw PlatformError(operation: "read \(path)", code: 22)
        }
        let memory = unsafe UnsafeRawPointer(mapping.base)
        unsafe page = unsafe memory.assumingMemoryBound(to: ControlPage.self)
    }

    public var snapshot: ControlSnapshot {
        let reason = unsafe withUnsafeBytes(of: page.pointee.halt_reason) { bytes in
            let end = unsafe bytes.firstIndex(of: 0) ?? bytes.count
            return unsafe String(decoding: unsafe bytes[..<end], as: UTF8.self)
        }
        return ControlSnapshot(
            state: unsafe apus_control_state(page).text,
            operatorState: unsafe apus_control_operator_state(page).text,
            engineState: unsafe apus_control_engine_state(page).text, haltReason: reason,
            cancelAllEpoch: unsafe apus_control_cancel_all_epoch(page),
            isStopRequested: unsafe apus_control_is_stop_requested(page) != 0)
    }
}

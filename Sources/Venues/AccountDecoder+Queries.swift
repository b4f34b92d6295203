//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Messages
import Telemetry

extension AccountDecoder {
    /// Binance's answer to a question what became of an order. Where it teaches nothing, no report
    /// is made, and the gateway asks again.
    @_noAllocation @_noLocks
    mutating func answer(
        _ report: inout ExecutionReport, _ bytes: UnsafePointer<UInt8>, status: UInt64,
        isNotExecuted: Bool
    ) -> Outcome {
        let outcome = HTTPStatus.outcome(
            status, code: report.venueCode, isNotExecuted: isNotExecuted, of: .query)
        guard outcome == .accepted else {
            noteRefusal(status: status, code: report.venueCode)
            guard outcome == .rejected, VenueCode.isOrderGone(report.venueCode) else {
                counters.venueErrors.increment()
                return .passed
            }
            report.execution = .notFound
            write(report)
            return .done
        }
        let read = unsafe takeResult(&report, bytes)
        if read != .done { return read }
        guard let execution = standing() else {
            counters.unknownExecutions.increment()
            return .passed
        }
        report.execution = execution
        if execution == .accepted { _ = takeTerms(&report) }
        write(report)
        return .done
    }

    /// What the status of the order in `inner` says. One that filled has ended; what fills are
    /// stated and were not told, the gateway waits for.
    @_noAllocation @_noLocks
    private mutating func standing() -> Execution? {
        if inner.has("status", "NEW") || inner.has("status", "PARTIALLY_FILLED") {
            return .accepted
        }
        if inner.has("status", "CANCELED") { return .canceled }
        if inner.has("status", "FILLED") || inner.has("status", "EXPIRED")
            || inner.has("status", "EXPIRED_IN_MATCH")
        {
            return .expired
        }
        return inner.has("status", "REJECTED") ? .rejected : nil
    }
}

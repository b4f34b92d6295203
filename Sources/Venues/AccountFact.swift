//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
import Telemetry

/// What a cold thread found out about orders, positions or the account, on its way to the path:
/// the bytes of one execution report, in a REST frame of kind `RESTContext.fact`.
///
/// The cold thread fills in everything but `sequence` and `ingressTimeNs`, which the parser sets
/// from the frame, and what the report says the gateway fills in. It may be an answer to a query
/// (`accepted`, `canceled`, `expired`, `rejected`, `notFound`, `unknown`, with `isReply` 1), a
/// fill, an order to adopt, a position, the account's figures, funding, or a guard.
public enum AccountFact {
    /// Bytes of one fact; a body of any other size is malformed.
    static var length: Int {
        @_noAllocation @_noLocks
        get { MemoryLayout<ExecutionReport>.size }
    }

    /// The body of a fact's frame. Cold: allocates.
    public static func bytes(_ report: ExecutionReport) -> [UInt8] {
        unsafe withUnsafeBytes(of: report) { unsafe Array($0) }
    }

    /// The report in a body; `nil` for another size, an execution that no cold thread tells, a
    /// venue that is none, or an instrument that is not in the table. Our own process wrote it:
    /// this finds mistakes, and the gateway judges the rest.
    @_noAllocation @_noLocks
    static func report(
        _ bytes: UnsafePointer<UInt8>, count: Int, instrumentCount: UInt32
    ) -> ExecutionReport? {
        guard count == length else { return nil }
        let report = unsafe UnsafeRawPointer(bytes).loadUnaligned(as: ExecutionReport.self)
        let isVenue = report.venue.rawValue >= Venue.binanceUSDM.rawValue
            && report.venue.rawValue <= Venue.okx.rawValue
        let isInstrument = report.instrumentID < instrumentCount
        switch report.execution {
        case .accepted, .rejected, .fill, .canceled, .expired, .unknown, .modified, .notFound,
            .position, .adopted, .funding:
            return isInstrument ? report : nil
        case .account: return isVenue ? report : nil
        // That the account's stream is alive; what ends it the reader tells.
        case .session: return isVenue && report.session == 2 && report.isUp == 1 ? report : nil
        case .guard: return isVenue && (report.tradeID != 1 || isInstrument) ? report : nil
        default: return nil
        }
    }
}

extension AccountDecoder {
    /// Passes on what a cold thread found out.
    @_noAllocation @_noLocks
    mutating func decodeFact(_ bytes: UnsafePointer<UInt8>, count: Int) {
        guard
            var report = unsafe AccountFact.report(
                bytes, count: count, instrumentCount: symbols.count)
        else {
            counters.malformed.increment()
            return
        }
        report.sequence = sequence
        report.ingressTimeNs = ingressTimeNs
        write(report)
    }
}

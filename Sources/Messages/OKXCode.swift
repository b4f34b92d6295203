//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a venue's code says became of a request.
public enum RequestOutcome: UInt8, Sendable {
    case accepted
    /// It was not carried out, and sent again it would fare no better.
    case rejected
    /// It may have been carried out.
    case unknown
    /// It was not carried out, because there were too many; later it may be.
    case throttled

    // Written out, because the derived operators are not known to be free of locks.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }
}

/// Codes of OKX. Source: protocol sheet of OKX, section 10.
public enum OKXCode {
    /// What a code of a request or of one of its items says.
    ///
    /// A code that is not in the sheet is `unknown`, the safe side: the order is held for one that
    /// may live.
    @_noAllocation @_noLocks
    public static func outcome(_ code: Int32) -> RequestOutcome {
        switch code {
        case 0: .accepted
        // Rates and load; too many changes of one order in flight.
        case 50011, 50013, 50040, 50061, 51513, 60014, 60023: .throttled
        // Time-outs, and system errors that promise nothing.
        case 50001, 50004, 50026, 51054, 51149, 51412: .unknown
        // An order of this id is there: an earlier request of it went through.
        case 51011, 51016: .unknown
        // All failed; what the request or its sender lacks; too late.
        case 1, 50002, 50014...50016, 50027, 50030, 50036...50038, 50101...50107, 50110, 50111,
            50113, 50119, 50120:
            .rejected
        case 51000...51510, 51511, 51512, 51603: trade(code)
        case 54004, 54008, 54012, 54084, 54085: .rejected
        // The request was not understood, or the session may not make it.
        case 60004...60009, 60011...60013, 60018...60022, 60024, 60026...60032, 63999,
            64000...64004:
            .rejected
        default: .unknown
        }
    }

    /// Codes of trading that are refusals.
    @_noAllocation @_noLocks
    private static func trade(_ code: Int32) -> RequestOutcome {
        switch code {
        case 51000, 51001, 51003...51008, 51010, 51015, 51019...51023, 51025, 51027...51030,
            51034, 51035, 51071:
            .rejected
        case 51101...51103, 51109...51112, 51116, 51120...51122, 51124, 51127, 51131,
            51137, 51138, 51140, 51150, 51169, 51170, 51174, 51185:
            .rejected
        case 51201...51204: .rejected
        case 51400...51402, 51404...51406, 51410: .rejected
        case 51500...51503, 51506, 51508, 51511, 51512: .rejected
        case 51603: .rejected
        default: .unknown
        }
    }

    /// True when a refused cancel or amend says that the order is not open, or that the venue does
    /// not know it: filled, cancelled, or never there.
    @_noAllocation @_noLocks
    public static func isOrderGone(_ code: Int32) -> Bool {
        switch code {
        case 51400, 51401, 51402, 51405, 51503, 51603: true
        default: false
        }
    }
}

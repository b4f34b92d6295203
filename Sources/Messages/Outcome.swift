//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// What every answer of a venue, and every way of getting none, says became of a request. The one
// table of it: decoders and gateway judge by nothing else. Sources: protocol sheets of Binance,
// sections 4.4, 6 and 9, and of OKX, section 10.

/// What a request asked of the venue.
public enum RequestKind: UInt8, BitwiseCopyable, CaseIterable, Sendable {
    case place
    case cancel
    case modify
    /// What became of an order, by our id. Changes nothing, so it can always be asked again.
    case query

    // Written out, because the derived operators are not known to be free of locks.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }
}

/// What became of a request.
public enum RequestOutcome: UInt8, Sendable {
    case accepted
    /// It was not carried out, and sent again it would fare no better.
    case rejected
    /// It may have been carried out.
    case unknown
    /// It was not carried out; later it may be.
    case retry

    // Written out, because the derived operators are not known to be free of locks.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }
}

/// Codes of both venues: OKX's are positive, Binance's negative, 0 is none.
public enum VenueCode {
    /// What a code says became of a request. A code that is not in the sheets is `unknown`, the
    /// safe side: the order is held for one that may live.
    @_noAllocation @_noLocks
    public static func outcome(_ code: Int32, of request: RequestKind) -> RequestOutcome {
        let outcome = code < 0 ? BinanceCode.outcome(code) : OKXCode.outcome(code)
        // A cancel whose time was refused is as wanted as before.
        if request == .cancel && isClockRefusal(code) { return .retry }
        return request == .query && outcome == .unknown ? .retry : outcome
    }

    /// True when a refused cancel, modify or query says that the order is not open, or that the
    /// venue does not know it: filled, cancelled, or never there. Said once, it proves nothing: a
    /// question can overtake the order's creation.
    @_noAllocation @_noLocks
    public static func isOrderGone(_ code: Int32) -> Bool {
        code < 0 ? BinanceCode.isOrderGone(code) : OKXCode.isOrderGone(code)
    }

    /// The request's time, or its expiry, was out of range by the venue's clock.
    @_noAllocation @_noLocks
    public static func isClockRefusal(_ code: Int32) -> Bool {
        switch code {
        case -1021, -5028, 50036, 50037, 50102, 60004, 60006: true
        default: false
        }
    }
}

/// Ways in which a request gets no answer of the venue.
public enum TransportFailure: UInt8, CaseIterable, Sendable {
    /// The venue's name could not be resolved: nothing left.
    case nameResolution
    /// No connection or no TLS session came about: nothing left.
    case connect
    /// The request could not be written: nothing of it will leave.
    case write
    /// The connection was lost behind the request.
    case connectionLost
    /// No answer came in time.
    case timeout

    /// What became of a request that failed so.
    @_noAllocation @_noLocks
    public func outcome(of request: RequestKind) -> RequestOutcome {
        if request == .query { return .retry }
        switch self {
        case .nameResolution, .connect: return .retry
        // A new order's price may be stale when the way is free again; a cancel is still wanted.
        case .write: return request == .cancel ? .retry : .rejected
        case .connectionLost, .timeout: return .unknown
        }
    }
}

/// Status codes of HTTP, and of the replies of Binance's WebSocket API.
public enum HTTPStatus {
    /// What status and code together say became of a request.
    ///
    /// - Parameters:
    ///   - code: Of Binance; 0 when there is none.
    ///   - isNotExecuted: The text is one of those that promise so.
    @_noAllocation @_noLocks
    public static func outcome(
        _ status: UInt64, code: Int32, isNotExecuted: Bool, of request: RequestKind
    ) -> RequestOutcome {
        let named = code == 0 ? nil : Optional(VenueCode.outcome(code, of: request))
        switch code {
        // Said of the request itself, whatever the status.
        case -1001, -1006, -1007, -4116: return named ?? .unknown
        case -1008: return .retry
        default: break
        }
        switch status {
        case 200: return named ?? .accepted
        // 403: the firewall in front of the venue. 418 and 429: too many requests.
        case 403, 418, 429: return .retry
        case 408, 409: return request == .query ? .retry : .unknown
        case 400..<500: return named ?? .rejected
        default:
            return isNotExecuted || request == .query ? .retry : .unknown
        }
    }
}

/// Codes of Binance.
public enum BinanceCode {
    @_noAllocation @_noLocks
    public static func outcome(_ code: Int32) -> RequestOutcome {
        switch code {
        // Unknown error; disconnected; unexpected reply; time-out.
        case -1000, -1001, -1006, -1007: .unknown
        // An order of this id is there: an earlier request of it went through.
        case -4116: .unknown
        // Rates and load; a stop that is triggering; another change of the order under way.
        case -1003, -1008, -1015, -4117, -5043: .retry
        // What the request or its sender lacks.
        case -1014, -1013, -1016, -1022...(-1020), -1136...(-1100): .rejected
        case -2028...(-2018), -2015...(-2013), -2011, -2010: .rejected
        // Filters and settings; what orders may say; order execution.
        case -4999...(-4000), -5099...(-5000): .rejected
        default: .unknown
        }
    }

    @_noAllocation @_noLocks
    public static func isOrderGone(_ code: Int32) -> Bool { code == -2011 || code == -2013 }
}

/// Codes of OKX.
public enum OKXCode {
    @_noAllocation @_noLocks
    public static func outcome(_ code: Int32) -> RequestOutcome {
        switch code {
        case 0: .accepted
        // Rates and load; too many changes of one order in flight.
        case 50011, 50013, 50040, 50061, 51513, 60014, 60023: .retry
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

    @_noAllocation @_noLocks
    public static func isOrderGone(_ code: Int32) -> Bool {
        switch code {
        case 51400, 51401, 51402, 51405, 51503, 51603: true
        default: false
        }
    }
}

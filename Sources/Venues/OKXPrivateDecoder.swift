//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
public import Rings
public import Telemetry

/// Private messages of OKX outside of a parser stage: for tests and benchmarks.
public struct OKXPrivateDecoder: ~Copyable {
    /// Room that one message needs in the report ring.
    public static var reportsMax: Int {
        @_noAllocation @_noLocks
        get { AccountDecoder.okxReportsMax }
    }

    private var account: AccountDecoder

    public init(
        reports: consuming RingProducer<ExecutionReport>, instruments: InstrumentTable,
        telemetry: TelemetryWriter
    ) {
        let symbols = SymbolIndex(instruments, venue: .okx)
        account = AccountDecoder(
            reports, symbols: symbols, okxSymbols: symbols,
            counters: ParserCounters(telemetry), binance: BinanceCounters(telemetry))
    }

    /// Decodes one message and gives its reports the next sequence.
    ///
    /// - Returns: `false`, with nothing done, when the ring has no room for its reports.
    @_noAllocation @_noLocks
    public mutating func decode(
        _ bytes: UnsafePointer<UInt8>, count: Int, ingressTimeNs: UInt64
    ) -> Bool {
        guard open(ingressTimeNs) else { return false }
        unsafe account.decodeOKXPrivate(bytes, count: count)
        return true
    }

    /// The connection came or went. As `decode`.
    @_noAllocation @_noLocks
    public mutating func connectionChanged(isUp: Bool, ingressTimeNs: UInt64) -> Bool {
        guard open(ingressTimeNs) else { return false }
        account.writeOKXSessions(isUp: isUp)
        return true
    }

    @_noAllocation @_noLocks
    private mutating func open(_ ingressTimeNs: UInt64) -> Bool {
        guard account.reports.hasRoom(Self.reportsMax) else { return false }
        account.sequence &+= 1
        account.ingressTimeNs = ingressTimeNs
        return true
    }
}

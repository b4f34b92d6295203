//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#if APUS_PEERS
import CSimdjson
import Messages

/// The parser and simdjson On-Demand on the same recorded messages of Binance, sample by sample in
/// turn: the same members are read, the same integers made, and records of the same bytes written.
/// Equal hashes say so. Target P4: at most half of simdjson's time.
let peerSuite = BenchSuite(
    name: "peer",
    measurements: CaptureKind.allCases.filter { !$0.isOKX }
        .flatMap { [ownName($0), simdjsonName($0)] },
    run: peerBench)

private func ownName(_ kind: CaptureKind) -> String { "peer/\(kind.rawValue)-apus" }
private func simdjsonName(_ kind: CaptureKind) -> String { "peer/\(kind.rawValue)-simdjson" }

/// The peer's parser and room for the records of one message.
///
/// SAFETY: one thread; the parser and the room live as long as this.
@safe
private final class SimdjsonFixture {
    private let parser: OpaquePointer
    private let records: UnsafeMutablePointer<UInt64>
    private static let recordsMax = 2_048
    private var sequence: UInt64 = 0

    init() {
        let instrument = BenchMarket.instrument()
        guard
            let parser = unsafe apus_simdjson_create(
                instrument.venueSymbolText, UInt32(instrument.priceDecimals),
                instrument.tickMantissa, UInt32(instrument.quantityDecimals),
                instrument.lotMantissa)
        else { preconditionFailure("memory for a parser") }
        unsafe self.parser = unsafe parser
        let words = Self.recordsMax * Int(APUS_SIMDJSON_RECORD_WORDS)
        unsafe records = .allocate(capacity: words)
        unsafe records.initialize(repeating: 0, count: words)
    }

    deinit {
        unsafe apus_simdjson_destroy(parser)
        unsafe records.deallocate()
    }

    /// Parses a message and returns the hash that `ParserFixture.drain` makes of its records.
    @inline(__always)
    func run(_ bytes: UnsafePointer<UInt8>, _ length: Int) -> UInt64 {
        sequence &+= 1
        let count = unsafe apus_simdjson_parse(
            parser, bytes, length, sequence, BenchMarket.startTimeNs, records, Self.recordsMax)
        var sum: UInt64 = 0
        var index = 0
        while index < Int(count) {
            let record = unsafe records + index &* Int(APUS_SIMDJSON_RECORD_WORDS)
            let kind = unsafe UInt8(truncatingIfNeeded: record[6] &>> 32)
            let isLevels = kind == EventKind.bookLevels.rawValue
            let (first, second) = unsafe isLevels
                ? (record[0], record[1]) : (record[3], record[4])
            sum = sum &* 31 &+ first &+ second
            index &+= 1
        }
        return sum
    }
}

@Sendable private func peerBench(_ bench: Bench) throws {
    let samples = bench.parameter(smoke: 2, full: 60)
    // The peer's driver knows Binance's messages alone.
    for (kind, lines) in CaptureKind.lines() where !kind.isOKX {
        let frames = ParseFrames(lines)
        let texts = FrameTexts(lines)
        let rounds = bench.parameter(smoke: 1, full: kind == .depthLevel ? 4 : 8)
        let count = rounds * texts.count
        let operations = rounds * kind.unitCount(lines)
        let own = try ParserFixture()
        let peer = SimdjsonFixture()
        bench.measure(
            [
                Bench.Candidate(name: ownName(kind), operations: operations) {
                    bench.timed { frames.run(own, operations: count, isGeneric: false) }
                },
                Bench.Candidate(name: simdjsonName(kind), operations: operations) {
                    bench.timed {
                        var sum: UInt64 = 0
                        for index in 0..<count {
                            let hash = unsafe peer.run(texts.bytes(index), texts.length(index))
                            sum = sum &* 31 &+ hash
                        }
                        return sum
                    }
                },
            ], samples: samples)
        let name = unsafe String(cString: apus_simdjson_implementation())
        let hashes = [ownName(kind), simdjsonName(kind)].compactMap { wanted in
            bench.results.first { $0.name == wanted }?.hash
        }
        precondition(Set(hashes).count <= 1, "the same records of both: \(kind.rawValue)")
        bench.compare(
            "\(kind.rawValue) against simdjson (\(name))", ownName(kind),
            with: simdjsonName(kind), target: 2)
    }
}
#endif

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import SeededRandom
import Messages
import Testing
import Venues

@Suite("Facts of cold threads")
struct AccountFactTests {
    private static let told: [Execution] = [
        .accepted, .rejected, .fill, .canceled, .expired, .unknown, .modified, .notFound,
        .position, .adopted, .account, .funding, .guard,
    ]
    private let context = RESTContext(kind: RESTContext.fact).packed

    private func fact(_ execution: Execution, _ instrumentID: UInt32 = 1) -> ExecutionReport {
        var report = ExecutionReport()
        report.execution = execution
        report.instrumentID = instrumentID
        report.venue = .okx
        return report
    }

    private func take(_ body: [UInt8], _ harness: Harness) -> [ExecutionReport] {
        #expect(harness.parseREST(body, context: context).isEmpty)
        return harness.takeReports()
    }

    /// Goal: what the cold thread wrote arrives, with the frame's own sequence and time. Method:
    /// random bytes in every field, compared byte for byte.
    @Test(arguments: told)
    func `a fact arrives as it was written, in the order of frames`(_ execution: Execution) throws {
        let harness = try Harness(ParserStageTests.instruments)
        var random = SplitMix64(seed: UInt64(execution.rawValue))
        var report = ExecutionReport()
        unsafe withUnsafeMutableBytes(of: &report) { bytes in
            for index in bytes.indices { unsafe bytes[index] = UInt8(random.below(256)) }
        }
        report.execution = execution
        report.instrumentID = 1
        report.venue = .okx
        let taken = take(AccountFact.bytes(report), harness)
        try #require(taken.count == 1)
        #expect(taken[0].sequence == harness.stage.sequence)
        #expect(taken[0].ingressTimeNs == 1_000)
        report.sequence = taken[0].sequence
        report.ingressTimeNs = taken[0].ingressTimeNs
        #expect(AccountFact.bytes(taken[0]) == AccountFact.bytes(report))
    }

    @Test func `what no cold thread may tell is refused and counted`() throws {
        let harness = try Harness(ParserStageTests.instruments)
        var refused: UInt64 = 0
        for byte in UInt8.min...UInt8.max where !Self.told.contains(Execution(byte)) {
            #expect(take(AccountFact.bytes(fact(Execution(byte))), harness).isEmpty)
            refused += 1
            #expect(harness.counter("malformed") == refused, "execution \(byte)")
        }
    }

    @Test func `a body of another size is refused`() throws {
        let harness = try Harness(ParserStageTests.instruments)
        let body = AccountFact.bytes(fact(.position))
        for size in 0..<body.count { #expect(take(Array(body[..<size]), harness).isEmpty) }
        #expect(take(body + [0], harness).isEmpty)
        #expect(harness.counter("malformed") == UInt64(body.count + 1))
        #expect(take(body, harness).count == 1)
    }

    @Test func `an instrument or a venue that is none is refused where it is meant`() throws {
        let harness = try Harness(ParserStageTests.instruments)
        for execution in Self.told {
            let isOfVenue = execution == .account || execution == .guard
            let beyond = take(AccountFact.bytes(fact(execution, 2)), harness)
            #expect(beyond.count == (isOfVenue ? 1 : 0), "execution \(execution.rawValue)")
            for venue in [UInt8(0), 5, .max] {
                var report = fact(execution)
                report.venue = Venue(venue)
                let taken = take(AccountFact.bytes(report), harness)
                #expect(taken.count == (isOfVenue ? 0 : 1), "execution \(execution.rawValue)")
            }
        }
        var halted = fact(.guard, 2)
        halted.tradeID = 1
        #expect(take(AccountFact.bytes(halted), harness).isEmpty)
        halted.instrumentID = 0
        #expect(take(AccountFact.bytes(halted), harness).count == 1)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Journal
import Messages
import SeededRandom
import Testing
import Venues

/// Recorded messages written in other legal ways. `APUS_MUTATIONS` says how many; CI takes few.
@Suite("Rewritten recordings")
struct RewrittenMessagesTests {
    private static let mutationCount =
        ProcessInfo.processInfo.environment["APUS_MUTATIONS"].flatMap { Int($0) } ?? 4_000
    /// Messages of each sample file, and of the capture.
    private static let perFile = 20
    private static let fromCapture = 400
    /// Longest message, bytes: what is rewritten should be varied, not long.
    private static let lengthMax = 3_000

    private static func recordings() throws -> [[UInt8]] {
        var messages: [[UInt8]] = []
        for file in RecordedMessagesTests.files where !file.contains("rest_") {
            messages += try lines("\(samples)/live/\(file)").prefix(perFile)
        }
        if haveCaptures {
            var reader = try CaptureReader(path: "\(captures)/binance-usdm_btcusdt_20240808.gz")
            for _ in 0..<fromCapture {
                guard let line = try reader.next() else { break }
                let message = unsafe Array(line.json)
                let isSnapshot = message.starts(with: Array("{\"lastUpdateId\"".utf8))
                if !isSnapshot { messages.append(message) }
            }
        }
        return messages.filter { $0.count <= lengthMax }
    }

    private static func instruments(_ messages: [[UInt8]]) -> [Instrument] {
        var inference = PrecisionInference(venue: .binanceUSDM)
        for message in messages { unsafe message.withUnsafeBytes { unsafe inference.observe($0) } }
        return inference.instruments()
    }

    /// Goal: records depend on what a message says, not on how it is written. Method: random order
    /// of members, blanks, escapes and unknown members; both paths against the records of the
    /// message as it was recorded.
    @Test(.enabled(if: haveSamples, "the venue samples are not here"))
    func `a recorded message gives the same records however it is written`() throws {
        let seed: UInt64 = 1_000_000
        var random = SplitMix64(seed: seed)
        let messages = try Self.recordings()
        try #require(!messages.isEmpty)
        let taken = messages.map { JSONRewriter($0) }
        let harness = try Harness(Self.instruments(messages))
        let usual = messages.map { harness.parse($0) }
        let refusals = harness.refusals
        var text: [UInt8] = []
        var recordCount = 0
        for round in 0..<Self.mutationCount {
            let index = Int.random(in: 0..<messages.count, using: &random)
            let habits = JSONRewriter.Habits(&random)
            text.removeAll(keepingCapacity: true)
            taken[index].write(habits, &random, to: &text)
            let isScanned = random.next() & 1 == 0
            let records = harness.parse(text, generic: !isScanned)
            recordCount += records.count
            guard !sameRecords(records, usual[index]) else { continue }
            Issue.record(
                "seed \(seed) round \(round): \(String(decoding: text, as: UTF8.self))")
            return
        }
        #expect(recordCount > Self.mutationCount / 2)
        // Symbols without a price in the file are unknown each time they come; nothing else is.
        let unknown = harness.counter("unknown_symbols")
        #expect(harness.refusals - refusals <= unknown)
        #expect(harness.counter("malformed") == 0)
    }

    @Test(.enabled(if: haveSamples, "the venue samples are not here"))
    func `every proper beginning of a recorded message is refused`() throws {
        let messages = try Self.recordings().filter { $0.count <= 300 }
        var kinds: [[UInt8]] = []
        for message in messages {
            let isKnown = kinds.contains { $0.prefix(40) == message.prefix(40) }
            if !isKnown { kinds.append(message) }
        }
        let harness = try Harness(Self.instruments(messages))
        var cuts: UInt64 = 0
        for message in kinds {
            for count in 0..<message.count {
                let slack = Array(message[count...])
                #expect(harness.parse(message[..<count], slack: slack).isEmpty)
                #expect(harness.parse(message[..<count], slack: slack, generic: true).isEmpty)
                cuts += 2
            }
        }
        #expect(harness.counter("malformed") == cuts)
    }
}

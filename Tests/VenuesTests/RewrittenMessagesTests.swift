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
@Suite(
    "Rewritten recordings",
    .enabled(if: haveSamples && haveOKXSamples, "the venue samples are not here"))
struct RewrittenMessagesTests {
    private static let mutationCount =
        ProcessInfo.processInfo.environment["APUS_MUTATIONS"].flatMap { Int($0) } ?? 4_000
    /// Messages of each sample file, and of the capture.
    static let perFile = 20
    static let fromCapture = 400
    /// Longest message, bytes: what is rewritten should be varied, not long.
    static let lengthMax = 3_000

    /// What a venue sent, and a parser that knows its instruments.
    enum Source: CaseIterable {
        case binance
        case okx

        func messages() throws -> [[UInt8]] {
            var messages: [[UInt8]] = []
            switch self {
            case .binance:
                for file in RecordedMessagesTests.files where !file.contains("rest_") {
                    messages += try lines("\(samples)/live/\(file)")
                        .prefix(RewrittenMessagesTests.perFile)
                }
            case .okx:
                for file in OKXFile.files(.market) where file.hasPrefix("recorded_messages/") {
                    messages += try OKXFile.messages(file).prefix(RewrittenMessagesTests.perFile)
                }
            }
            if haveCaptures {
                var reader = try CaptureReader(path: "\(captures)/\(capture)")
                for _ in 0..<RewrittenMessagesTests.fromCapture {
                    guard let line = try reader.next() else { break }
                    let message = unsafe Array(line.json)
                    let isSnapshot = message.starts(with: Array("{\"lastUpdateId\"".utf8))
                    if !isSnapshot { messages.append(message) }
                }
            }
            return messages.filter { $0.count <= RewrittenMessagesTests.lengthMax }.map(numbered)
        }

        /// OKX's books of 2022 carry no numbers, and the parser's own differ from one message to
        /// the next: as the venue writes them today.
        private func numbered(_ message: [UInt8]) -> [UInt8] {
            let text = String(decoding: message, as: UTF8.self)
            guard self == .okx, text.contains(#""checksum":"#), !text.contains("seqId") else {
                return message
            }
            let numbers = #""prevSeqId":333793117432,"seqId":333793117441,"checksum":"#
            return Array(text.replacing(#""checksum":"#, with: numbers).utf8)
        }

        private var capture: String {
            self == .binance
                ? "binance-usdm_btcusdt_20240808.gz"
                : "okx_2022-05-13_public_books_tickers_trades.txt"
        }

        func harness(for messages: [[UInt8]]) throws -> Harness {
            if self == .okx { return try Harness.okx(naming: messages) }
            var inference = PrecisionInference(venue: .binanceUSDM)
            for message in messages {
                unsafe message.withUnsafeBytes { unsafe inference.observe($0) }
            }
            return try Harness(inference.instruments())
        }
    }

    /// Goal: records depend on what a message says, not on how it is written. Method: random order
    /// of members, blanks, escapes and unknown members; both paths against the records of the
    /// message as it was recorded.
    @Test(arguments: Source.allCases)
    func `a recorded message gives the same records however it is written`(
        source: Source
    ) throws {
        let seed: UInt64 = 1_000_000
        var random = SplitMix64(seed: seed)
        let messages = try source.messages()
        try #require(!messages.isEmpty)
        let taken = messages.map { JSONRewriter($0) }
        let harness = try source.harness(for: messages)
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

    @Test(arguments: Source.allCases)
    func `every proper beginning of a recorded message is refused`(source: Source) throws {
        let messages = try source.messages().filter { $0.count <= 300 }
        var kinds: [[UInt8]] = []
        for message in messages {
            let isKnown = kinds.contains { $0.prefix(40) == message.prefix(40) }
            if !isKnown { kinds.append(message) }
        }
        let harness = try source.harness(for: messages)
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

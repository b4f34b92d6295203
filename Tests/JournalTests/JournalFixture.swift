//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Glibc
import Journal
import Platform
import SeededRandom
import Testing

/// A frame as a test gives it to a writer and gets it back from a reader.
struct TestFrame: Equatable {
    var kind: JournalKind
    var detail: UInt8
    var connection: UInt16
    var sequence: UInt64
    var timeNs: UInt64
    var writtenNs: UInt64
    var context: UInt64
    var body: [UInt8]

    /// - Parameter bodyMax: Bytes; lengths around multiples of 64 come often.
    static func random(bodyMax: Int, using random: inout SplitMix64) -> TestFrame {
        var length = Int.random(in: 0...bodyMax, using: &random)
        if Int.random(in: 0..<4, using: &random) == 0 {
            length = min(bodyMax, max(0, length / 64 * 64 + Int.random(in: -1...1, using: &random)))
        }
        // Zeros at the end and all through are as good as any other byte.
        let isZero = Int.random(in: 0..<16, using: &random) == 0
        let body = (0..<length).map { _ in isZero ? 0 : UInt8(truncatingIfNeeded: random.next()) }
        return TestFrame(
            kind: JournalKind(rawValue: UInt8.random(in: 1...12, using: &random)),
            detail: UInt8(truncatingIfNeeded: random.next()),
            connection: UInt16(truncatingIfNeeded: random.next()), sequence: random.next(),
            timeNs: random.next(), writtenNs: random.next(), context: random.next(), body: body)
    }

    static func random(_ count: Int, bodyMax: Int, seed: UInt64) -> [TestFrame] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in Self.random(bodyMax: bodyMax, using: &random) }
    }

    init(
        kind: JournalKind, detail: UInt8 = 0, connection: UInt16 = 0, sequence: UInt64 = 0,
        timeNs: UInt64 = begin, writtenNs: UInt64 = begin, context: UInt64 = 0, body: [UInt8]
    ) {
        self.kind = kind
        self.detail = detail
        self.connection = connection
        self.sequence = sequence
        self.timeNs = timeNs
        self.writtenNs = writtenNs
        self.context = context
        self.body = body
    }

    init(_ frame: JournalFrame) {
        self.init(
            kind: frame.kind, detail: frame.detail, connection: frame.connection,
            sequence: frame.sequence, timeNs: frame.timeNs, writtenNs: frame.writtenNs,
            context: frame.context, body: unsafe Array(frame.body))
    }
}

extension JournalWriter {
    func append(_ frame: TestFrame) -> Bool {
        unsafe frame.body.withUnsafeBytes {
            unsafe append(
                kind: frame.kind, detail: frame.detail, connection: frame.connection,
                sequence: frame.sequence, timeNs: frame.timeNs, context: frame.context,
                writtenNs: frame.writtenNs, $0)
        }
    }

    /// Appends all frames, writing whenever memory is full.
    func appendAll(_ frames: [TestFrame]) throws {
        for frame in frames {
            try drive("room in memory") { append(frame) }
        }
        submit()
    }

    /// Polls until `condition` holds; 30 s bound a hang.
    func drive(_ what: String, until condition: () -> Bool) throws {
        let deadlineNs = monotonicNs() + 30_000_000_000
        while !condition() {
            submit()
            poll()
            try #require(monotonicNs() < deadlineNs, "not in 30 s: \(what)")
            CurrentThread.sleep(ns: 20_000)
        }
    }
}

/// What a reader got of a journal.
struct JournalContent {
    var frames: [TestFrame] = []
    var firstNumber: UInt64 = 0
    var damage: JournalDamage?
    var end: JournalEnd?

    init(_ folder: String, _ verification: JournalReader.Verification = .full) throws {
        var reader = try JournalReader(folder: folder, verification: verification)
        do {
            while let frame = try reader.next() {
                if frames.isEmpty { firstNumber = frame.number }
                #expect(frame.number == firstNumber + UInt64(frames.count))
                frames.append(TestFrame(frame))
            }
        } catch JournalError.damaged(let damage) {
            self.damage = damage
            let again = try reader.next()
            #expect(again == nil)
        }
        end = reader.end
    }
}

extension TemporaryFolder {
    /// A journal's folder in it.
    var journal: String { "\(path)/journal" }
    var segments: [String] { names(in: journal) }

    func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? []
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Platform
import Testing
import TradingCore

@testable import Paper

/// Goal: an account takes every frame once and in order, waits for what has not come, and ends
/// rather than grow without bound.
@Suite("Frames of a virtual account")
struct PaperFeedTests {
    private func frame(_ number: UInt64, bytes: Int = 8) -> RecordedFrame {
        RecordedFrame(
            connectionID: 1, kind: .text, timeNs: number,
            bytes: [UInt8](repeating: 0x20, count: bytes))
    }

    @Test func `frames come in order, then the end`() throws {
        let feed = PaperFeed([])
        for number in 1...1_000 { feed.add(frame(UInt64(number))) }
        #expect(feed.waiting == 1_000)
        feed.end()
        feed.add(frame(1_001))
        var times: [UInt64] = []
        while let frame = try feed.next() { times.append(frame.timeNs) }
        #expect(times == (1...1_000).map { UInt64($0) })
        #expect(feed.failure == nil)
    }

    @Test func `whoever takes waits for what comes`() throws {
        let feed = PaperFeed([])
        let thread = try PlatformThread(name: "test-feed") {
            for number in 1...50 {
                feed.add(self.frame(UInt64(number)))
                CurrentThread.sleep(ns: 100_000)
            }
            feed.end()
        }
        var count: UInt64 = 0
        while let frame = try feed.next() {
            count += 1
            #expect(frame.timeNs == count)
        }
        thread.join()
        #expect(count == 50)
    }

    @Test func `an account that falls too far behind ends with the reason`() throws {
        let feed = PaperFeed([])
        for number in 1...300 { feed.add(frame(UInt64(number), bytes: 1 << 20)) }
        #expect(feed.failure?.contains("255 frames behind") == true, "\(feed.failure ?? "")")
        var count = 0
        while try feed.next() != nil { count += 1 }
        #expect(count == 255, "what waited is taken")
    }
}

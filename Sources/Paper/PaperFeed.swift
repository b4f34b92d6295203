//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Backtest
import Messages
import Platform
import Synchronization
import TradingCore

/// Live frames as one account takes them: a queue between the market's thread and the account's.
///
/// SAFETY: the lock guards what both threads use; the batch belongs to the one that takes.
@safe
final class PaperFeed: MarketSource, @unchecked Sendable {
    let instruments: [Instrument]
    private let state = Mutex(State())
    private var batch: [RecordedFrame] = []
    private var place = 0

    /// Bytes that may wait. An account that falls behind further ends: what it did after would not
    /// be what it had done in time.
    private static let bytesMax = 256 << 20
    /// What a frame takes besides its bytes.
    private static let overhead = 64
    private static let pauseNs: UInt64 = 200_000

    private struct State {
        var frames: [RecordedFrame] = []
        var bytes = 0
        var isOver = false
        var failure: String?
    }

    init(_ instruments: [Instrument]) { self.instruments = instruments }

    var frameCount: Int? { nil }
    var malformedCount: Int { 0 }
    /// Why it ended before the market did.
    var failure: String? { state.withLock { $0.failure } }
    /// Frames that wait.
    var waiting: Int { state.withLock { $0.frames.count } }

    func add(_ frame: RecordedFrame) {
        state.withLock { state in
            if state.isOver { return }
            state.bytes += frame.bytes.count + Self.overhead
            guard state.bytes <= Self.bytesMax else {
                end(&state, "\(state.frames.count) frames behind the market: the host is too slow")
                return
            }
            state.frames.append(frame)
        }
    }

    /// What waits is taken still, then it is over.
    func end(_ failure: String? = nil) { state.withLock { end(&$0, failure) } }

    private func end(_ state: inout State, _ failure: String?) {
        state.isOver = true
        state.failure = state.failure ?? failure
    }

    /// Waits for the next frame; `nil`: it is over.
    func next() throws -> RecordedFrame? {
        while place == batch.count {
            let isOver = state.withLock { state in
                batch = state.frames
                state.frames = []
                state.bytes = 0
                return state.isOver
            }
            place = 0
            if !batch.isEmpty { break }
            if isOver { return nil }
            CurrentThread.sleep(ns: Self.pauseNs)
        }
        defer { place += 1 }
        return batch[place]
    }
}

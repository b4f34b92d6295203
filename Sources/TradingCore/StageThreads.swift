//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import CTelemetry
import Pipeline
import Platform

/// Threads that poll the stages of a replay, one for each group, as a pipelined engine does.
///
/// SAFETY: the stop word is never freed; each stage is in one group.
@safe
final class StageThreads {
    private let stopWord: UnsafeMutablePointer<UInt64>
    private var threads: [PlatformThread] = []

    static let pipelined: [StageSet] = [
        .parser, [.kernel, .inference], [.strategy, .execution, .risk], .gateway,
    ]

    init(_ path: ReplayPath, groups: [StageSet]) throws(PlatformError) {
        unsafe stopWord = .allocate(capacity: 1)
        unsafe stopWord.initialize(to: 0)
        let stop = unsafe Word(pointer: stopWord)
        for (index, group) in groups.enumerated() {
            threads.append(
                try PlatformThread(name: "apus-replay-\(index)") {
                    while !stop.isSet {
                        if path.poll(group) == 0 { apus_thread_yield_idle() }
                    }
                })
        }
    }

    /// Ends the threads; what they have not handled is left.
    func stop() {
        unsafe apus_word_store_release(stopWord, 1)
        for thread in threads { thread.join() }
        threads = []
    }

    /// SAFETY: as the class.
    @safe
    private struct Word: @unchecked Sendable {
        let pointer: UnsafeMutablePointer<UInt64>
        var isSet: Bool { unsafe apus_word_load_acquire(pointer) != 0 }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import CTelemetry
import Journal
import Messages
import Options
import Platform
import Synchronization

/// The thread that writes files, manifest and progress lines.
///
/// SAFETY: the sink belongs to the thread once it runs; the word and the mutex are for both sides.
@safe
final class RecorderThread: @unchecked Sendable {
    private let sink: RecorderSink
    private let folder: RecorderFolder
    private let stopWord: UnsafeMutablePointer<UInt64>
    private let problem = Mutex<String?>(nil)
    private var thread: PlatformThread?
    private var filesWritten = 0
    private var nextProgressNs: UInt64 = 0
    private var nextManifestNs: UInt64 = 0
    private var startTimeNs: UInt64 = 0

    private static let progressIntervalNs: UInt64 = 10_000_000_000
    private static let manifestIntervalNs: UInt64 = 1_000_000_000
    private static let pauseNs: UInt64 = 1_000_000

    init(_ sink: RecorderSink, folder: RecorderFolder) {
        self.sink = sink
        self.folder = folder
        unsafe stopWord = .allocate(capacity: 1)
        unsafe stopWord.initialize(to: 0)
    }

    /// The first thing that could not be written, in one line.
    var failure: String? { problem.withLock { $0 } }
    var hasFailed: Bool { failure != nil }

    /// Writes a first manifest, so that a folder that cannot be written to is known at once.
    func start() throws(EngineError) {
        startTimeNs = wallNs()
        try writeManifest(isComplete: false)
        do throws(PlatformError) {
            thread = try PlatformThread(name: "apus-record") { [self] in run() }
        } catch { throw EngineError("\(error)") }
    }

    /// Has everything that the rings hold written and every file closed. The reader has ended.
    func stop() {
        guard thread != nil else { return }
        unsafe apus_word_store_release(stopWord, 1)
        thread?.join()
        thread = nil
    }

    private func run() {
        let begin = monotonicNs()
        nextProgressNs = begin + Self.progressIntervalNs
        while true {
            // Looked at first: what came before the wish to stop is written after it.
            let isStopping = unsafe apus_word_load_acquire(stopWord) != 0
            let count = takeFrames()
            let now = monotonicNs()
            if now >= nextManifestNs {
                nextManifestNs = now + Self.manifestIntervalNs
                report(seconds: (now - begin) / 1_000_000_000, nowNs: now)
            }
            if count > 0, !hasFailed { continue }
            if isStopping { break }
            CurrentThread.sleep(ns: Self.pauseNs)
        }
        finish()
    }

    /// After a failure nothing more is taken: the reader stalls until it is told to stop.
    private func takeFrames() -> Int {
        if hasFailed { return 0 }
        do throws(CaptureError) {
            return try sink.poll()
        } catch {
            fail("\(error)")
            return 0
        }
    }

    private func report(seconds: UInt64, nowNs: UInt64) {
        let manifest = sink.manifest()
        let isProgressDue = nowNs >= nextProgressNs
        if isProgressDue {
            nextProgressNs += Self.progressIntervalNs
            print("recording \(Durations.text(ns: seconds * 1_000_000_000)): \(manifest.text)")
        }
        if isProgressDue || manifest.files.count != filesWritten {
            attemptManifest(isComplete: false)
        }
    }

    private func finish() {
        do throws(CaptureError) { try sink.finish() } catch { fail("\(error)") }
        attemptManifest(isComplete: !hasFailed)
        let manifest = sink.manifest()
        let verdict = failure.map { "stopped early: \($0)" } ?? manifest.verdict
        print("recorded \(manifest.text): \(verdict)")
    }

    private func attemptManifest(isComplete: Bool) {
        do throws(EngineError) {
            try writeManifest(isComplete: isComplete)
        } catch { fail("\(error)") }
    }

    private func writeManifest(isComplete: Bool) throws(EngineError) {
        let manifest = sink.manifest()
        filesWritten = manifest.files.count
        try folder.write(
            manifest: manifest.json(
                startTimeNs: startTimeNs, nowNs: wallNs(), isComplete: isComplete,
                failure: failure))
    }

    private func fail(_ reason: String) {
        problem.withLock { if $0 == nil { $0 = reason } }
    }
}

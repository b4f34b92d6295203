//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Platform
import Synchronization

/// Where the watchdog says what it does: lines in logfmt on standard output, and the same lines in
/// a file that only its owner reads, on disk before the next step.
final class KillJournal: Sendable {
    private let file: Int32
    private let lock = Mutex(())

    /// - Throws: One line when the file cannot be opened.
    init(path: String) throws(WatchdogError) {
        file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            throw WatchdogError(unsafe "\(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(file) }

    func info(_ step: String, _ fields: KeyValuePairs<String, String> = [:]) {
        write("info", step, fields)
    }

    func warning(_ step: String, _ fields: KeyValuePairs<String, String> = [:]) {
        write("warning", step, fields)
    }

    func error(_ step: String, _ fields: KeyValuePairs<String, String> = [:]) {
        write("error", step, fields)
    }

    private func write(
        _ level: String, _ step: String, _ fields: KeyValuePairs<String, String>
    ) {
        let line = LogFormat.line(
            level: level, step, fields.map { ($0.key, $0.value) }, timeNs: wallNs())
        lock.withLock { _ in
            // What cannot be shown or kept is no reason to stop.
            _ = TextFile.append(line, to: STDOUT_FILENO)
            _ = TextFile.append(line, to: file)
            fsync(file)
        }
    }

    /// "12.3", of a span since a monotonic time.
    static func milliseconds(since startNs: UInt64) -> String {
        let us = (monotonicNs() - startNs) / 1_000
        return "\(us / 1_000).\(us % 1_000 / 100)"
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Platform

/// Lines of logfmt on standard error, or in a file that only its owner reads and that is put
/// aside when it is full. For one thread.
struct LogSender: AlertSender {
    /// `nil`: standard error.
    let path: String?
    let sizeMax: Int
    /// Files put aside: "path.1" is the newest.
    let keep: Int

    /// - Returns: Why the file cannot be used, or `nil`.
    static func refusal(of path: String) -> String? {
        do throws(SendError) {
            close(try open(path).file)
            return nil
        } catch {
            return error.reason
        }
    }

    func send(_ notice: AlertNotice) throws(SendError) {
        guard let path else {
            guard TextFile.append(notice.logLine, to: STDERR_FILENO) else {
                throw SendError(reason: "standard error cannot be written", isTransient: false)
            }
            return
        }
        let line = notice.logLine
        var (file, size) = try Self.open(path)
        if size > 0, size + line.utf8.count > sizeMax {
            close(file)
            rotate(path)
            (file, size) = try Self.open(path)
        }
        defer { close(file) }
        guard TextFile.append(line, to: file) else {
            throw SendError(reason: "the file cannot be written", isTransient: true)
        }
    }

    private static func open(_ path: String) throws(SendError) -> (file: Int32, size: Int) {
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let file = unsafe Glibc.open(path, flags, 0o600)
        guard file >= 0 else {
            throw SendError(reason: unsafe String(cString: strerror(errno)), isTransient: true)
        }
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_uid == geteuid(), status.st_mode & 0o077 == 0
        else {
            close(file)
            throw SendError(
                reason: "not a plain file of this user with mode 0600", isTransient: false)
        }
        return (file, Int(status.st_size))
    }

    private func rotate(_ path: String) {
        for index in stride(from: keep - 1, through: 1, by: -1) {
            unsafe rename("\(path).\(index)", "\(path).\(index + 1)")
        }
        unsafe rename(path, "\(path).1")
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import Glibc

/// A child process that ends when this one does.
public final class ChildProcess {
    public let processID: Int32
    private var exitStatus: Int32?

    /// Starts `path`; output and errors go to the file `output`, or to this process's own.
    public init(
        path: String, arguments: [String], output: String?
    ) throws(PlatformError) {
        var pointers = unsafe ([path] + arguments).map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { for unsafe pointer in unsafe pointers { unsafe free(pointer) } }
        var child: Int32 = 0
        unsafe try PlatformError.check(
            apus_process_spawn(path, pointers, output, &child), "start \(path)")
        processID = child
    }

    /// Whether it still runs.
    public var isRunning: Bool { wait(timeoutNs: 0) == nil }

    public func terminate() { _ = apus_process_signal(processID, SIGTERM) }
    public func kill() { _ = apus_process_signal(processID, SIGKILL) }
    public func signal(_ number: Int32) { _ = apus_process_signal(processID, number) }

    /// Waits for its end: the exit code, 128 + signal when a signal ended it, `nil` when it still
    /// runs after `timeoutNs`.
    @discardableResult
    public func wait(timeoutNs: UInt64) -> Int32? {
        if let exitStatus { return exitStatus }
        var status: Int32 = 0
        guard unsafe apus_process_wait(processID, timeoutNs, &status) == 1 else { return nil }
        let signal = status & 0x7f
        exitStatus = signal == 0 ? (status >> 8) & 0xff : 128 + signal
        return exitStatus
    }
}

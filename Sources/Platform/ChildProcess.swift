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
    ///
    /// - Parameter environment: "NAME=value" each: all that it gets of this process, descriptors
    ///   included. `nil`: it has what this process has.
    public init(
        path: String, arguments: [String], environment: [String]? = nil, output: String?
    ) throws(PlatformError) {
        let pointers = unsafe Self.copies([path] + arguments)
        let variables = unsafe environment.map { unsafe Self.copies($0) }
        defer {
            for unsafe pointer in unsafe pointers + (variables ?? []) { unsafe free(pointer) }
        }
        var child: Int32 = 0
        let result: Int32
        if let variables = unsafe variables {
            result = unsafe apus_process_spawn(path, pointers, variables, output, &child)
        } else {
            result = unsafe apus_process_spawn(path, pointers, nil, output, &child)
        }
        try PlatformError.check(result, "start \(path)")
        processID = child
    }

    /// Zero-terminated copies, and a null pointer behind them.
    private static func copies(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        var pointers = unsafe texts.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        return unsafe pointers
    }

    /// Whether it still runs.
    public var isRunning: Bool { wait(timeoutNs: 0) == nil }

    public func terminate() { signal(SIGTERM) }
    public func kill() { signal(SIGKILL) }
    /// Nothing once its end has been waited for: the number may be another process's by then.
    public func signal(_ number: Int32) {
        if exitStatus == nil { _ = apus_process_signal(processID, number) }
    }

    /// Ends it and what it started, if that is still in its group: asked, and after `graceNs`
    /// made to.
    public func endGroup(graceNs: UInt64) {
        _ = apus_process_signal(-processID, SIGTERM)
        CurrentThread.sleep(ns: graceNs)
        // Not waited for until now, so its number is still its own.
        _ = apus_process_signal(-processID, SIGKILL)
        wait(timeoutNs: graceNs)
    }

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

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform

/// Runs a program, without a shell, with the notice in its environment and nothing else of this
/// process's: no key or token is handed on.
struct CommandSender: AlertSender {
    let arguments: [String]
    let timeoutNs: UInt64

    private static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    /// Between asking it to end and ending it.
    private static let graceNs: UInt64 = 500_000_000

    func send(_ notice: AlertNotice) throws(SendError) {
        let environment = ["PATH=\(Self.path)"]
            + notice.environment.map { "\($0.name)=\($0.value)" }
        let child: ChildProcess
        do throws(PlatformError) {
            child = try ChildProcess(
                path: arguments[0], arguments: Array(arguments.dropFirst()),
                environment: environment, output: "/dev/null")
        } catch {
            throw SendError(reason: "\(error)", isTransient: true)
        }
        guard let status = child.wait(timeoutNs: timeoutNs) else {
            child.endGroup(graceNs: Self.graceNs)
            throw SendError(reason: "timed out and was ended", isTransient: false)
        }
        if status != 0 {
            throw SendError(reason: "ended with \(status)", isTransient: false)
        }
    }
}

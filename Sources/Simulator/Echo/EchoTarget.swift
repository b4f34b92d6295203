//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform

/// Whoever is sent market data and answers: its connections, its market data, what waited for it.
class EchoReceiver {
    let name: String
    let link: EchoLink
    var feed: EchoFeed
    /// Bytes that waited in this program for the socket, and in the kernel for the client, at most.
    var backlogMax = 0
    var kernelBacklogMax = 0

    init(name: String, link: EchoLink) {
        self.name = name
        self.link = link
        feed = EchoFeed(depthName: link.depthName)
    }

    /// Why it is gone; `nil`: nothing is known of that.
    var failure: String? { nil }

    func forgetBacklogs() {
        backlogMax = 0
        kernelBacklogMax = 0
    }
}

/// A receiver that is a program of its own.
///
/// Each spins on the same core, so all but one are stopped (SIGSTOP) at any time.
final class EchoTarget: EchoReceiver {
    private(set) var isStopped = false
    private let child: ChildProcess
    private let logPath: String
    private static let stopTimeoutNs: UInt64 = 10_000_000_000

    init(
        name: String, link: EchoLink, program: String, arguments: [String], logPath: String
    ) throws(SimulatorError) {
        self.logPath = logPath
        do throws(PlatformError) {
            child = try ChildProcess(path: program, arguments: arguments, output: logPath)
        } catch {
            throw SimulatorError("\(name): \(error)")
        }
        super.init(name: name, link: link)
    }

    /// With the last it said.
    override var failure: String? {
        guard let code = child.wait(timeoutNs: 0) else { return nil }
        let lines = (TextFile.read(logPath) ?? "").split(separator: "\n")
        return "\(name) ended with \(code): \(lines.last ?? "no output")"
    }

    func hold() {
        child.signal(SIGSTOP)
        isStopped = true
    }

    func resume() {
        child.signal(SIGCONT)
        isStopped = false
    }

    /// Asks it to end; the caller serves it meanwhile and looks at `hasEnded`.
    func terminate() {
        if isStopped { resume() }
        child.terminate()
    }

    var hasEnded: Bool { child.wait(timeoutNs: 0) != nil }

    func kill() {
        child.kill()
        child.wait(timeoutNs: Self.stopTimeoutNs)
    }
}

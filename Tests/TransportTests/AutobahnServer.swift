//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import CTLS
import Foundation
import Platform

/// Autobahn's fuzzing server, a program of Python 2.7, over TLS on loopback.
final class AutobahnServer {
    /// One case's verdict: of what came back, and of how the connection ended.
    struct Verdict: Decodable {
        let behavior: String
        let behaviorClose: String
    }

    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let site = root.appending(path: ".build/autobahn")
    private static let setupSecondsMax = 180

    /// Puts the server's packages in place the first time.
    static let isThere: Bool = {
        let setup = root.appending(path: "Tests/Autobahn/setup").path()
        let process = makeProcess("timeout", ["\(setupSecondsMax)", setup])
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    let port: UInt16
    private let process: Process
    private let folder: URL

    /// Starts the server for the cases that match `cases`, all without compression, and waits
    /// until it takes connections. It ends with this object.
    init(cases: [String]) throws {
        folder = URL(filePath: NSTemporaryDirectory())
            .appending(path: "apus-autobahn-\(currentProcessID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        port = try Self.freePort()
        let authority = unsafe TestAuthority.good.authority
        let key = folder.appending(path: "key.pem")
        let certificate = folder.appending(path: "certificate.pem")
        try unsafe Self.write(apus_test_authority_key_pem(authority), to: key)
        try unsafe Self.write(apus_test_authority_certificate_pem(authority), to: certificate)
        let specification: [String: Any] = [
            "url": "wss://127.0.0.1:\(port)", "options": ["failByDrop": false],
            "outdir": folder.path(), "key": key.path(), "cert": certificate.path(),
            "cases": cases, "exclude-cases": ["12.*", "13.*"], "exclude-agent-cases": [:],
        ]
        let file = folder.appending(path: "server.json")
        try JSONSerialization.data(withJSONObject: specification).write(to: file)
        process = Self.makeProcess(
            "python2.7",
            [
                "-m", "autobahntestsuite.wstest", "-m", "fuzzingserver", "--webport", "0",
                "-s", file.path(),
            ])
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try waitUntilListening()
    }

    deinit {
        // It may have been started with other signals blocked.
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    /// The verdicts by case number; after the client asked for reports.
    func verdicts(agent: String) throws -> [String: Verdict] {
        let data = try Data(contentsOf: folder.appending(path: "index.json"))
        let all = try JSONDecoder().decode([String: [String: Verdict]].self, from: data)
        return all[agent] ?? [:]
    }

    private static func makeProcess(_ name: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [name] + arguments
        var environment = ProcessInfo.processInfo.environment
        // pyenv's launchers need to be told which of their Pythons is meant.
        environment["PYENV_VERSION"] = "2.7.18"
        environment["PYTHONPATH"] = site.path()
        environment["PYTHONWARNINGS"] = "ignore"
        process.environment = environment
        return process
    }

    private static func write(_ text: UnsafePointer<CChar>?, to file: URL) throws {
        guard let text = unsafe text else { return }
        try unsafe Data(String(cString: text).utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path())
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func freePort() throws -> UInt16 {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, length) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        return UInt16(bigEndian: address.sin_port)
    }

    private func waitUntilListening() throws {
        let deadline = monotonicNs() + 60_000_000_000
        while monotonicNs() < deadline {
            let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(probe) }
            var address = Self.loopback(port: port)
            let result = unsafe withUnsafePointer(to: &address) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe connect(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if result == 0 { return }
            if !process.isRunning { break }
            apus_thread_sleep_ns(20_000_000)
        }
        throw POSIXError(.ECONNREFUSED)
    }
}

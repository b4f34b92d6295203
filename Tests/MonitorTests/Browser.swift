//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform
import TestSupport
import Testing

/// A headless Chromium with one tab, driven over its debugging pipe: JSON objects of the DevTools
/// protocol, each with a zero behind it.
final class Browser {
    static let isThere = DebianTool.isThere("chromium", package: "chromium")

    /// Errors, warnings and exceptions that the page's console was told.
    private(set) var complaints: [String] = []
    private let child: ChildProcess
    private let toBrowser: FileHandle
    private let fromBrowser: Int32
    private let profile: URL
    private var received = Data()
    private var part = [UInt8](repeating: 0, count: 65_536)
    private var lastID = 0
    private var session: String?
    private var hasLoaded = false

    /// - Parameters:
    ///   - scheme: "light" or "dark".
    init(width: Int, height: Int, scheme: String) throws {
        profile = URL(filePath: NSTemporaryDirectory())
            .appending(path: "apus-browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: profile, withIntermediateDirectories: true)
        let (input, output) = ("\(profile.path())/input", "\(profile.path())/output")
        for path in [input, output] { try #require(unsafe mkfifo(path, 0o600) == 0) }
        // The protocol's pipes are descriptors 3 and 4.
        child = try ChildProcess(
            path: "/bin/sh",
            arguments: [
                "-c", "input=$1 output=$2; shift 2; exec chromium \"$@\" 3<$input 4>$output", "sh",
                input, output, "--headless=new", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage", "--user-data-dir=\(profile.path())/profile",
                "--remote-debugging-pipe", "about:blank",
            ], output: "\(profile.path())/log")
        // Each opening waits for the other side's.
        toBrowser = try FileHandle(forWritingTo: URL(filePath: input))
        fromBrowser = unsafe Foundation.open(output, O_RDONLY | O_CLOEXEC)
        let target = try call("Target.createTarget", ["url": "about:blank"])
        let attached = try call(
            "Target.attachToTarget",
            ["targetId": target["targetId"] as? String ?? "", "flatten": true])
        session = attached["sessionId"] as? String
        for domain in ["Runtime", "Log", "Page"] { try call("\(domain).enable") }
        try setSize(width: width, height: height)
        try setScheme(scheme)
    }

    deinit {
        child.terminate()
        if child.wait(timeoutNs: 10_000_000_000) == nil { child.kill() }
        child.wait(timeoutNs: 10_000_000_000)
        close(fromBrowser)
        try? FileManager.default.removeItem(at: profile)
    }

    func setSize(width: Int, height: Int) throws {
        try call(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600])
    }

    func setScheme(_ scheme: String) throws {
        try call(
            "Emulation.setEmulatedMedia",
            ["features": [["name": "prefers-color-scheme", "value": scheme]]])
    }

    /// Loads a page. Asking anything earlier is asking a process that is about to be replaced.
    func open(_ url: String) throws {
        hasLoaded = false
        try call("Page.navigate", ["url": url])
        while !hasLoaded { note(try receive()) }
    }

    /// What an expression of JavaScript is; promises are waited for.
    func evaluate(_ expression: String) throws -> Any {
        let answer = try call(
            "Runtime.evaluate",
            ["expression": expression, "returnByValue": true, "awaitPromise": true])
        if let failure = answer["exceptionDetails"] { throw BrowserError("\(failure)") }
        return (answer["result"] as? [String: Any])?["value"] ?? NSNull()
    }

    func text(_ expression: String) throws -> String { try evaluate(expression) as? String ?? "" }

    /// Waits until an expression is true.
    func wait(for expression: String) throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            // Until a page is there, an expression about it throws.
            let safe = "(() => { try { return Boolean(\(expression)) } catch { return false } })()"
            if try evaluate(safe) as? Bool == true { return }
            usleep(50_000)
        }
        throw BrowserError("never true: \(expression); console: \(complaints)")
    }

    /// A picture, PNG.
    func picture() throws -> Data {
        let answer = try call("Page.captureScreenshot", ["format": "png"])
        return try #require(Data(base64Encoded: answer["data"] as? String ?? ""))
    }

    @discardableResult
    private func call(
        _ method: String, _ parameters: [String: Any] = [:]
    ) throws -> [String: Any] {
        lastID += 1
        var message: [String: Any] = ["id": lastID, "method": method, "params": parameters]
        if let session { message["sessionId"] = session }
        let bytes = try JSONSerialization.data(withJSONObject: message) + [0]
        try toBrowser.write(contentsOf: bytes)
        while true {
            let answer = try receive()
            note(answer)
            guard answer["id"] as? Int == lastID else { continue }
            if let error = answer["error"] { throw BrowserError("\(method): \(error)") }
            return answer["result"] as? [String: Any] ?? [:]
        }
    }

    private func receive() throws -> [String: Any] {
        while true {
            if let end = received.firstIndex(of: 0) {
                let message = received[received.startIndex..<end]
                received = Data(received[received.index(after: end)...])
                return try #require(
                    try JSONSerialization.jsonObject(with: Data(message)) as? [String: Any])
            }
            var waiting = pollfd(fd: fromBrowser, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&waiting, 1, 60_000) == 1 else {
                throw BrowserError("the browser says nothing")
            }
            let count = unsafe read(fromBrowser, &part, part.count)
            guard count > 0 else { throw BrowserError("the browser has ended") }
            received += part[..<count]
        }
    }

    private func note(_ event: [String: Any]) {
        let parameters = event["params"] as? [String: Any] ?? [:]
        switch event["method"] as? String {
        case "Page.loadEventFired": hasLoaded = true
        case "Runtime.exceptionThrown": complaints.append("\(parameters)")
        case "Runtime.consoleAPICalled":
            let kind = parameters["type"] as? String ?? ""
            if ["error", "warning", "assert"].contains(kind) { complaints.append("\(parameters)") }
        case "Log.entryAdded":
            let entry = parameters["entry"] as? [String: Any] ?? [:]
            let level = entry["level"] as? String ?? ""
            if ["error", "warning"].contains(level) { complaints.append("\(entry)") }
        default: break
        }
    }
}

struct BrowserError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CHTTPD
import Foundation
import Platform
import Synchronization
import Testing

@testable import Monitor

/// A web server on a port of its own, driven by a thread until the fixture is let go.
final class WebFixture {
    let address: WebAddress
    private let isStopping: SharedFlag
    private let hasStopped = DispatchSemaphore(value: 0)

    /// - Parameter instance: The name that is watched, there or not.
    init(
        _ instance: String, host: String = "127.0.0.1",
        requestTimeMaxNs: UInt64 = WebServer.requestTimeMaxNs
    ) throws {
        nonisolated(unsafe) let server = try WebServer(
            WebAddress(host: host, port: 0),
            engine: WatchedEngine(instance, present: InstanceChoice.present),
            intervalNs: 20_000_000, requestTimeMaxNs: requestTimeMaxNs)
        address = unsafe server.address
        let isStopping = SharedFlag()
        self.isStopping = isStopping
        let hasStopped = hasStopped
        Thread.detachNewThread {
            while !isStopping.isSet, unsafe server.turn(waitNsMax: 20_000_000) {}
            hasStopped.signal()
        }
    }

    deinit {
        isStopping.set()
        hasStopped.wait()
    }

    /// The answer to a GET of `path`.
    func get(_ path: String) throws -> WebAnswer { try send(Self.request("GET", path)) }

    /// The JSON object that a GET of `path` brings.
    func object(_ path: String) throws -> [String: Any] { try get(path).object() }

    static func request(
        _ method: String, _ path: String, host: String = "localhost", more: String = ""
    ) -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\(more)\r\n"
    }

    /// Sends bytes on a connection of their own and reads until the server closes it.
    func send(_ text: String) throws -> WebAnswer {
        let client = try WebClient(address.port)
        client.write(Array(text.utf8))
        return WebAnswer(client.readToEnd())
    }

    /// Asks until `condition` holds; fails after half a minute.
    func eventually(
        _ what: String, _ path: String, _ condition: ([String: Any]) -> Bool,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if condition(try object(path)) { return }
            usleep(5_000)
        }
        Issue.record("\(what) did not come about", sourceLocation: location)
    }
}

final class SharedFlag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}

/// A connection whose reads give up after half a minute.
final class WebClient {
    private let socket: Int32

    init(_ port: UInt16) throws {
        socket = apus_loop_connect(port)
        try #require(socket >= 0)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        _ = unsafe setsockopt(
            socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { apus_loop_close(socket, 0) }

    /// Writes what the server takes; it may have refused before all of it was there.
    func write(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Foundation.send(
                    socket, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Everything until the other end closes.
    func readToEnd() -> [UInt8] {
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe recv(socket, &part, part.count, 0)
            guard count > 0 else { return all }
            all += part[..<count]
        }
    }
}

/// A response, taken apart.
struct WebAnswer {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: [UInt8]

    /// Status 0: nothing came that looks like a response.
    init(_ bytes: [UInt8]) {
        let end = Array("\r\n\r\n".utf8)
        let split = bytes.indices.first { bytes[$0...].starts(with: end) } ?? bytes.count
        let head = String(decoding: bytes[..<split], as: UTF8.self)
        body = Array(bytes.dropFirst(split + end.count))
        let lines = head.split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        status = words.count > 1 && words[0].hasPrefix("HTTP/1.") ? Int(words[1]) ?? 0 : 0
        headers = Dictionary(
            lines.dropFirst().compactMap { line in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                return (line[..<colon].lowercased(), value)
            }, uniquingKeysWith: { first, _ in first })
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    func object() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
    }
}

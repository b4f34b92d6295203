//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CCurl
import CTLS

/// A request that got no response.
public struct HTTPError: Error, CustomStringConvertible, Equatable {
    public enum Reason: Sendable, Equatable {
        case invalidRequest
        case timedOut
        case certificateRefused
        case tooLarge
        case failed
    }

    public let reason: Reason
    /// One line: method, URL without its query, and what went wrong.
    public let description: String

    public init(reason: Reason, description: String) {
        self.reason = reason
        self.description = description
    }
}

public struct HTTPResponse: Sendable {
    public let status: Int
    /// In the order of the wire, names as the server wrote them.
    public let headers: [(String, String)]
    public let body: [UInt8]

    public init(status: Int, headers: [(String, String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, whatever its case.
    public func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.0.lowercased() == wanted }?.1
    }
}

/// Whoever answers requests: a client on the network, or a simulated venue in this process.
public protocol HTTPTransport: AnyObject, Sendable {
    /// Sends one request and waits for the whole response, whatever its status.
    ///
    /// - Parameters:
    ///   - url: "https://…", percent-encoded.
    ///   - caFile: PEM of trust roots to add to the system's.
    ///   - timeout: For the whole exchange.
    func request(
        method: String, url: String, headers: [(String, String)], body: [UInt8]?,
        caFile: String?, timeout: Duration
    ) throws(HTTPError) -> HTTPResponse
}

/// Blocking HTTPS requests over one connection that is kept alive; for one cold thread.
///
/// Chain and host name are always verified, redirects are never followed, and a response over
/// `responseSizeMax` is refused. Queries and headers, which hold secrets, never reach an error.
///
/// SAFETY: the handle is used by one thread at a time, as libcurl asks.
@safe
public final class HTTPClient: HTTPTransport, @unchecked Sendable {
    public static let responseSizeMax = 16 << 20

    private var handle: OpaquePointer?
    private var handleCAFile: String?
    private let allowsLoopback: Bool

    /// - Parameter allowsLoopback: http:// is spoken too, with this machine itself.
    public init(allowsLoopback: Bool = false) {
        self.allowsLoopback = allowsLoopback
        // Before libcurl: OpenSSL takes an allocator only while it has none of its own.
        _ = apus_tls_initialise()
    }

    deinit { unsafe apus_http_destroy(handle) }

    public func request(
        method: String, url: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        caFile: String? = nil, timeout: Duration = .seconds(10)
    ) throws(HTTPError) -> HTTPResponse {
        let shown = "\(method) \(Self.withoutQuery(url))"
        try check(method: method, url: url, headers: headers, shown: shown)
        let handle = unsafe try makeHandle(caFile: caFile, shown: shown)
        let lines = headers.map { "\($0.0): \($0.1)" }
        var reply = unsafe HTTPReply()
        let milliseconds = UInt64(max(1, timeout / .milliseconds(1)))
        let result = unsafe withCStrings(lines) { lines in
            unsafe withOptionalBytes(body) { bytes, length in
                unsafe apus_http_request(
                    handle, method, url, lines, bytes, length, milliseconds,
                    Self.responseSizeMax, &reply)
            }
        }
        guard result == 0 else {
            let text = unsafe withUnsafeBytes(of: reply.error) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            throw HTTPError(reason: Self.reason(result), description: "\(shown): \(text)")
        }
        let text = unsafe UnsafeBufferPointer(start: reply.headers, count: reply.headersLength)
        let content = unsafe UnsafeBufferPointer(start: reply.body, count: reply.bodyLength)
        return unsafe HTTPResponse(
            status: Int(reply.status), headers: HTTPHeaders.parse(Array(text)),
            body: Array(content))
    }

    /// The URL up to its query, which may hold a signature or a listenKey.
    static func withoutQuery(_ url: String) -> String {
        String(url.prefix { $0 != "?" && $0 != "#" })
    }

    /// Whether `url` is plain HTTP to this very machine, by its address or as "localhost".
    public static func isLoopback(_ url: String) -> Bool {
        guard url.lowercased().hasPrefix("http://"), !url.contains("\\") else { return false }
        let authority = url.dropFirst(7).prefix { !"/?#".contains($0) }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, ["127.0.0.1", "localhost"].contains(parts[0].lowercased()) else {
            return false
        }
        return parts.count == 1 || UInt16(parts[1]) != nil
    }

    private func check(
        method: String, url: String, headers: [(String, String)], shown: String
    ) throws(HTTPError) {
        let isClean = { (text: String) in text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
        var reason: String?
        let isPlain = allowsLoopback && Self.isLoopback(url)
        if !isPlain, !url.lowercased().hasPrefix("https://") { reason = "only https:// is spoken" }
        if !isClean(method) || !isClean(url) { reason = "control characters in the request" }
        for (name, value) in headers where !isClean(name) || !isClean(value) {
            reason = "control characters in a header"
        }
        guard let reason else { return }
        throw HTTPError(reason: .invalidRequest, description: "\(shown): \(reason)")
    }

    private func makeHandle(caFile: String?, shown: String) throws(HTTPError) -> OpaquePointer {
        if let handle = unsafe handle, handleCAFile == caFile { return unsafe handle }
        unsafe apus_http_destroy(handle)
        unsafe handle = nil
        var error = [CChar](repeating: 0, count: Int(APUS_HTTP_ERROR_MAX))
        guard let made = unsafe apus_http_create(caFile, &error) else {
            let reason = unsafe error.withUnsafeBufferPointer {
                unsafe String(cString: $0.baseAddress!)
            }
            throw HTTPError(reason: .failed, description: "\(shown): \(reason)")
        }
        unsafe handle = unsafe made
        if allowsLoopback { unsafe apus_http_allow_plain(made) }
        handleCAFile = caFile
        return unsafe made
    }

    private static func reason(_ result: Int32) -> HTTPError.Reason {
        switch result {
        case 1: .timedOut
        case 2: .certificateRefused
        case 3: .tooLarge
        default: .failed
        }
    }
}

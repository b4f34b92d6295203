//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform
import Synchronization
import Transport
import Venues

/// Requests to one of Binance's REST services, and its clock.
///
/// SAFETY: used by one thread at a time, but for the offset, which any thread may read.
final class BinanceHTTP: @unchecked Sendable {
    /// Carries the key of an account.
    static let keyHeader = "X-MBX-APIKEY"

    private let endpoints: Endpoints
    private let client = HTTPClient()
    /// For one whole request.
    private let timeout: Duration
    private let offset: Atomic<Int64>

    /// The venue's clock minus ours, ns.
    var clockOffsetNs: Int64 { offset.load(ordering: .relaxed) }

    init(_ endpoints: Endpoints, timeout: Duration, clockOffsetNs: Int64) {
        self.endpoints = endpoints
        self.timeout = timeout
        offset = Atomic(clockOffsetNs)
    }

    /// Measures the venue's clock against ours, half a round trip assumed each way.
    func synchroniseClock(_ timePath: String) throws(EngineError) -> Int64 {
        let before = wallNs()
        let body = try get(timePath)
        let after = wallNs()
        guard let serverNs = try? BinanceREST.serverTime(body) else {
            throw EngineError("the venue's time reply is malformed")
        }
        let middle = before / 2 + after / 2
        offset.store(Int64(serverNs) - Int64(middle), ordering: .relaxed)
        return clockOffsetNs
    }

    func get(_ path: String) throws(EngineError) -> [UInt8] {
        try perform("GET", path, headers: [])
    }

    /// - Throws: One line with the venue's words; nothing of a query is in it.
    func perform(
        _ method: String, _ path: String, headers: [(String, String)]
    ) throws(EngineError) -> [UInt8] {
        let url = endpoints.rest + path
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try client.request(
                method: method, url: url, headers: headers, caFile: endpoints.caFile,
                timeout: timeout)
        } catch { throw EngineError("\(error)") }
        guard response.status == 200 else {
            let reason = BinanceREST.error(response.body).map { ": \($0)" } ?? ""
            let shown = url.prefix { $0 != "?" }
            throw EngineError("\(method) \(shown): HTTP \(response.status)\(reason)")
        }
        return response.body
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import HTTP
import Platform
import VenueREST

/// Requests to one of Binance's REST services: blocking, errors in one line, nothing of a query in
/// any of them.
///
/// Every request is one of the catalogue, charged to the budget that all sessions with the service
/// share before it is sent; during a ban or a pause that the venue asked for nothing is.
///
/// SAFETY: used by one thread at a time; what it shares with others bears that.
final class BinanceHTTP: @unchecked Sendable {
    let clock: VenueClock
    let usage: BinanceUsage
    private let endpoints: Endpoints
    private let client: any HTTPTransport
    /// For one whole request.
    private let timeout: Duration

    init(
        _ endpoints: Endpoints, clock: VenueClock, usage: BinanceUsage, timeout: Duration,
        transport: any HTTPTransport
    ) {
        self.endpoints = endpoints
        self.clock = clock
        self.usage = usage
        self.timeout = timeout
        client = transport
    }

    /// Sends a request that is open to everybody.
    ///
    /// - Returns: The body of the reply.
    func get(_ request: BinanceRequest) throws(AccountError) -> [UInt8] {
        let (response, verdict) = try exchange(request, query: request.query)
        try check(request, response, verdict)
        return response.body
    }

    /// Measures the venue's clock against ours.
    ///
    /// - Parameter request: Asks for the venue's time.
    func synchroniseClock(_ request: BinanceRequest) throws(AccountError) -> Int64 {
        let before = clock.wall()
        let body = try get(request)
        let after = clock.wall()
        guard let serverNs = try? BinanceREST.serverTime(body) else {
            throw AccountError("the venue's time reply is malformed")
        }
        return clock.take(serverNs: serverNs, beforeNs: before, afterNs: after)
    }

    /// - Parameters:
    ///   - query: Of the request, signed where it must be.
    ///   - apiKey: `nil` for a request that is open to everybody.
    func exchange(
        _ request: BinanceRequest, query: String, apiKey: String? = nil
    ) throws(AccountError) -> (HTTPResponse, BinanceVerdict) {
        if let refusal = usage.admit(request, nowMs: nowMs) {
            throw AccountError(
                "\(request.method.rawValue) \(request.path) is not sent: \(refusal)")
        }
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try client.request(
                method: request.method.rawValue,
                url: endpoints.rest + request.path + (query.isEmpty ? "" : "?\(query)"),
                headers: apiKey.map { [(BinanceRequest.keyHeader, $0)] } ?? [], body: nil,
                caFile: endpoints.caFile, timeout: timeout)
        } catch { throw AccountError("\(error)") }
        let nowMs = nowMs
        let verdict = BinanceVerdict.of(
            status: response.status, body: response.body,
            retryAfterSeconds: response.header("Retry-After").flatMap { UInt64($0) },
            nowMs: nowMs)
        usage.observe(response, verdict, nowMs: nowMs)
        return (response, verdict)
    }

    /// - Throws: One line with the venue's words, unless the request was carried out.
    func check(
        _ request: BinanceRequest, _ response: HTTPResponse, _ verdict: BinanceVerdict
    ) throws(AccountError) {
        if verdict == .ok { return }
        let reason = BinanceREST.error(response.body).map { ": \($0)" } ?? ""
        throw AccountError(
            "\(request.method.rawValue) \(endpoints.rest)\(request.path): "
                + "HTTP \(response.status)\(reason)")
    }

    private var nowMs: UInt64 { UInt64(max(0, clock.nowMs)) }
}

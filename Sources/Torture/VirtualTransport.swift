//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import HTTP
import Simulator

/// REST between a session and a simulated venue, in virtual time: whoever asks waits, and while it
/// waits the rest of the world goes on.
///
/// SAFETY: used by the one thread of its world.
final class VirtualTransport: HTTPTransport, @unchecked Sendable {
    static let base = "https://venue.test"

    struct Call {
        let method: String
        let target: String
        let headers: [(String, String)]
        let body: [UInt8]
        let port: Int
    }

    private let port: Int
    private let simulated: any InProcessVenue
    /// `nil`: answers come at once.
    weak var world: World?

    init(port: Int, simulated: any InProcessVenue) {
        self.port = port
        self.simulated = simulated
    }

    func request(
        method: String, url: String, headers: [(String, String)], body: [UInt8]?,
        caFile: String?, timeout: Duration
    ) throws(HTTPError) -> HTTPResponse {
        let target = String(url.dropFirst(Self.base.count))
        let call = Call(
            method: method, target: target, headers: headers, body: body ?? [], port: port)
        let reply = world.map { $0.exchange(call) } ?? simulated.rest(
            method, target, headers: headers, body: body ?? [])
        guard let reply else {
            throw HTTPError(reason: .timedOut, description: "\(method): no answer")
        }
        return HTTPResponse(status: reply.status, headers: [], body: reply.body)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One order as a venue knows it.
public struct OrderTruth: Sendable {
    public let leaves: Int64
    public let filled: Int64
    public let isOpen: Bool
    public let isFilled: Bool
}

/// The reply to one request.
public struct InProcessReply {
    public let bytes: [UInt8]
    public let isRefused: Bool
}

/// A venue's order code without a network: requests are handed over as bytes, replies and pushes
/// come back as bytes, and time is what the caller says. The same order desk, order entry, REST
/// endpoints and texts as behind the simulator's sockets, on a market that moves when told to.
public protocol InProcessVenue: AnyObject {
    /// Hears each push of the account's stream.
    var onPush: ([UInt8]) -> Void { get set }

    /// Virtual time, ns; runs what is due by then.
    func advance(to nowNs: UInt64)
    /// When the venue next does something by itself; `UInt64.max`: never.
    var nextDeadlineNs: UInt64 { get }
    /// The venue's clock jumps.
    func stepClock(byNs step: Int64)

    /// A new connection for orders.
    func open(session: Int)
    func close(session: Int)
    /// Carries out one request of a connection; `nil` when the connection is gone. Pushes that it
    /// causes wait for `release`.
    func handle(_ request: [UInt8], session: Int) -> InProcessReply?
    func release()
    /// What the venue answers when it does not know what became of a request.
    func unknownOutcome(_ request: [UInt8]) -> [UInt8]
    /// What a client's request says of each of its orders; none for bytes that are no request.
    func orders(in request: [UInt8]) -> [WireOrder]
    /// One REST request: status and body.
    ///
    /// - Parameter target: Path and query.
    func rest(
        _ method: String, _ target: String, headers: [(String, String)], body: [UInt8]
    ) -> (status: Int, body: [UInt8])

    func mid(_ instrument: Int) -> Int64
    func move(_ instrument: Int, to mid: Int64)
    /// Fills some of a resting order of the client.
    func fillSome(of clientOrderID: String, _ instrument: Int)
    /// The venue takes a resting order out by itself.
    func expire(_ clientOrderID: String, _ instrument: Int)
    /// The smallest market order by another client of the account.
    func placeForeign(_ instrument: Int, isBuy: Bool, count: Int)
    /// The venue closes a position, if there is one.
    func liquidate(_ instrument: Int)

    func truth(_ clientOrderID: String, _ instrument: Int) -> OrderTruth?
    /// Client ids of open orders.
    var openOrders: [String] { get }
    func position(_ instrument: Int) -> Int64
    /// Resting orders that met another one of the client.
    var selfTradeCount: Int { get }
}

extension InProcessVenue {
    /// Path and query of a REST request.
    static func parts(_ target: String) -> (path: String, query: String) {
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
    }
}

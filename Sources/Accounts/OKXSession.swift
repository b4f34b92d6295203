//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import HTTP
public import Messages
import Platform
public import VenueREST

/// The REST side of one OKX account, for one cold thread: blocking, errors in one line, no secret
/// in any of them.
///
/// SAFETY: used by one thread at a time; whoever wants another thread makes another session.
public final class OKXSession: VenueSession, @unchecked Sendable {
    public let venue = Venue.okx
    private let endpoints: Endpoints
    private let client: any HTTPTransport
    private let signer: OKXSigner
    let clock: VenueClock
    private let timeout: Duration

    /// Pages of open orders that are looked through; the venue holds 4,000 orders of an account.
    private static let pagesMax = 50

    public init(
        endpoints: Endpoints, credentials: Credentials, clock: VenueClock,
        timeout: Duration = .seconds(5), transport: any HTTPTransport = HTTPClient()
    ) {
        self.endpoints = endpoints
        self.timeout = timeout
        self.clock = clock
        client = transport
        var secret = Array(credentials.secret.utf8)
        var passphrase = Array(credentials.passphrase.utf8)
        signer = OKXSigner(
            apiKey: credentials.apiKey, secret: &secret, passphrase: &passphrase)
    }

    // MARK: Public

    public func instruments(_ symbols: [String]) throws(AccountError) -> [Instrument] {
        var bodies: [[UInt8]] = []
        for type in Set(symbols.map(Self.type)).sorted() {
            bodies.append(try get(OKXInstruments.path(type: type)))
        }
        do {
            return try OKXInstruments.instruments(bodies, symbols: symbols)
        } catch { throw AccountError("instruments: \(error)") }
    }

    /// The kind of instrument that a name of the venue tells: "BTC-USDT" is spot, "BTC-USDT-SWAP"
    /// a perpetual, "BTC-USD-261225" a future, and with a strike behind that an option.
    static func type(_ symbol: String) -> String {
        let parts = symbol.split(separator: "-")
        switch parts.count {
        case ...2: return "SPOT"
        case 3: return parts[2] == "SWAP" ? "SWAP" : "FUTURES"
        default: return "OPTION"
        }
    }

    public func depth(_ instrument: Instrument) throws(AccountError) -> [UInt8] {
        try get(OKXREST.bookPath(symbol: instrument.venueSymbolText))
    }

    public func synchroniseClock() throws(AccountError) -> Int64 {
        let before = clock.wall()
        let body = try get(OKXREST.timePath)
        let after = clock.wall()
        let serverNs = try told { () throws(OKXReplyError) in try OKXREST.serverTime(body) }
        return clock.take(serverNs: serverNs, beforeNs: before, afterNs: after)
    }

    // MARK: Account

    /// What the account is, once asked.
    public private(set) var accountMode: Int64 = 0

    /// Positions must be net, and the key must be allowed to trade and to nothing more.
    public func checkAccount() throws(AccountError) {
        let body = try signedGet(OKXREST.accountConfigurationPath)
        let account = try told { () throws(OKXReplyError) in
            try OKXREST.accountConfiguration(body)
        }
        guard account.isNetMode else {
            throw AccountError("the account is in long/short mode; set it to net mode")
        }
        guard account.canTrade else { throw AccountError("the API key is not allowed to trade") }
        guard !account.canWithdraw else {
            throw AccountError("the API key may withdraw; make one that can only trade")
        }
        accountMode = account.accountMode
    }

    /// Log-ins last as long as their connection.
    public func keepAlive() throws(AccountError) -> StreamUpkeep { .goesOn }

    /// The venue's switch is of the whole account and counts seconds.
    public func armDeadMan(_ instruments: [Instrument], timeoutMs: UInt64) throws(AccountError) {
        let body = try signedPost(
            OKXREST.cancelAllAfterPath,
            OKXREST.cancelAllAfterBody(seconds: Int(timeoutMs / 1_000)))
        let triggerNs = try told { () throws(OKXReplyError) in
            try OKXREST.cancelAllAfter(body)
        }
        guard (triggerNs == nil) == (timeoutMs == 0) else {
            throw AccountError("cancel-all-after is \(triggerNs == nil ? "off" : "on") still")
        }
    }

    public func cancelAll(_ instrument: Instrument) throws(AccountError) {
        var orders = try openOrders(instrument)[...]
        while !orders.isEmpty {
            let batch = Array(orders.prefix(OKXREST.cancelBatchMax))
            orders = orders.dropFirst(batch.count)
            let body = try signedPost(
                OKXREST.cancelBatchPath, OKXREST.cancelBatchBody(batch))
            // An order that has ended meanwhile is refused, which is as good.
            _ = try told { () throws(OKXReplyError) in try OKXREST.orderReplies(body) }
        }
    }

    public func hasOpenOrders(_ instrument: Instrument) throws(AccountError) -> Bool {
        try !openOrders(instrument).isEmpty
    }

    /// One of our orders; `nil`: the venue does not know it.
    public func order(symbol: String, orderID: UInt64) throws(AccountError) -> OKXREST.Order? {
        let body = try signedGet(OKXREST.orderPath(symbol: symbol, orderID: orderID))
        return try told { () throws(OKXReplyError) in try OKXREST.order(body) }
    }

    /// Fills since a time by the venue's clock, the oldest first.
    public func fills(sinceNs: UInt64) throws(AccountError) -> [OKXREST.Fill] {
        try everyFill(sinceNs: sinceNs).filter { $0.timeNs >= sinceNs }.reversed()
    }

    /// The pages of fills that reach back to a time, and so some older ones, the newest first.
    func everyFill(sinceNs: UInt64) throws(AccountError) -> [OKXREST.Fill] {
        var found: [OKXREST.Fill] = []
        var after: UInt64?
        for _ in 0..<Self.pagesMax {
            let body = try signedGet(OKXREST.fillsPath(after: after))
            let page = try told { () throws(OKXReplyError) in try OKXREST.fills(body) }
            found += page.fills
            guard let next = page.next, page.fills.last.map({ $0.timeNs >= sinceNs }) == true
            else { return found }
            after = next
        }
        throw AccountError("more than \(Self.pagesMax) pages of fills")
    }

    private func openOrders(_ instrument: Instrument) throws(AccountError) -> [OKXREST.Order] {
        try everyOpenOrder().filter { $0.symbol == instrument.venueSymbolText }
    }

    func everyOpenOrder() throws(AccountError) -> [OKXREST.Order] {
        var found: [OKXREST.Order] = []
        var after: UInt64?
        for _ in 0..<Self.pagesMax {
            let body = try signedGet(OKXREST.openOrdersPath(after: after))
            let page = try told { () throws(OKXReplyError) in try OKXREST.openOrders(body) }
            found += page.orders
            guard let next = page.next else { return found }
            after = next
        }
        throw AccountError("more than \(Self.pagesMax) pages of open orders")
    }

    func positionRows() throws(AccountError) -> [OKXREST.Position] {
        let body = try signedGet(OKXREST.positionsPath)
        return try told { () throws(OKXReplyError) in try OKXREST.positions(body) }
    }

    // MARK: Streams

    /// The message that logs a connection in, signed now.
    public func login() -> String { signer.login(timeMs: clock.nowMs) }

    // MARK: Requests

    func get(_ path: String) throws(AccountError) -> [UInt8] {
        try perform("GET", path, headers: [], body: nil)
    }

    func signedGet(_ path: String) throws(AccountError) -> [UInt8] {
        try perform(
            "GET", path, headers: signer.headers(method: "GET", path: path, timeMs: clock.nowMs),
            body: nil)
    }

    func signedPost(_ path: String, _ body: String) throws(AccountError) -> [UInt8] {
        let headers = signer.headers(
            method: "POST", path: path, body: body, timeMs: clock.nowMs)
        return try perform("POST", path, headers: headers, body: Array(body.utf8))
    }

    private func perform(
        _ method: String, _ path: String, headers: [(String, String)], body: [UInt8]?
    ) throws(AccountError) -> [UInt8] {
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try client.request(
                method: method, url: endpoints.rest + path, headers: headers, body: body,
                caFile: endpoints.caFile, timeout: timeout)
        } catch { throw AccountError("\(error)") }
        guard response.status == 200 else {
            let shown = path.prefix { $0 != "?" }
            let reason = OKXREST.error(response.body).map { ": \($0)" } ?? ""
            throw AccountError("\(method) \(shown): HTTP \(response.status)\(reason)")
        }
        return response.body
    }

    func told<T>(
        _ body: () throws(OKXReplyError) -> T
    ) throws(AccountError) -> T {
        do throws(OKXReplyError) { return try body() } catch { throw AccountError("\(error)") }
    }
}

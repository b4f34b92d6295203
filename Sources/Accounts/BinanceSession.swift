//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
public import HTTP
public import Messages
public import VenueREST

/// The REST side of one Binance account, for one cold thread: blocking, errors in one line, no
/// secret in any of them.
///
/// SAFETY: used by one thread at a time; whoever wants another thread makes another session.
public final class BinanceSession: VenueSession, @unchecked Sendable {
    public let venue = Venue.binanceUSDM
    public let credentials: Credentials
    let http: BinanceHTTP
    private var hmac = HMACState()
    public var clock: VenueClock { http.clock }

    public init(
        endpoints: Endpoints, credentials: Credentials, clock: VenueClock, usage: BinanceUsage,
        timeout: Duration = .seconds(5), transport: any HTTPTransport = HTTPClient()
    ) {
        http = BinanceHTTP(
            endpoints, clock: clock, usage: usage, timeout: timeout, transport: transport)
        self.credentials = credentials
        let secret = Array(credentials.secret.utf8)
        unsafe apus_hmac_init(&hmac, secret, secret.count)
    }

    deinit { unsafe apus_hmac_destroy(&hmac) }

    // MARK: Public

    public func instruments(_ symbols: [String]) throws(AccountError) -> [Instrument] {
        let body = try send(.exchangeInfo)
        http.usage.takeLimits(body)
        return try told("exchangeInfo") { () throws(BinanceError) in
            try BinanceREST.instruments(body, symbols: symbols)
        }
    }

    public func depth(_ instrument: Instrument) throws(AccountError) -> [UInt8] {
        try send(.depth(instrument.venueSymbolText))
    }

    public func synchroniseClock() throws(AccountError) -> Int64 {
        try http.synchroniseClock(.time)
    }

    // MARK: Account

    /// The key to open the user stream with; the venue extends it by an hour each time it is asked.
    public func listenKey() throws(AccountError) -> String {
        let body = try send(.listenKey)
        let key = try told("listenKey") { () throws(BinanceError) in
            try BinanceREST.listenKey(body)
        }
        http.usage.streamKey = key
        return key
    }

    /// The key is the account's, not this process's: another process may have deleted it, and then
    /// the stream stays open and silent.
    public func keepAlive() throws(AccountError) -> StreamUpkeep {
        let (response, verdict) = try exchange(.keepListenKeyAlive)
        if verdict == .rejected(code: Self.unknownListenKey) { return .isLost }
        try http.check(.keepListenKeyAlive, response, verdict)
        // Some replies name the key: another one took the place of the stream's.
        guard let key = try? BinanceREST.listenKey(response.body) else { return .goesOn }
        return key == http.usage.streamKey ? .goesOn : .isLost
    }

    public func cancelAll(_ instrument: Instrument) throws(AccountError) {
        _ = try send(.cancelAll(instrument))
    }

    public func hasOpenOrders(_ instrument: Instrument) throws(AccountError) -> Bool {
        let body = try send(.openOrders(instrument))
        // An empty array but for blanks; anything else is taken for an order.
        return body.filter { $0 > 0x20 } != Array("[]".utf8)
    }

    public func armDeadMan(_ instruments: [Instrument], timeoutMs: UInt64) throws(AccountError) {
        for instrument in instruments {
            let body = try send(.countdownCancelAll(instrument, countdownMs: timeoutMs))
            let runningMs = try told("countdownCancelAll") { () throws(BinanceError) in
                try BinanceREST.countdown(body)
            }
            guard runningMs == timeoutMs else {
                throw AccountError("the venue counts down \(runningMs) ms, not \(timeoutMs)")
            }
        }
    }

    /// The key is proved by the first signed request; nothing more is asked of it.
    public func checkAccount() throws(AccountError) {}
    public let accountMode: Int64 = 0

    // MARK: Requests

    private static let unknownListenKey = -1125
    /// The time stamp is outside of the window.
    public static let clockRefusal = -1021

    /// The body of the reply.
    public func send(_ request: BinanceRequest) throws(AccountError) -> [UInt8] {
        let (response, verdict) = try exchange(request)
        try http.check(request, response, verdict)
        return response.body
    }

    /// Sends a request, the refusal of `code` being as good as done.
    func perform(_ request: BinanceRequest, unless code: Int) throws(AccountError) {
        let (response, verdict) = try exchange(request)
        if verdict == .rejected(code: code) { return }
        try http.check(request, response, verdict)
    }

    /// Sends a request, whatever the venue says to it.
    ///
    /// A time stamp outside the venue's window is mended: the request was not carried out, the
    /// clock is measured, and it is sent once more.
    func exchange(
        _ request: BinanceRequest
    ) throws(AccountError) -> (HTTPResponse, BinanceVerdict) {
        let answer = try exchangeOnce(request)
        guard answer.1 == .rejected(code: Self.clockRefusal), request.security == .signed else {
            return answer
        }
        _ = try synchroniseClock()
        return try exchangeOnce(request)
    }

    private func exchangeOnce(
        _ request: BinanceRequest
    ) throws(AccountError) -> (HTTPResponse, BinanceVerdict) {
        try http.exchange(
            request, query: try query(request),
            apiKey: request.security == .open ? nil : credentials.apiKey)
    }

    private func query(_ request: BinanceRequest) throws(AccountError) -> String {
        guard request.security == .signed else { return request.query }
        var isSigned = true
        let query = request.signedQuery(timeMs: clock.nowMs) { payload in
            let signature = sign(payload)
            isSigned = signature != nil
            return signature ?? ""
        }
        guard isSigned else { throw AccountError("the private key does not sign") }
        return query
    }

    /// Hexadecimal by the secret, base64 by a private key; `nil` when the library fails.
    private func sign(_ payload: String) -> String? {
        if let key = credentials.privateKey { return key.sign(payload) }
        let bytes = Array(payload.utf8)
        var hex = [UInt8](repeating: 0, count: Int(APUS_HMAC_HEX_LENGTH))
        unsafe apus_hmac_sign(&hmac, bytes, bytes.count, &hex)
        return String(decoding: hex, as: UTF8.self)
    }

    /// What a reply says, with its name before what is wrong with it.
    func told<T>(
        _ what: String, _ read: () throws(BinanceError) -> T
    ) throws(AccountError) -> T {
        do throws(BinanceError) { return try read() } catch {
            throw AccountError("\(what): \(error)")
        }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
import Messages
import Platform
import Venues

/// The REST side of one Binance account, for one cold thread: blocking, errors in one line, no
/// secret in any of them.
///
/// SAFETY: used by one thread at a time; whoever wants another thread makes another session.
final class BinanceSession: VenueSession, @unchecked Sendable {
    let venue = Venue.binanceUSDM
    private let credentials: Credentials
    private let http: BinanceHTTP
    private var hmac = HMACState()
    var clockOffsetNs: Int64 { http.clockOffsetNs }

    init(
        endpoints: Endpoints, credentials: Credentials, timeout: Duration = .seconds(5),
        clockOffsetNs: Int64 = 0
    ) {
        http = BinanceHTTP(endpoints, timeout: timeout, clockOffsetNs: clockOffsetNs)
        self.credentials = credentials
        let secret = Array(credentials.secret.utf8)
        unsafe apus_hmac_init(&hmac, secret, secret.count)
    }

    deinit { unsafe apus_hmac_destroy(&hmac) }

    // MARK: Public

    /// The instruments of `symbols`, as the venue describes them today.
    func instruments(_ symbols: [String]) throws(EngineError) -> [Instrument] {
        let body = try http.get(BinanceREST.exchangeInfoPath)
        do {
            return try BinanceREST.instruments(body, symbols: symbols)
        } catch {
            throw EngineError("exchangeInfo: \(error)")
        }
    }

    /// A depth snapshot's body, 1,000 levels a side.
    func depth(_ instrument: Instrument) throws(EngineError) -> [UInt8] {
        try http.get(BinanceREST.depthPath(symbol: instrument.venueSymbolText))
    }

    func synchroniseClock() throws(EngineError) -> Int64 {
        try http.synchroniseClock(BinanceREST.timePath)
    }

    // MARK: Account

    /// The user stream's key; the venue extends it by an hour each time it is asked.
    func listenKey() throws(EngineError) -> String {
        let body = try send("POST", BinanceREST.listenKeyPath, isSigned: false)
        guard let key = try? BinanceREST.listenKey(body) else {
            throw EngineError("the venue's listenKey reply is malformed")
        }
        return key
    }

    func keepAlive() throws(EngineError) {
        _ = try send("PUT", BinanceREST.listenKeyPath, isSigned: false)
    }

    func cancelAll(_ instrument: Instrument) throws(EngineError) {
        _ = try send(
            "DELETE", "/fapi/v1/allOpenOrders", "symbol=\(instrument.venueSymbolText)")
    }

    func hasOpenOrders(_ instrument: Instrument) throws(EngineError) -> Bool {
        let body = try send(
            "GET", "/fapi/v1/openOrders", "symbol=\(instrument.venueSymbolText)")
        // An empty array but for blanks; anything else is taken for an order.
        return body.filter { $0 > 0x20 } != Array("[]".utf8)
    }

    func openPositions() throws(EngineError) -> [(symbol: String, amount: String)] {
        let body = try send("GET", "/fapi/v3/positionRisk")
        do {
            return try BinanceREST.positions(body).filter { position in
                position.amount.contains { ("1"..."9").contains($0) }
            }.map { ($0.symbol, $0.amount) }
        } catch {
            throw EngineError("positionRisk: \(error)")
        }
    }

    func missedPushes(
        sinceNs: UInt64, of instruments: [Instrument]
    ) throws(EngineError) -> [String] {
        let sinceMs = max(0, Int64(clamping: sinceNs) + clockOffsetNs) / 1_000_000
        var pushes: [String] = []
        for instrument in instruments {
            let span = "symbol=\(instrument.venueSymbolText)&startTime=\(sinceMs)&limit=1000"
            // Orders after trades: an order of every trade told is among them.
            let trades = try told("userTrades", try send("GET", "/fapi/v1/userTrades", span)) {
                body throws(BinanceError) in try BinanceREST.trades(body)
            }
            let orders = try told("allOrders", try send("GET", "/fapi/v1/allOrders", span)) {
                body throws(BinanceError) in try BinanceREST.orders(body)
            }
            let known = Dictionary(orders.map { ($0.venueOrderID, $0) }) { $1 }
            for trade in trades {
                guard let order = known[trade.venueOrderID], order.orderID != 0 else { continue }
                pushes.append(BinanceMissedPush.text(order, trade))
            }
            for order in orders where order.orderID != 0 {
                if let push = BinanceMissedPush.end(order) { pushes.append(push) }
            }
        }
        return pushes
    }

    private func told<T>(
        _ what: String, _ body: [UInt8], _ read: ([UInt8]) throws(BinanceError) -> T
    ) throws(EngineError) -> T {
        do throws(BinanceError) {
            return try read(body)
        } catch { throw EngineError("\(what): \(error)") }
    }

    /// The key is proved by the first signed request; nothing more is asked of it.
    func checkAccount() throws(EngineError) {}
    let accountMode: Int64 = 0

    // MARK: Requests

    private func send(
        _ method: String, _ path: String, _ query: String = "", isSigned: Bool = true
    ) throws(EngineError) -> [UInt8] {
        var query = query
        if isSigned {
            let ms = (Int64(wallNs()) + clockOffsetNs) / 1_000_000
            query += "\(query.isEmpty ? "" : "&")recvWindow=5000&timestamp=\(ms)"
            query += "&signature=\(sign(query))"
        }
        return try http.perform(
            method, path + (query.isEmpty ? "" : "?\(query)"),
            headers: [(BinanceHTTP.keyHeader, credentials.apiKey)])
    }

    private func sign(_ payload: String) -> String {
        let bytes = Array(payload.utf8)
        var hex = [UInt8](repeating: 0, count: Int(APUS_HMAC_HEX_LENGTH))
        unsafe apus_hmac_sign(&hmac, bytes, bytes.count, &hex)
        return String(decoding: hex, as: UTF8.self)
    }
}

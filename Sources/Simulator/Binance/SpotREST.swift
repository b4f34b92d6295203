//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Spot's REST endpoints of market data.
final class SpotREST {
    private let market: SyntheticMarket
    private let clock: VenueClock
    private var weight = RateLimits.Counter(
        type: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, intervalMs: 60_000,
        limit: 6_000)
    private(set) var requestCount = 0

    private static let depthLimit = 100
    private static let depthLimitMax = 5_000

    init(market: SyntheticMarket, clock: VenueClock) {
        self.market = market
        self.clock = clock
    }

    func handle(_ request: RESTRequest, reply: @escaping (RESTReply) -> Void) {
        requestCount += 1
        _ = weight.add(RequestWeight.spot(request), nowMs: clock.nowMs)
        let used = weight.count
        func answer(_ body: [UInt8], status: Int = 200) {
            reply(RESTReply(status: status, body: body, usedWeight: used))
        }
        do throws(VenueError) {
            switch (request.method, request.path) {
            case ("GET", "/api/v3/ping"): answer(Array("{}".utf8))
            case ("GET", "/api/v3/time"):
                answer(Array("{\"serverTime\":\(clock.nowMs)}".utf8))
            case ("GET", "/api/v3/exchangeInfo"): answer(try information(request.parameters))
            case ("GET", "/api/v3/depth"):
                let symbol = try symbol(request.parameters)
                market.depth(symbol, limit: try limit(request.parameters)) { answer($0) }
            // The simulator's own: the truth, for tests of clients.
            case (_, "/apus/book"): answer(market.book(try symbol(request.parameters)) ?? [])
            default: throw VenueError(-1000, "Path \(request.path) is not here", status: 404)
            }
        } catch {
            var writer = ByteWriter()
            error.write(to: &writer)
            answer(writer.bytes, status: error.status)
        }
    }

    private func symbol(_ parameters: Parameters) throws(VenueError) -> Int {
        let name = try parameters.required("symbol")
        guard let index = market.symbols.firstIndex(where: { $0.name == name }) else {
            throw .invalidSymbol
        }
        return index
    }

    /// More than the venue gives is cut, not refused.
    private func limit(_ parameters: Parameters) throws(VenueError) -> Int {
        if parameters["limit"] == nil { return Self.depthLimit }
        let limit = try parameters.requiredInteger("limit")
        guard limit > 0 else { throw .missing("limit") }
        return Int(min(limit, Int64(Self.depthLimitMax)))
    }

    /// All symbols, or the named one.
    private func information(_ parameters: Parameters) throws(VenueError) -> [UInt8] {
        let wanted = parameters["symbol"] == nil
            ? Array(market.symbols.indices) : [try symbol(parameters)]
        var writer = ByteWriter()
        writer.text("{\"timezone\":\"UTC\",\"serverTime\":\(clock.nowMs),\"rateLimits\":[")
        writer.text("{\"rateLimitType\":\"\(weight.type)\",\"interval\":\"\(weight.interval)\"")
        writer.text(",\"intervalNum\":\(weight.intervalNum),\"limit\":\(weight.limit)}")
        writer.text("],\"exchangeFilters\":[],\"symbols\":[")
        for (place, index) in wanted.enumerated() {
            if place > 0 { writer.text(",") }
            market.symbols[index].writeSpotInformation(to: &writer)
        }
        writer.text("]}")
        return writer.bytes
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The venue's counters of requests and orders, in fixed windows of the clock.
final class RateLimits {
    struct Counter {
        let type: String
        let interval: String
        let intervalNum: Int
        let intervalMs: Int64
        let limit: Int
        private(set) var count = 0
        private var window: Int64 = 0

        init(type: String, interval: String, intervalNum: Int, intervalMs: Int64, limit: Int) {
            self.type = type
            self.interval = interval
            self.intervalNum = intervalNum
            self.intervalMs = intervalMs
            self.limit = limit
        }

        /// Counts; false when the limit is passed.
        mutating func add(_ amount: Int, nowMs: Int64) -> Bool {
            if nowMs / intervalMs != window {
                window = nowMs / intervalMs
                count = 0
            }
            count += amount
            return count <= limit
        }

        /// - Parameter isHidden: Neither limit nor count is told; both are -1.
        func write(to writer: inout ByteWriter, isHidden: Bool = false) {
            writer.text("{\"rateLimitType\":\"\(type)\",\"interval\":\"\(interval)\"")
            writer.text(",\"intervalNum\":\(intervalNum),\"limit\":\(isHidden ? -1 : limit)")
            writer.text(",\"count\":\(isHidden ? -1 : count)}")
        }
    }

    var weight = Counter(
        type: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, intervalMs: 60_000,
        limit: 2_400)
    var ordersShort = Counter(
        type: "ORDERS", interval: "SECOND", intervalNum: 10, intervalMs: 10_000, limit: 300)
    var ordersLong = Counter(
        type: "ORDERS", interval: "MINUTE", intervalNum: 1, intervalMs: 60_000, limit: 1_200)

    func countOrder(nowMs: Int64) throws(VenueError) {
        let isWithinShort = ordersShort.add(1, nowMs: nowMs)
        let isWithinLong = ordersLong.add(1, nowMs: nowMs)
        guard isWithinShort, isWithinLong else { throw .tooManyOrders }
    }
}

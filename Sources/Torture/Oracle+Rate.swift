//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Simulator

extension Oracle {
    /// Requests that a venue counts together.
    struct RateKey: Hashable {
        let venue: Int
        /// Empty: of all.
        let symbol: String
        /// 0: new orders and changes together; else one kind of its own.
        let kind: Int
    }

    /// I12: no window of a venue's holds more requests than it documents. Source: the protocol
    /// sheets (Binance: 300 in 10 s and 1,200 in a minute; OKX: 60 in 2 s of each kind and
    /// instrument).
    func count(_ wire: WireOrder, _ venue: Venue, timeNs: UInt64) {
        let kind =
            switch wire.action {
            case .place: 1
            case .modify: 2
            case .cancel: 3
            default: 4
            }
        if venue == .okx {
            let key = RateKey(venue: venue.index, symbol: wire.symbol, kind: kind)
            count(key, timeNs, [(60, 2_000_000_000)])
        } else if kind < 3 {
            let key = RateKey(venue: venue.index, symbol: "", kind: 0)
            count(key, timeNs, [(300, 10_000_000_000), (1_200, 60_000_000_000)])
        }
    }

    private func count(_ key: RateKey, _ timeNs: UInt64, _ limits: [(count: Int, spanNs: UInt64)]) {
        sentTimes[key, default: []].append(timeNs)
        guard let times = sentTimes[key] else { return }
        for limit in limits where times.count > limit.count {
            let first = times[times.count - 1 - limit.count]
            if timeNs - first < limit.spanNs {
                fail(
                    "I12",
                    "\(limit.count + 1) requests of kind \(key.kind) \(key.symbol) within "
                        + "\(limit.spanNs / 1_000_000) ms")
            }
        }
        if times.count > 4_000 { sentTimes[key] = Array(times.suffix(2_000)) }
    }
}

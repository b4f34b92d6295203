//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a soak runs when it is told nothing else.
enum SoakProfile {
    /// The engine: both venues, six instruments, two lines of market data each. The same text is
    /// `tuning/profiles/soak.yaml`.
    static let engine = """
        # Part of Apus. What `apus soak` runs without --config: both venues, six instruments, two
        # lines of market data each, traded by the latency probe in orders of little worth.
        trading:
          venues: [okx, binance-usdm]
          symbols:
            - binance-usdm:BTC-USDT
            - binance-usdm:ETH-USDT
            - binance-usdm:SOL-USDT
            - okx:BTC-USDT-SWAP
            - okx:ETH-USDT-SWAP
            - okx:SOL-USDT-SWAP
          # Without tickers the best prices are the book's own, and so comparable with the venue's.
          channels: [trades, books]
          lines: 2
          silence_max: 5s
          connection_lifetime: 10m
        placement:
          idle: yield
        strategy:
          name: reflex
          order: ioc
          interval: 1s
          order_notional: "300"
          position_notional: "3000"
        risk:
          order_quantity_max: "1000"
          position_max: "1000"
          order_notional_max: "5000"

        """

    /// USDT of each account: what the probe pays in fees over months is no loss to speak of.
    static let wallet = 1_000_000_000

    /// Everything that can go wrong and leaves the account the engine's own: nobody else trades on
    /// it, and no instrument changes its terms.
    static func faults(seed: UInt64) -> String {
        """
        seed: \(seed)
        faults:
          # Connections.
          - {name: disconnect, rate: 0.03, from: 30s}
          - {name: half-open, rate: 0.004, from: 30s}
          - {name: close-code, rate: 0.01, code: 1012, from: 30s}
          - {name: cut-mid-frame, rate: 0.01, from: 30s}
          - {name: notice-64008, venue: okx, rate: 0.005, duration: 10s, from: 30s}
          - {name: lifetime, duration: 12m, from: 30s}
          - {name: ping-flood, rate: 0.02, burst: 100, from: 30s}
          - {name: delay, rate: 0.05, duration: 500ms, from: 30s}
          - {name: bandwidth-cap, rate: 0.005, duration: 3s, bytes_per_s: 20000, from: 30s}
          # Frames.
          - {name: split-frames, probability: 0.001, from: 30s}
          - {name: fragmented-frames, probability: 0.001, from: 30s}
          - {name: masked-frame, rate: 0.003, from: 30s}
          - {name: reserved-bits, rate: 0.003, from: 30s}
          - {name: oversize-frame, rate: 0.003, from: 30s}
          - {name: reordered-keys, probability: 0.01, from: 30s}
          - {name: unknown-keys, probability: 0.01, from: 30s}
          - {name: duplicate-message, probability: 0.002, from: 30s}
          # Market data.
          - {name: gap, rate: 0.1, from: 30s}
          - {name: book-reset, venue: okx, rate: 0.02, from: 30s}
          - {name: crossed-book, rate: 0.02, from: 30s}
          - {name: missing-snapshot, probability: 0.05, from: 30s}
          - {name: old-snapshot, probability: 0.05, from: 30s}
          - {name: silent-channel, rate: 0.01, duration: 10s, from: 30s}
          # Sessions and REST: a venue under maintenance answers 503, one that limits 429.
          - {name: login-slow, venue: okx, probability: 0.1, duration: 2s, from: 30s}
          - {name: data-before-ack, venue: okx, probability: 0.1, from: 30s}
          - {name: listen-key-expiry, venue: binance-usdm, rate: 0.005, from: 30s}
          - {name: rest-429, rate: 0.02, duration: 1s, from: 30s}
          - {name: rest-503, rate: 0.02, from: 30s}
          - {name: rest-504, rate: 0.01, from: 30s}
          # Orders.
          - {name: ack-lost, probability: 0.005, from: 30s}
          - {name: ack-late, probability: 0.02, duration: 500ms, from: 30s}
          - {name: reject-late, probability: 0.02, duration: 500ms, from: 30s}
          - {name: unknown-outcome, probability: 0.003, from: 30s}
          - {name: fill-before-ack, probability: 0.05, duration: 2ms, from: 30s}
          - {name: duplicate-fill, probability: 0.01, from: 30s}
          - {name: missing-fill, probability: 0.002, from: 30s}
          - {name: fill-after-cancel, probability: 0.02, duration: 100ms, from: 30s}

        """
    }
}

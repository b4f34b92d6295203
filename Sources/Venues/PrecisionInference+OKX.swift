//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Messages

// OKX prints numbers without zeros at the end, so only the whole stream shows all decimals.

extension PrecisionInference {
    /// Looks at the message whose members are in `outer`.
    mutating func observeOKX(_ bytes: UnsafePointer<UInt8>) {
        guard let argument = outer.field("arg"), argument.kind == .objectStart,
            unsafe inner.read(
                bytes, from: argument.start, count: argument.start + argument.length),
            let data = outer.field("data"), data.kind == .arrayStart
        else { return }
        let channel = OKXChannel(inner)
        guard let name = unsafe inner.text(inner.field("instId")) else { return }
        let subscribed = unsafe String(decoding: name, as: UTF8.self)
        var parser = unsafe JSONPull(bytes, from: data.start, count: data.start + data.length)
        _ = parser.next()
        while parser.next() == .objectStart {
            let start = parser.start
            guard parser.skipContainer(),
                unsafe inner.read(bytes, from: start, count: parser.offset)
            else { return }
            observeOKXItem(channel, subscribed)
        }
    }

    private mutating func observeOKXItem(_ channel: OKXChannel, _ subscribed: String) {
        var symbol = subscribed
        if let name = unsafe inner.text(inner.field("instId")) {
            symbol = unsafe String(decoding: name, as: UTF8.self)
        }
        if symbol.isEmpty || symbol.utf8.count > 31 { return }
        var now = Seen()
        switch channel {
        case .book, .bestLevels, .fiveLevels:
            for side: StaticString in ["bids", "asks"] { levels(inner.field(side), &now) }
        case .trades, .allTrades:
            now.price = decimals(inner.field("px"))
            now.quantity = decimals(inner.field("sz"))
        case .tickers:
            for key: StaticString in ["bidPx", "askPx"] {
                now.price = max(now.price, decimals(inner.field(key)))
            }
            for key: StaticString in ["bidSz", "askSz"] {
                now.quantity = max(now.quantity, decimals(inner.field(key)))
            }
        default: return
        }
        take(symbol, now)
    }

    /// What an instrument's name tells: "BTC-USDT", "BTC-USDT-SWAP", "BTC-USD-220527",
    /// "ETH-USD-220624-20000-C".
    static func setOKX(_ result: inout Instrument, _ name: String) {
        let parts = name.split(separator: "-").map(String.init)
        result.symbolText = name
        result.contractValueE9 = 1_000_000_000
        if parts.count > 1, parts[1].utf8.count < 16 { result.quoteAssetText = parts[1] }
        switch parts.count {
        case 5: result.kind = .option
        case 3: result.kind = parts[2] == "SWAP" ? .swap : .futures
        default: result.kind = .spot
        }
        let isContract = result.kind == .swap || result.kind == .futures
        result.isInverse = isContract && parts.count > 1 && parts[1] == "USD" ? 1 : 0
    }
}

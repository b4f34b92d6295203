//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
public import TradingCore

/// Bars as books and trades: Binance's kline files by the rule of this module's page.
public final class KlineSource: MarketSource {
    public let instruments: [Instrument]
    public let frameCount: Int?
    public let refusedLines: [String: Int]
    public let assumption: String? = "open, nearer extreme, other extreme, close; a quarter of the "
        + "volume at each; a spread of one tick"
    private var frames: KlineFrames

    public var malformedCount: Int { refusedLines.values.reduce(0, +) }

    /// - Parameters:
    ///   - paths: In the order of time.
    ///   - symbol: Ours, "BTC-USDT".
    public convenience init(paths: [String], symbol: String) throws {
        try self.init(KlineTable(paths), symbol: symbol)
    }

    init(_ table: KlineTable, symbol: String) throws {
        refusedLines = Dictionary(
            uniqueKeysWithValues: table.refused.map { ($0.key.rawValue, $0.value) })
        frames = KlineFrames(table, symbol: symbol.filter { $0 != "-" })
        frameCount = frames.count
        // Numbers are written alike in all of them.
        var preview = frames
        var left = Self.previewFrames
        instruments = ReplayInstruments.inferred(venue: .binanceUSDM) {
            left -= 1
            return left < 0 ? nil : preview.next()
        }
        guard let instrument = instruments.first, instruments.count == 1 else {
            throw EngineError("no bar of \(symbol)")
        }
        guard instrument.tickLotValueE12 > 0 else {
            throw EngineError(
                "prices of \(table.priceDecimals) and volumes of \(table.quantityDecimals) "
                    + "decimals: more than 12 together")
        }
    }

    private static let previewFrames = 16

    public func next() -> RecordedFrame? { frames.next() }
}

/// Four points of each bar: the book there, then the trade.
struct KlineFrames {
    private let bars: [Kline]
    private let priceScale: Double
    private let quantityScale: Double
    private var frames: RowFrames
    private var path = KlinePath()
    private var book = KlineBook()
    private var place = 0
    /// Of the bar before; of the first one, its own.
    private var shownLots: Int64?

    init(_ table: KlineTable, symbol: String) {
        bars = table.bars
        priceScale = Decimals.powerOfTen(table.priceDecimals)
        quantityScale = Decimals.powerOfTen(table.quantityDecimals)
        frames = RowFrames(
            [], symbol: symbol, priceDecimals: table.priceDecimals,
            quantityDecimals: table.quantityDecimals)
    }

    /// A book for each point, and a trade where something traded.
    var count: Int { bars.reduce(0) { $0 + 4 + Int(min(lots($1.volume), 4)) } }

    mutating func next() -> RecordedFrame? {
        while true {
            if let frame = frames.next() { return frame }
            guard place < bars.count else { return nil }
            frames.replace(rows(bars[place]))
            place += 1
        }
    }

    private func lots(_ volume: Double) -> Int64 { Int64((volume * quantityScale).rounded()) }

    private mutating func rows(_ kline: Kline) -> [EventRow] {
        func ticks(_ price: Double) -> Int64 { Int64((price * priceScale).rounded()) }
        let bar = KlinePath.Bar(
            openMs: kline.openMs, closeMs: kline.closeMs, open: ticks(kline.open),
            high: ticks(kline.high), low: ticks(kline.low), close: ticks(kline.close),
            lots: lots(kline.volume))
        let shown = max(1, (shownLots ?? bar.lots) / 4)
        shownLots = bar.lots
        var rows: [EventRow] = []
        for point in path.points(bar) {
            func row(
                _ kind: EventRow.Kind, isBuy: Bool, _ price: Int64, _ lots: Int64
            ) -> EventRow {
                EventRow(
                    kind: kind, venueTimeNs: point.timeMs * 1_000_000,
                    localTimeNs: point.timeMs * 1_000_000, isBuy: isBuy,
                    price: Double(price) / priceScale, quantity: Double(lots) / quantityScale)
            }
            for level in book.move(to: point, shown: shown) {
                rows.append(row(.level, isBuy: level.isBid, level.price, level.lots))
            }
            if point.lots > 0 {
                rows.append(row(.trade, isBuy: point.isRise, point.price, point.lots))
            }
        }
        return rows
    }
}

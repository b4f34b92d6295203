//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
public import TradingCore

/// Levels and trades of one instrument as frames in Binance USD-M's form, so that they take the
/// production parser's way.
public final class RowSource: MarketSource {
    public let instruments: [Instrument]
    public let frameCount: Int? = nil
    public let malformedCount: Int
    private var frames: RowFrames

    /// An hftbacktest archive.
    ///
    /// - Parameter symbol: Ours, "BTC-USDT".
    public convenience init(archive path: String, symbol: String) throws {
        try self.init(try EventRow.rows(archive: path), malformed: 0, symbol: symbol)
    }

    /// Tardis' CSV files of one instrument.
    public convenience init(tardis paths: [String], symbol: String) throws {
        let (rows, malformed) = try EventRow.rows(tardis: paths)
        try self.init(rows, malformed: malformed, symbol: symbol)
    }

    init(_ rows: [EventRow], malformed: Int, symbol: String) throws {
        malformedCount = malformed
        frames = RowFrames(rows, symbol: symbol.filter { $0 != "-" })
        var preview = frames
        instruments = ReplayInstruments.inferred(venue: .binanceUSDM) { preview.next() }
        guard instruments.count == 1 else { throw EngineError("no market data of \(symbol)") }
    }

    public func next() -> RecordedFrame? { frames.next() }
}

/// The frames themselves. The first update becomes the REST snapshot that a book starts with; a
/// clearing becomes the deletion of every level it meets. Update ids are counted from 1.
struct RowFrames {
    private var rows: [EventRow]
    private let symbol: String
    private let priceDecimals: Int
    private let quantityDecimals: Int
    private var index = 0
    private var updateID: UInt64 = 0
    private var tradeID: UInt64 = 0
    /// Mantissas of the levels that are there.
    private var bids: Set<Int64> = []
    private var asks: Set<Int64> = []

    private static let levelsMax = 4_000
    private static let rowsLookedAt = 200_000
    private static let decimalsMax = 9

    /// With the precision that the rows show.
    init(_ rows: [EventRow], symbol: String) {
        var (price, quantity) = (0, 0)
        for row in rows.prefix(Self.rowsLookedAt) where row.kind != .clear {
            price = max(price, Self.decimals(row.price))
            quantity = max(quantity, Self.decimals(row.quantity))
        }
        self.init(rows, symbol: symbol, priceDecimals: price, quantityDecimals: quantity)
    }

    init(_ rows: [EventRow], symbol: String, priceDecimals: Int, quantityDecimals: Int) {
        self.rows = rows
        self.symbol = symbol
        self.priceDecimals = priceDecimals
        self.quantityDecimals = quantityDecimals
    }

    /// Goes on with other rows of the same market.
    mutating func replace(_ rows: [EventRow]) {
        self.rows = rows
        index = 0
    }

    /// Digits behind the point that the shortest text of a number has.
    static func decimals(_ value: Double) -> Int {
        var scale = 1.0
        for count in 0..<decimalsMax {
            if (value * scale).rounded() / scale == value { return count }
            scale *= 10
        }
        return decimalsMax
    }

    private static func mantissa(_ value: Double, _ decimals: Int) -> Int64 {
        let scaled = (value * Decimals.powerOfTen(decimals)).rounded()
        return scaled.magnitude < 0x1p62 ? Int64(scaled) : 0
    }

    mutating func next() -> RecordedFrame? {
        guard index < rows.count else { return nil }
        let first = rows[index]
        if first.kind == .trade {
            index += 1
            return trade(first)
        }
        var changes: [(isBid: Bool, price: Int64, quantity: Int64)] = []
        while index < rows.count, changes.count < Self.levelsMax {
            let row = rows[index]
            guard row.kind != .trade, row.venueTimeNs == first.venueTimeNs,
                row.localTimeNs == first.localTimeNs
            else { break }
            index += 1
            let price = row.price.isNaN ? 0 : Self.mantissa(row.price, priceDecimals)
            if row.kind == .clear {
                let gone = row.isBuy
                    ? bids.filter { row.price.isNaN || $0 >= price }
                    : asks.filter { row.price.isNaN || $0 <= price }
                for level in gone.sorted() { changes.append((row.isBuy, level, 0)) }
                if row.isBuy { bids.subtract(gone) } else { asks.subtract(gone) }
                continue
            }
            let quantity = Self.mantissa(row.quantity, quantityDecimals)
            changes.append((row.isBuy, price, quantity))
            if row.isBuy {
                if quantity > 0 { bids.insert(price) } else { bids.remove(price) }
            } else {
                if quantity > 0 { asks.insert(price) } else { asks.remove(price) }
            }
        }
        return update(changes, first)
    }

    private mutating func update(
        _ changes: [(isBid: Bool, price: Int64, quantity: Int64)], _ first: EventRow
    ) -> RecordedFrame {
        updateID += 1
        func side(_ isBid: Bool) -> String {
            changes.filter { $0.isBid == isBid }.map {
                "[\"\(Decimals.text(mantissa: $0.price, decimals: priceDecimals))\","
                    + "\"\(Decimals.text(mantissa: $0.quantity, decimals: quantityDecimals))\"]"
            }.joined(separator: ",")
        }
        let ms = first.venueTimeNs / 1_000_000
        guard updateID > 1 else {
            return frame(
                first, kind: .rest,
                """
                {"lastUpdateId":1,"E":\(ms),"T":\(ms),"bids":[\(side(true))],\
                "asks":[\(side(false))]}
                """)
        }
        return frame(
            first,
            """
            {"stream":"\(symbol.lowercased())@depth@0ms","data":{"e":"depthUpdate","E":\(ms),\
            "T":\(ms),"s":"\(symbol)","U":\(updateID),"u":\(updateID),"pu":\(updateID - 1),\
            "b":[\(side(true))],"a":[\(side(false))]}}
            """)
    }

    private mutating func trade(_ row: EventRow) -> RecordedFrame {
        tradeID += 1
        let ms = row.venueTimeNs / 1_000_000
        let price = Decimals.text(
            mantissa: Self.mantissa(row.price, priceDecimals), decimals: priceDecimals)
        let quantity = Decimals.text(
            mantissa: Self.mantissa(row.quantity, quantityDecimals), decimals: quantityDecimals)
        return frame(
            row,
            """
            {"stream":"\(symbol.lowercased())@trade","data":{"e":"trade","E":\(ms),"T":\(ms),\
            "s":"\(symbol)","t":\(tradeID),"p":"\(price)","q":"\(quantity)","X":"MARKET",\
            "m":\(!row.isBuy)}}
            """)
    }

    private func frame(
        _ row: EventRow, kind: FrameKind = .text, _ text: String
    ) -> RecordedFrame {
        let bytes = Array(text.utf8)
        let timeNs = UInt64(clamping: row.localTimeNs)
        if kind == .rest { return ReplayPath.snapshot(of: 0, timeNs: timeNs, bytes: bytes) }
        return RecordedFrame(
            connectionID: ConnectionID.quotes, kind: kind, timeNs: timeNs, bytes: bytes)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// The messages of a made-up market that stands still, as Binance sends them, and the answers of
/// its venue: every order is accepted and filled in full.
public struct DryMarket {
    /// BTCUSDT with its real tick and lot.
    public static var instrument: Instrument {
        var instrument = Instrument()
        instrument.venue = .binanceUSDM
        instrument.priceDecimals = 2
        instrument.quantityDecimals = 3
        instrument.tickMantissa = 10
        instrument.lotMantissa = 1
        instrument.priceMin = PriceTicks(rawValue: 1)
        instrument.priceMax = PriceTicks(rawValue: 45_297_640)
        instrument.quantityMin = QuantityLots(rawValue: 1)
        instrument.quantityMax = QuantityLots(rawValue: 1_000_000)
        instrument.marketQuantityMax = QuantityLots(rawValue: 120_000)
        instrument.symbolText = "BTC-USDT"
        instrument.venueSymbolText = "BTCUSDT"
        instrument.quoteAssetText = "USDT"
        precondition(instrument.deriveTickLotValue(), "a linear contract")
        return instrument
    }

    /// The quotes' sides in turn: more to buy, more to sell.
    let quotes = (Self.quote("8.120", "1.245"), Self.quote("1.301", "7.950"))
    let depth = DryText("""
        {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":TTTTTTTTTTTTT,\
        "T":TTTTTTTTTTTTT,"s":"BTCUSDT","U":UUUUUUUUUUUU,"u":VVVVVVVVVVVV,"pu":WWWWWWWWWWWW,\
        "b":[["61800.10","3.200"],["61799.80","1.115"]],"a":[["61800.20","2.900"]]}}
        """)
    let trade = DryText("""
        {"stream":"btcusdt@trade","data":{"e":"trade","E":TTTTTTTTTTTTT,"T":TTTTTTTTTTTTT,\
        "s":"BTCUSDT","t":UUUUUUUUUUUU,"p":"61800.20","q":"0.040","X":"MARKET","m":false}}
        """)
    let mark = DryText("""
        {"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":TTTTTTTTTTTTT,\
        "s":"BTCUSDT","p":"61800.10000000","P":"61800.10000000","i":"61800.10000000",\
        "r":"0.00010000","T":TTTTTTTTTTTTT}}
        """)
    let reply = DryText("""
        {"id":"pHHHHHHHHHHHHHHHH","status":200,"result":{"orderId":UUUUUUUUUUUU,\
        "symbol":"BTCUSDT","status":"NEW","clientOrderId":"apusHHHHHHHHHHHHHHHH"}}
        """)
    /// Buy, sell.
    let accepted = (Self.update("BUY", "NEW", "NEW"), Self.update("SELL", "NEW", "NEW"))
    let filled = (Self.update("BUY", "TRADE", "FILLED"), Self.update("SELL", "TRADE", "FILLED"))

    private static func quote(_ bidQuantity: String, _ askQuantity: String) -> DryText {
        DryText("""
            {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":UUUUUUUUUUUU,\
            "s":"BTCUSDT","b":"61800.10","B":"\(bidQuantity)","a":"61800.20",\
            "A":"\(askQuantity)","T":TTTTTTTTTTTTT,"E":TTTTTTTTTTTTT}}
            """)
    }

    private static func update(_ side: String, _ execution: String, _ status: String) -> DryText {
        let isFill = status == "FILLED"
        let price = side == "BUY" ? "61800.20" : "61800.10"
        return DryText("""
            {"e":"ORDER_TRADE_UPDATE","T":TTTTTTTTTTTTT,"E":TTTTTTTTTTTTT,"o":{"s":"BTCUSDT",\
            "c":"apusHHHHHHHHHHHHHHHH","S":"\(side)","o":"LIMIT","f":"IOC","q":"0.008",\
            "p":"\(price)","ap":"0","sp":"0","x":"\(execution)","X":"\(status)",\
            "i":UUUUUUUUUUUU,"l":"\(isFill ? "0.008" : "0")","z":"\(isFill ? "0.008" : "0")",\
            "L":"\(isFill ? price : "0")","n":"\(isFill ? "0.24720080" : "0")","N":"USDT",\
            "T":TTTTTTTTTTTTT,"t":\(isFill ? "VVVVVVVVVVVV" : "0"),"b":"0","a":"0","m":false,\
            "R":false}}
            """)
    }

    /// The REST reply that a book begins with.
    static func snapshot(updateID: UInt64, timeMs: UInt64) -> String {
        func side(_ first: Int, _ step: Int) -> String {
            (0..<50).map { level in
                let ticks = first + step * level
                return "[\"\(ticks / 10).\(ticks % 10)0\",\"\(1 + level % 7).250\"]"
            }.joined(separator: ",")
        }
        return """
            {"lastUpdateId":\(updateID),"E":\(timeMs),"T":\(timeMs),\
            "bids":[\(side(618_001, -1))],"asks":[\(side(618_002, 1))]}
            """
    }
}

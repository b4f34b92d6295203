//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension OKXInstrument {
    private var toldContractValue: String {
        guard let toldContract else { return contractValue }
        var writer = ByteWriter(capacity: 32)
        writer.stripped(toldContract)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// This instrument as `public/instruments` shows it.
    func write(code: Int64, state: String, to writer: inout ByteWriter) {
        let words: [(String, String)] = [
            ("alias", ""), ("auctionEndTime", ""), ("baseCcy", isSpot ? base : ""),
            ("category", "1"), ("contTdSwTime", ""), ("ctMult", isSpot ? "" : "1"),
            ("ctType", isSpot ? "" : isInverse ? "inverse" : "linear"),
            ("ctVal", toldContractValue),
            ("ctValCcy", isSpot ? "" : isInverse ? "USD" : base), ("expTime", ""), ("freq", ""),
            ("groupId", isSpot ? "12" : "4"), ("instCategory", "1"), ("instFamily", family),
            ("instId", name), ("instType", kind.rawValue), ("lever", leverage),
            ("listTime", "\(listTimeMs)"), ("maxIcebergSz", limitSizeMax),
            ("maxLmtAmt", "20000000"), ("maxLmtSz", limitSizeMax),
            ("maxMktAmt", isSpot ? "1000000" : ""), ("maxMktSz", marketSizeMax),
            ("maxPlatOILmt", ""), ("maxStopSz", marketSizeMax), ("maxTriggerSz", limitSizeMax),
            ("maxTwapSz", limitSizeMax), ("method", ""), ("minSz", sizeMin),
            ("openType", isSpot ? "fix_price" : "call_auction"), ("optType", ""),
            ("posLmtAmt", isSpot ? "" : "250000"), ("posLmtPct", isSpot ? "" : "30"),
            ("preMktSwTime", ""), ("quoteCcy", isSpot ? quote : ""), ("ruleType", "normal"),
            ("seriesId", ""), ("settleCcy", isSpot ? "" : settle), ("state", state), ("stk", ""),
            ("uly", family),
        ]
        writer.text("{\"instIdCode\":\(code),\"futureSettlement\":false")
        for (key, value) in words {
            writer.text(",\"\(key)\":\"\(value)\"")
        }
        writer.text(",\"tickSz\":\"")
        writer.stripped(toldTickSize)
        writer.text("\",\"lotSz\":\"")
        writer.stripped(lotSize)
        writer.text("\",\"tradeQuoteCcyList\":[\(isSpot ? "\"USDT\"" : "")],\"upcChg\":[]}")
    }
}

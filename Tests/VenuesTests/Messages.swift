//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation

/// One message of each hot kind, as the venue writes them.
enum Sample {
    static let trade =
        #"{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"T":1723161256321,"#
        + #""s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":false}}"#
    static let aggTrade =
        #"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1723161256322,"a":389551486,"#
        + #""s":"BTCUSDT","p":"58665.00","q":"0.043","nq":"0.040","f":621622993,"l":621622994,"#
        + #""T":1723161256321,"m":true,"st":1}}"#
    static let bookTicker =
        #"{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5123107839020,"s":"BTCUSDT","#
        + #""ps":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","#
        + #""T":1723161256313,"E":1723161256314,"st":1}}"#
    static let depth =
        #"{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"#
        + #""T":1723161256298,"s":"BTCUSDT","ps":"BTCUSDT","U":5123107832006,"u":5123107837557,"#
        + #""pu":5123107831937,"b":[["58710.20","0.014"],["61496.50","0.010"],"#
        + #"["61510.90","0.000"],"#
        + #"["61641.50","1.211"]],"a":[["61900.00","12.5"],["61910.00","1000"]],"st":1}}"#
    static let mark =
        #"{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1680652800010,"#
        + #""s":"BTCUSDT","p":"28155.14000000","ap":"28155.10000000","P":"28141.47600845","#
        + #""i":"28165.05857143","r":"-0.00002760","T":1680681600000,"st":1}}"#
    static let snapshot =
        #"{"lastUpdateId":5123107852948,"E":1723161256501,"T":1723161256493,"#
        + #""bids":[["61800.20","2.909"],["61800.10","0.696"]],"asks":[["61800.30","1.000"]]}"#

    /// Those that come on a market connection.
    static let all = [trade, aggTrade, bookTicker, depth, mark]

    static let orderUpdate =
        #"{"e":"ORDER_TRADE_UPDATE","T":1568879465651,"E":1568879465652,"o":{"s":"BTCUSDT","#
        + #""c":"apus00000000000000ff","S":"SELL","o":"LIMIT","f":"IOC","q":"0.010","p":"9910.0","#
        + #""ap":"9910.1","sp":"0","x":"TRADE","X":"PARTIALLY_FILLED","i":8886774,"l":"0.002","#
        + #""z":"0.004","L":"91739.9","n":"0.09173990","N":"USDT","T":1568879465650,"t":777,"#
        + #""b":"0","a":"0","m":true,"R":false,"wt":"CONTRACT_PRICE","ot":"LIMIT","ps":"BOTH","#
        + #""cp":false,"rp":"-1.5","pP":false,"si":0,"ss":0,"V":"NONE","pm":"NONE","gtd":0,"#
        + #""er":"0"}}"#
}

/// The raw form of a combined message.
func unwrapped(_ message: String) -> String {
    guard let start = message.range(of: #""data":"#) else { return message }
    return String(message[start.upperBound...].dropLast())
}

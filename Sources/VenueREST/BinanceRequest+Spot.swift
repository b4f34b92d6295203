//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

extension BinanceRequest {
    /// Spot's public market data. Source: protocol sheet of Binance, section 11; weights of the
    /// venue's REST documentation.
    public enum Spot {
        private static let v3 = "/api/v3"

        public static let time = BinanceRequest(.get, v3 + "/time", security: .open, weight: 1)

        /// One symbol: all of them together are several megabytes.
        public static func exchangeInfo(_ symbol: String) -> BinanceRequest {
            BinanceRequest(
                .get, v3 + "/exchangeInfo", [("symbol", venueSymbol(symbol))], security: .open,
                weight: 20)
        }

        /// A thousand levels of each side.
        public static func depth(_ symbol: String) -> BinanceRequest {
            BinanceRequest(
                .get, v3 + "/depth", [("symbol", venueSymbol(symbol)), ("limit", "1000")],
                security: .open, weight: 50)
        }

        private static func venueSymbol(_ symbol: String) -> String {
            BinanceSymbol.venueSymbol(symbol, venue: .binanceSpot)
        }
    }
}

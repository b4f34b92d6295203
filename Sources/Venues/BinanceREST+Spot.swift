//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

extension BinanceREST {
    /// Paths of Spot's market data. Source: protocol sheet of Binance, section 11.
    public enum Spot {
        public static let timePath = "/api/v3/time"

        /// One symbol: all of them together are several megabytes.
        public static func exchangeInfoPath(symbol: String) -> String {
            "/api/v3/exchangeInfo?symbol=\(venueSymbol(symbol))"
        }

        public static func depthPath(symbol: String) -> String {
            "/api/v3/depth?symbol=\(venueSymbol(symbol))&limit=\(snapshotLevels)"
        }

        private static func venueSymbol(_ symbol: String) -> String {
            BinanceSymbol.venueSymbol(symbol, venue: .binanceSpot)
        }
    }
}

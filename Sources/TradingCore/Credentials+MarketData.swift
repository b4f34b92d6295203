//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Configuration
import Messages

extension Credentials {
    /// What Binance Spot's market data need: nothing as JSON; the binary form wants the key of an
    /// account, unsigned.
    static func ofMarketData(
        _ settings: Settings, _ environment: [String: String], isSimulated: Bool,
        isRecording: Bool
    ) throws(EngineError) -> Credentials {
        guard SpotEncoding(settings) == .sbe else { return Credentials(apiKey: "", secret: "") }
        let origin = "trading.spot_encoding is sbe"
        if isRecording { throw EngineError("\(origin): captures hold JSON; record with json") }
        if isSimulated {
            // The simulator knows one key of Binance.
            let known: Credentials
            do throws(AccountError) {
                known = try of(.binanceUSDM, environment) ?? .generated(.binanceUSDM)
            } catch { throw EngineError("\(error)") }
            return Credentials(apiKey: known.apiKey, secret: "")
        }
        guard let key = environment[variables(.binanceSpot)[0]], !key.isEmpty else {
            throw EngineError(
                "\(origin), for which the venue wants a key, and BINANCE_API_KEY is not set")
        }
        return Credentials(apiKey: key, secret: "")
    }
}

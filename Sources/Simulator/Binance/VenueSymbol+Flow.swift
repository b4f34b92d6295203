//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension SyntheticFlow.Parameters {
    /// A market of the given symbol with `rate` times the usual activity.
    static func standard(for symbol: VenueSymbol, rate: Double) -> Self {
        switch symbol.name {
        case "BTCUSDT":
            Self(
                price: 618_000, volatility: 6.0, drift: 8.0, sizeMedian: 120,
                limitRate: 150 * rate, marketRate: 18 * rate, orderLife: 3 / rate)
        case "ETHUSDT":
            Self(
                price: 268_000, volatility: 5.0, drift: 6.0, sizeMedian: 1_500,
                limitRate: 120 * rate, marketRate: 14 * rate, orderLife: 3 / rate)
        default:
            Self(
                price: 15_200, volatility: 2.0, drift: 2.5, sizeMedian: 3_000,
                limitRate: 90 * rate, marketRate: 10 * rate, orderLife: 3 / rate)
        }
    }

    /// The same on Spot: finer lots, and fewer orders than on the futures of the coin.
    static func spot(for symbol: VenueSymbol, rate: Double) -> Self {
        var flow = standard(for: symbol, rate: rate)
        flow.price *= 1 + VenueSymbol.spotBasis
        flow.limitRate *= 0.6
        flow.marketRate *= 0.6
        flow.sizeMedian =
            switch symbol.name {
            case "BTCUSDT": 6_000
            case "ETHUSDT": 8_000
            default: 15_000
            }
        return flow
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Volume.

extension IndicatorCatalogue {
    static let volumes: [IndicatorDefinition] = [
        IndicatorDefinition(
            "obv", [],
            unit: "volume",
            summary: "volume of rising closes less that of falling ones; O(1)",
            reference: "OBV"
        ) { layout, arguments in
            .balanceVolume(BalanceVolume(&layout))
        },
        IndicatorDefinition(
            "mfi", [.bars(14)],
            unit: "0...100",
            summary: "share of rising bars in typical price x volume; 0 below 1; O(1)",
            reference: "MFI"
        ) { layout, arguments in
            .moneyFlow(MoneyFlowIndex(&layout, period: arguments.bars(0)))
        },
        IndicatorDefinition(
            "vwap", [.bars(86_400, "session", in: 1...31_622_400)],
            unit: "price",
            summary: "typical price by volume since the session began, seconds since 1970 UTC; O(1)"
        ) { layout, arguments in
            .weightedPrice(
                VolumeWeightedPrice(
                    &layout, sessionNs: UInt64(arguments.bars(0)) * 1_000_000_000,
                    anchorNs: 0))
        },
        IndicatorDefinition(
            "vwap_anchored", [.bars(0, "anchor", in: 0...4_102_444_800)],
            unit: "price",
            summary: "the same since the first bar at or after anchor, seconds since 1970 UTC; O(1)"
        ) { layout, arguments in
            .weightedPrice(
                VolumeWeightedPrice(
                    &layout, sessionNs: 0,
                    anchorNs: UInt64(arguments.bars(0)) * 1_000_000_000))
        },
        IndicatorDefinition(
            "vwap_rolling", [.bars(20, in: 1...10_000)],
            unit: "price",
            summary: "the same over period bars; O(1)"
        ) { layout, arguments in
            .rollingWeightedPrice(RollingWeightedPrice(&layout, period: arguments.bars(0)))
        }
    ]
}

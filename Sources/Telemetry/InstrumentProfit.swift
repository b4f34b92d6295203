//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry

extension InstrumentData {
    /// Realised and unrealised profit less fees and funding, 1e-8 of the quote currency. What a
    /// damaged page makes too large is cut.
    public var profitE8: Int64 {
        Int64(
            clamping: Int128(realisedE8) + Int128(unrealisedE8) - Int128(feesE8)
                - Int128(fundingE8))
    }
}

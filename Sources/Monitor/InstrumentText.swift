//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Rendering

/// An instrument's integers as the venue would print them; "-" for a side that is empty.
struct InstrumentText {
    let bid: String
    let ask: String
    let spread: String
    let position: String
    /// Of the position: what one lot is.
    let lot: String

    init(_ status: InstrumentData) {
        func price(_ ticks: Int64) -> String {
            NumberText.decimal(
                ticks, times: status.tickMantissa, decimals: status.priceDecimals)
        }
        bid = status.bid == 0 ? "-" : price(status.bid)
        ask = status.ask == 0 ? "-" : price(status.ask)
        let (ticks, overflow) = status.ask.subtractingReportingOverflow(status.bid)
        spread = status.bid == 0 || status.ask == 0 || overflow ? "-" : price(ticks)
        position = NumberText.decimal(
            status.position, times: status.lotMantissa, decimals: status.quantityDecimals)
        lot = NumberText.decimal(
            1, times: status.lotMantissa, decimals: status.quantityDecimals)
    }
}

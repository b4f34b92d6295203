//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Technical
import Testing

@Suite("Indicators by name")
struct SpecificationTests {
    @Test(arguments: [
        ("ema(21)", "ema(21)", ["ema_21"]),
        ("ema", "ema(20)", ["ema_20"]),
        (" sma ( 5 , source = volume ) ", "sma(5,source=volume)", ["sma_5_volume"]),
        ("sma(source=close)", "sma(20)", ["sma_20"]),
        ("macd(signal=5)", "macd(12,26,5)",
         ["macd_12_26_5_line", "macd_12_26_5_signal", "macd_12_26_5_histogram"]),
        ("adx", "adx(14)", ["adx_14_plus_di", "adx_14_minus_di", "adx_14"]),
        ("obv", "obv", ["obv"]),
        ("sar(0.01,max=0.1)", "sar(0.01,0.1)", ["sar_0.01_0.1"]),
    ])
    func `a text is read`(text: String, canonical: String, columns: [String]) throws {
        let one = try IndicatorSpecification(text)
        #expect(one.canonicalText == canonical)
        #expect(one.columnNames == columns)
        #expect(try IndicatorSpecification(one.canonicalText).arguments == one.arguments)
    }

    @Test(arguments: [
        ("", "no indicator "), ("nosuch(3)", "no indicator nosuch"),
        ("ema(0)", "ema(0): period is 0, not in 1...10000"),
        ("ema(2.5)", "ema(2.5): period is 2.5, not in 1...10000"),
        ("ema(x)", "ema(x): period is x, not in 1...10000"),
        ("ema(1,2)", "ema(1,2): no parameter 2"),
        ("ema(length=3)", "ema(length=3): no parameter length=3"),
        ("ema(3", "ema(3: parameters stand in ( )"),
        ("sma(5,source=mood)", "sma(5,source=mood): no source mood"),
        ("atr(14,source=open)", "atr(14,source=open): no source open"),
        ("bollinger(20,1e9)", "bollinger(20,1e9): width is 1e9, not in 0.01...100.0"),
    ])
    func `a text that names nothing is refused with its reason`(text: String, reason: String) {
        #expect(throws: IndicatorTextError(description: reason)) {
            try IndicatorSpecification(text)
        }
    }

    @Test func `names are unique, documented, and stand for themselves`() throws {
        let names = IndicatorCatalogue.all.map(\.name)
        #expect(Set(names).count == names.count)
        for one in IndicatorCatalogue.all {
            #expect(!one.summary.isEmpty && !one.unit.isEmpty && !one.outputs.isEmpty)
            #expect(try IndicatorSpecification(one.name).definition.name == one.name)
        }
        #expect(names.count >= 38)
    }
}

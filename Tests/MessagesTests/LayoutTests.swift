//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages
import Testing

/// Goal: Swift reads every record where C writes it; a change of a layout is noticed here and in
/// the header, and with it that APUS_MESSAGES_VERSION must grow.
///
/// Method: size, stride and the offset of each field, written out.
@Suite("Message layouts")
struct LayoutTests {
    private func expect<Message>(
        _ type: Message.Type, size: Int, _ fields: [(PartialKeyPath<Message>, Int)],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let name = "\(type)"
        #expect(MemoryLayout<Message>.size == size, "\(name)", sourceLocation: sourceLocation)
        #expect(MemoryLayout<Message>.stride == size, "\(name)", sourceLocation: sourceLocation)
        #expect(MemoryLayout<Message>.alignment <= 8, "\(name)", sourceLocation: sourceLocation)
        for (index, (path, offset)) in fields.enumerated() {
            #expect(
                MemoryLayout<Message>.offset(of: path) == offset, "\(name), field \(index)",
                sourceLocation: sourceLocation)
        }
    }

    @Test func `FrameDescriptor lies in Swift as in C`() {
        expect(
            FrameDescriptor.self, size: 56,
            [
                (\.ingressTimeNs, 0), (\.position, 8), (\.releaseLength, 16), (\.context, 24),
                (\.length, 32), (\.connectionID, 36), (\.kind, 38),
            ])
    }

    @Test func `MarketEvent lies in Swift as in C`() {
        expect(
            MarketEvent.self, size: 56,
            [
                (\.words, 0), (\.instrumentID, 48), (\.kind, 52), (\.side, 53), (\.count, 54),
                (\.flags, 55),
            ])
    }

    @Test func `Trade lies in Swift as in C`() {
        expect(
            Trade.self, size: 56,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.venueTimeNs, 16), (\.price, 24),
                (\.quantity, 32), (\.tradeID, 40), (\.instrumentID, 48), (\.kind, 52),
                (\.side, 53), (\.count, 54), (\.flags, 55),
            ])
    }

    @Test func `QuoteSide lies in Swift as in C`() {
        expect(
            QuoteSide.self, size: 56,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.venueTimeNs, 16), (\.price, 24),
                (\.quantity, 32), (\.updateID, 40), (\.instrumentID, 48), (\.kind, 52),
                (\.side, 53), (\.count, 54), (\.flags, 55),
            ])
    }

    @Test func `BookHeader lies in Swift as in C`() {
        expect(
            BookHeader.self, size: 56,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.venueTimeNs, 16), (\.firstUpdateID, 24),
                (\.lastUpdateID, 32), (\.previousUpdateID, 40), (\.instrumentID, 48), (\.kind, 52),
                (\.side, 53), (\.count, 54), (\.flags, 55),
            ])
    }

    @Test func `BookLevel lies in Swift as in C`() {
        expect(
            BookLevel.self, size: 16,
            [
                (\.price, 0), (\.quantity, 8),
            ])
    }

    @Test func `BookLevels lies in Swift as in C`() {
        expect(
            BookLevels.self, size: 56,
            [
                (\.level0, 0), (\.level1, 16), (\.level2, 32), (\.instrumentID, 48), (\.kind, 52),
                (\.side, 53), (\.count, 54), (\.flags, 55),
            ])
    }

    @Test func `MarkPrice lies in Swift as in C`() {
        expect(
            MarkPrice.self, size: 56,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.venueTimeNs, 16), (\.mark, 24),
                (\.index, 32), (\.fundingRateE8, 40), (\.instrumentID, 48), (\.kind, 52),
                (\.side, 53), (\.count, 54), (\.flags, 55),
            ])
    }

    @Test func `FeedStatus lies in Swift as in C`() {
        expect(
            FeedStatus.self, size: 56,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.venueTimeNs, 16), (\.isUp, 24),
                (\.instrumentID, 48), (\.kind, 52), (\.side, 53), (\.count, 54), (\.flags, 55),
            ])
    }

    @Test func `SnapshotRequest lies in Swift as in C`() {
        expect(
            SnapshotRequest.self, size: 56,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.notBeforeNs, 16), (\.instrumentID, 48),
                (\.attempt, 52),
            ])
    }

    @Test func `ReferencePrice lies in Swift as in C`() {
        expect(
            ReferencePrice.self, size: 56,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.venueTimeNs, 16), (\.bid, 24),
                (\.ask, 32), (\.price, 40), (\.instrumentID, 48), (\.kind, 52),
                (\.isBookValid, 53),
            ])
    }

    @Test func `FeatureVector lies in Swift as in C`() {
        expect(
            FeatureVector.self, size: 568,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.venueTimeNs, 16), (\.bid, 24),
                (\.ask, 32), (\.bidQuantity, 40), (\.askQuantity, 48), (\.instrumentID, 56),
                (\.featureCount, 60), (\.trigger, 62), (\.isWarm, 63), (\.values, 72),
            ])
    }

    @Test func `Signal lies in Swift as in C`() {
        expect(
            Signal.self, size: 56,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.bid, 16), (\.ask, 24),
                (\.bidQuantity, 32), (\.askQuantity, 36), (\.score, 40), (\.confidence, 44),
                (\.instrumentID, 48), (\.modelID, 52), (\.agreement, 53), (\.trigger, 54),
                (\.isValid, 55),
            ])
    }

    @Test func `OrderIntent lies in Swift as in C`() {
        expect(
            OrderIntent.self, size: 56,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.orderID, 16), (\.limitPrice, 24),
                (\.quantity, 32), (\.instrumentID, 40), (\.kind, 48), (\.side, 49), (\.type, 50),
                (\.timeInForce, 51), (\.isReduceOnly, 52), (\.reason, 53),
            ])
    }

    @Test func `RiskVerdict lies in Swift as in C`() {
        expect(
            RiskVerdict.self, size: 56,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.orderID, 16), (\.instrumentID, 48),
                (\.kind, 52), (\.verdict, 53),
            ])
    }

    @Test func `ExecutionReport lies in Swift as in C`() {
        expect(
            ExecutionReport.self, size: 120,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.venueTimeNs, 16), (\.orderID, 24),
                (\.venueOrderID, 32), (\.tradeID, 40), (\.lastPrice, 48), (\.lastQuantity, 56),
                (\.cumulativeQuantity, 64), (\.leavesQuantity, 72), (\.feeE8, 80),
                (\.position, 88), (\.instrumentID, 96), (\.venueCode, 100), (\.execution, 104),
                (\.status, 105), (\.side, 106), (\.isMaker, 107), (\.isReply, 108), (\.isUp, 109),
                (\.session, 110), (\.venue, 111),
            ])
    }

    @Test func `CandleRange lies in Swift as in C`() {
        expect(
            CandleRange.self, size: 56,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.venueTimeNs, 16), (\.open, 24),
                (\.high, 32), (\.low, 40), (\.instrumentID, 48), (\.kind, 52), (\.side, 53),
                (\.count, 54), (\.flags, 55),
            ])
    }

    @Test func `CandleClose lies in Swift as in C`() {
        expect(
            CandleClose.self, size: 56,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.venueTimeNs, 16), (\.close, 24),
                (\.volume, 32), (\.openTimeS, 40), (\.lengthS, 44), (\.instrumentID, 48),
                (\.kind, 52), (\.side, 53), (\.count, 54), (\.flags, 55),
            ])
    }

    @Test func `Bar lies in Swift as in C`() {
        expect(
            Bar.self, size: 120,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.openTimeNs, 16), (\.timeframeNs, 24),
                (\.open, 32), (\.high, 40), (\.low, 48), (\.close, 56), (\.volume, 64),
                (\.tradeCount, 72), (\.instrumentID, 80), (\.timeframe, 84),
            ])
    }

    @Test func `IndicatorValues lies in Swift as in C`() {
        expect(
            IndicatorValues.self, size: 1_016,
            [
                (\.sequence, 0), (\.ingressTimeNs, 8), (\.openTimeNs, 16), (\.timeframeNs, 24),
                (\.instrumentID, 32), (\.count, 36), (\.timeframe, 40), (\.values, 48),
            ])
    }

    @Test func `Instrument lies in Swift as in C`() {
        expect(
            Instrument.self, size: 256,
            [
                (\.instrumentID, 0), (\.venue, 4), (\.priceDecimals, 5), (\.quantityDecimals, 6),
                (\.isInverse, 7), (\.tickMantissa, 8), (\.lotMantissa, 16),
                (\.tickLotValueE12, 24), (\.priceMin, 32), (\.priceMax, 40), (\.quantityMin, 48),
                (\.quantityMax, 56), (\.marketQuantityMax, 64), (\.notionalMinE8, 72),
                (\.percentUpE4, 80), (\.percentDownE4, 84), (\.openOrdersMax, 88), (\.kind, 92),
                (\.isDataOnly, 93), (\.symbol, 96), (\.venueSymbol, 128), (\.quoteAsset, 160),
                (\.contractValueE9, 176), (\.venueCode, 184),
            ])
    }

    @Test func `InstrumentTableHeader lies in Swift as in C`() {
        expect(
            InstrumentTableHeader.self, size: 64,
            [
                (\.magic, 0), (\.count, 8), (\.instrumentSize, 12),
            ])
    }

    @Test func `every record fills whole lines with the ring's word in front`() {
        let sizes = [
            MemoryLayout<FrameDescriptor>.size, MemoryLayout<MarketEvent>.size,
            MemoryLayout<SnapshotRequest>.size, MemoryLayout<ReferencePrice>.size,
            MemoryLayout<FeatureVector>.size, MemoryLayout<Signal>.size,
            MemoryLayout<OrderIntent>.size, MemoryLayout<RiskVerdict>.size,
            MemoryLayout<ExecutionReport>.size, MemoryLayout<Bar>.size,
            MemoryLayout<IndicatorValues>.size,
        ]
        for size in sizes { #expect((size + 8) % 64 == 0) }
    }
}

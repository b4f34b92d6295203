//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Indicators
import Messages
import Rings
import Testing

@Suite("The kernel's tap of quotes")
struct QuoteTapTests {
    private func drain(_ tap: inout RingConsumer<ReferencePrice>) -> [ReferencePrice] {
        var result: [ReferencePrice] = []
        while let quote = unsafe tap.peek() {
            unsafe result.append(quote.pointee)
            tap.release()
        }
        return result
    }

    @Test func `every quote that risk is told is copied, and nothing else`() throws {
        var rig = Rig()
        var memory = try RingMemory<ReferencePrice>(capacity: 64)
        var tap = try memory.makeConsumer()
        rig.kernel.quoteTap = try memory.makeProducer()
        var told = rig.take(Records.sync(1_000_000)).references
        told += rig.take(Records.mark(3, 2_000_000, 100)).references
        told += rig.take(
            Records.quote(4, 3_000_000, id: 115, bid: (102, 2), ask: (104, 3))
        ).references
        let quotes = drain(&tap)
        #expect(told.contains { $0.kind == .mark })
        #expect(quotes.map(\.kind) == [.quote, .quote])
        #expect(quotes.map(\.bid.rawValue) == [100, 102])
        #expect(quotes.map(\.sequence) == told.filter { $0.kind == .quote }.map(\.sequence))
        rig.advanceEvents(to: 9)
        rig.run()
        #expect(tap.watermark() == 9)
    }

    @Test func `a full tap drops and counts, and risk is told all the same`() throws {
        var rig = Rig()
        var memory = try RingMemory<ReferencePrice>(capacity: 1)
        var tap = try memory.makeConsumer()
        rig.kernel.quoteTap = try memory.makeProducer()
        rig.take(Records.sync(1_000_000))
        let later = rig.take(
            Records.quote(4, 3_000_000, id: 115, bid: (102, 2), ask: (104, 3)))
        #expect(later.references.map(\.bid.rawValue) == [102])
        #expect(drain(&tap).map(\.bid.rawValue) == [100])
        #expect(rig.count("kernel_quote_tap_drops_total") == 1)
    }
}

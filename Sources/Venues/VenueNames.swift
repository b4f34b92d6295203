//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

/// How the messages of one venue of Binance name their instruments. Two venues write the same
/// symbol, and the same text, of different instruments: each has its own index and its own shapes.
struct VenueNames {
    let venue: Venue
    let symbols: SymbolIndex
    let shapes: MessageShapes

    init(_ instruments: InstrumentTable, venue: Venue) {
        self.venue = venue
        symbols = SymbolIndex(instruments, venue: venue)
        shapes = MessageShapes(instrumentCount: instruments.count)
    }
}

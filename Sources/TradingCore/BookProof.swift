//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Indicators
import MarketData
import Messages
import Venues

/// Proves a replay's books by the checksums that recorded messages of OKX carry.
struct BookProof {
    private(set) var matches = 0
    private(set) var mismatches = 0
    private var marks = OKXBookMarks()
    /// The update each book was proved at: a copy of a message does not change the book.
    private var proved: [UInt32: UInt64] = [:]

    /// Compares the book behind the message just replayed with what the message says of it.
    mutating func check(
        _ json: UnsafeRawBufferPointer, _ path: ReplayPath, id: (String) -> UInt32?
    ) {
        guard let mark = unsafe marks.read(json), let id = id(mark.symbol) else { return }
        let book = unsafe path.stages.kernel.pointee.book(of: id)
        guard book.isInSync, proved[id] != book.updateID else { return }
        proved[id] = book.updateID
        let instrument = path.instruments[id]
        let found = OKXBookChecksum.of(
            bids: Self.texts(book.bids, instrument), asks: Self.texts(book.asks, instrument))
        if found == mark.checksum { matches += 1 } else { mismatches += 1 }
    }

    private static func texts(
        _ levels: [PriceLevel], _ instrument: Instrument
    ) -> [(price: String, quantity: String)] {
        levels.prefix(OKXBookChecksum.levelsMax).map { level in
            (
                OKXBookChecksum.minimal(instrument.text(price: level.price)),
                OKXBookChecksum.minimal(instrument.text(quantity: level.quantity))
            )
        }
    }
}

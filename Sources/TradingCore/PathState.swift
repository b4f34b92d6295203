//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Execution
import Gateway
import Indicators
import MarketData
import Messages
import Options
import Pipeline
import Risk
import Venues

/// How the stages of a path ended, as text: what a replay must come to as well.
///
/// One line for the progress of each stage, each book, each ledger and each open order. A book is
/// told by its best levels and a hash of all of them.
enum PathState {
    /// - Precondition: no thread polls the stages any more, and they have handled all there was.
    static func text(_ stages: PathStages, _ instruments: InstrumentTable) -> String {
        var lines = [
            "parser sequence \(unsafe stages.parser.pointee.sequence)",
            "execution records \(unsafe stages.execution.pointee.control.taken)",
            "risk records \(unsafe stages.risk.pointee.control.taken)",
            "gateway records \(unsafe stages.gateway.pointee.control.taken)",
        ]
        let lost = unsafe stages.execution.pointee.control.notesLost
            + stages.risk.pointee.control.notesLost + stages.gateway.pointee.control.notesLost
        if lost > 0 { lines.append("notes lost \(lost)") }
        for id in 0..<UInt32(instruments.count) {
            let book = unsafe stages.kernel.pointee.book(of: id)
            lines.append("book \(id) \(text(book))")
            let ledger = unsafe stages.gateway.pointee.ledger(id)
            lines.append(
                "ledger \(id) position \(ledger.position) cost \(ledger.costE12) "
                    + "realised \(ledger.realisedE12) fees \(ledger.feesE8) "
                    + "lots \(ledger.lotsTraded) fills \(ledger.fillCount)")
        }
        for order in unsafe stages.gateway.pointee.openOrders {
            lines.append(
                "order \(order.orderID) instrument \(order.instrumentID) "
                    + "price \(order.limitPrice.rawValue) status \(order.state.status.rawValue)")
        }
        return lines.joined(separator: "\n")
    }

    private static func text(_ book: BookDump) -> String {
        let levels = (book.bids + book.asks)
            .map { "\($0.price.rawValue)x\($0.quantity.rawValue)" }
            .joined(separator: " ")
        return "update \(book.updateID) \(book.isInSync ? "in sync" : "out of sync") "
            + "gaps \(book.gaps) resyncs \(book.resyncs) bids \(book.bids.count) "
            + "asks \(book.asks.count) levels 0x\(String(TextHash.fnv1a(levels), radix: 16))"
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Rendering
import Telemetry

/// Books and how fresh they are; positions, orders and money.
enum AccountPage {
    /// A quiet instrument may be silent for long; its book is told as old after this.
    private static let bookAgeWarnNs: UInt64 = 10_000_000_000

    static func lines(_ view: ScreenView) -> [ScreenLine] {
        if view.now.instruments.isEmpty { return [ScreenLine(text: "no instrument yet")] }
        return books(view) + [ScreenLine()] + account(view)
    }

    private static func books(_ view: ScreenView) -> [ScreenLine] {
        var table = FittingTable([
            ("<instrument", 0), ("<venue", 0), ("bid", 0), ("ask", 0), ("spread", 3),
            ("<book", 0), ("age", 0), ("levels", 6), ("messages", 5), ("gaps", 1), ("resyncs", 2),
        ])
        for row in view.now.instruments {
            let values = InstrumentText(row.status)
            let status = row.status
            let isValid = status.isBookValid != 0
            table.add([
                FittingTable.Cell(row.symbol), FittingTable.Cell(row.venue),
                FittingTable.Cell(values.bid), FittingTable.Cell(values.ask),
                FittingTable.Cell(values.spread),
                FittingTable.Cell(isValid ? "in sync" : "NOT IN SYNC", isValid ? .good : .alarm),
                view.age(of: status.lastUpdateNs, warnAfterNs: bookAgeWarnNs),
                FittingTable.Cell(NumberText.grouped(status.levelCount)),
                FittingTable.Cell(NumberText.grouped(status.messages)),
                FittingTable.Cell(
                    NumberText.grouped(status.gaps), status.gaps > 0 ? .warning : .plain),
                FittingTable.Cell(NumberText.grouped(status.resyncs)),
            ])
        }
        return table.lines(width: view.width)
    }

    private static func account(_ view: ScreenView) -> [ScreenLine] {
        var table = FittingTable([
            ("<instrument", 0), ("<venue", 0), ("position", 0), ("profit", 0), ("realised", 4),
            ("unrealised", 5), ("fees", 6), ("funding", 8), ("open", 1), ("sent", 2),
            ("cancels", 7), ("fills", 1), ("rejects", 3),
        ])
        for row in view.now.instruments {
            let status = row.status
            func money(_ e8: Int64) -> FittingTable.Cell {
                FittingTable.Cell(NumberText.money(e8: e8), e8 < 0 ? .warning : .plain)
            }
            table.add([
                FittingTable.Cell(row.symbol), FittingTable.Cell(row.venue),
                FittingTable.Cell(InstrumentText(status).position), money(row.profitE8),
                money(status.realisedE8), money(status.unrealisedE8),
                FittingTable.Cell(NumberText.money(e8: status.feesE8)),
                FittingTable.Cell(NumberText.money(e8: status.fundingE8)),
                FittingTable.Cell(NumberText.grouped(status.openOrders)),
                FittingTable.Cell(NumberText.grouped(status.ordersSent)),
                FittingTable.Cell(NumberText.grouped(status.cancelsSent)),
                FittingTable.Cell(NumberText.grouped(status.fills)),
                FittingTable.Cell(
                    NumberText.grouped(status.rejects), status.rejects > 0 ? .warning : .plain),
            ])
        }
        return table.lines(width: view.width)
    }
}

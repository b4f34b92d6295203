//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration
public import Messages
import Options
import Risk

/// Limits that a live account has to have: none is 0, and none is off.
public enum LimitReadiness {
    /// - Parameter instruments: Of all venues, as these describe them.
    public static func lines(
        _ settings: Settings, _ instruments: [Instrument]
    ) -> [ReadinessLine] {
        var lines = [losses(settings), drawdown(settings)]
        if instruments.isEmpty { return lines }
        let table = InstrumentTable.standalone(instruments)
        do throws(EngineError) {
            let limits = try PathSettings.risk(settings, instruments: table)
            for (index, instrument) in instruments.enumerated() where instrument.isDataOnly == 0 {
                let own = limits.instruments[index]
                let check = "limits \(instrument.venue.text):\(instrument.symbolText)"
                let order = QuantityLots(rawValue: own.orderQuantityMax)
                let position = QuantityLots(rawValue: own.positionMax)
                let zeros = [
                    (own.orderQuantityMax, "order_quantity_max"), (own.positionMax, "position_max"),
                    (own.orderNotionalMaxE8, "order_notional_max"),
                ].filter { $0.0 <= 0 }.map { "risk.\($0.1)" }
                lines.append(
                    zeros.isEmpty
                        ? ReadinessLine(
                            check, .pass,
                            "\(instrument.text(quantity: order)) an order, "
                                + "\(instrument.text(quantity: position)) in position")
                        : ReadinessLine(
                            check, .fail, "\(zeros.joined(separator: ", ")): nothing is allowed"))
            }
        } catch { lines.append(ReadinessLine("limits", .fail, "\(error)")) }
        return lines
    }

    private static func losses(_ settings: Settings) -> ReadinessLine {
        let share = settings.integer("risk.daily_loss_bps")
        let most = settings.text("risk.daily_loss_max")
        let hasMost = most.contains { ("1"..."9").contains($0) }
        guard share > 0 || hasMost else {
            return ReadinessLine("daily loss", .fail, "no limit: set risk.daily_loss_bps")
        }
        let parts = (share > 0 ? ["\(share) bps of equity"] : [])
            + (hasMost ? ["\(most) of quote currency"] : [])
        return ReadinessLine("daily loss", .pass, parts.joined(separator: ", "))
    }

    private static func drawdown(_ settings: Settings) -> ReadinessLine {
        let share = settings.integer("risk.drawdown_bps")
        return share > 0
            ? ReadinessLine("drawdown", .pass, "\(share) bps of equity")
            : ReadinessLine("drawdown", .fail, "no limit: set risk.drawdown_bps")
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

extension RidgeReport {
    /// The report as an aligned table for people.
    public var text: String {
        let percent = { (value: Double) in Columns.fixed(value * 100, 2) + " %" }
        let bps = { (value: Double) in Columns.fixed(value, 4) + " bps" }
        var rows: [[String]] = [
            ["rows offered", "\(counts.offered)"],
            ["  refused", "\(counts.refused)"],
            ["  cold", "\(counts.cold)"],
            ["  without label", "\(counts.unlabelled)"],
            ["  train", "\(counts.train)"],
            ["  validation (of train)", "\(counts.validation)"],
            ["  test", "\(counts.test)"],
            ["  purged", "\(counts.purged)"],
            ["  embargoed", "\(counts.embargoed)"],
            ["span", RidgeError.seconds(endNs - startNs)],
            ["horizon = purge", RidgeError.seconds(horizonNs)],
            ["embargo", RidgeError.seconds(embargoNs)],
            ["penalty, of \(penaltyCount) tried", "\(penalty)"],
            ["clip", "\(Columns.fixed(Double(clip), 1)) sigmas"],
            ["", ""],
            ["base rates, test", ""],
            ["  P(move)", percent(moveRate)],
            ["  sign persistence", percent(persistence)],
            ["  R2 of \(imbalanceName)", Columns.fixed(imbalanceR2, 4)],
            ["  zero forecast RMSE", bps(zeroForecastRMSEBps)],
            ["model, test", ""],
            ["  R2 against zero", Columns.fixed(r2AgainstZero, 4)],
            ["  R2 against train mean", Columns.fixed(r2AgainstTrainMean, 4)],
            ["  R2 in training", Columns.fixed(trainR2, 4)],
            ["  IC (correlation)", Columns.fixed(informationCoefficient, 4)],
            ["  sign accuracy given move", percent(signAccuracy)],
            ["  residual sigma, train", bps(residualSigmaBps)],
            ["  buy above", bps(Double(thresholds.buyAboveBps))],
            ["  sell below", bps(Double(thresholds.sellBelowBps))],
        ]
        var text = Columns.aligned(rows)
        rows = [["decile", "rows", "score bps", "label bps"]]
        for (index, decile) in deciles.enumerated() {
            rows.append([
                "\(index + 1)", "\(decile.rows)", Columns.fixed(decile.meanScoreBps, 4),
                Columns.fixed(decile.meanLabelBps, 4),
            ])
        }
        text += "\n" + Columns.aligned(rows)
        rows = [["feature", "bps/sigma"]]
        for coefficient in coefficients.prefix(10) {
            rows.append([coefficient.name, Columns.fixed(coefficient.weightBps, 4)])
        }
        return text + "\n" + Columns.aligned(rows)
    }

    /// The report as one JSON object, as it goes into the model file.
    public var json: String {
        var object = JSONText()
        object.add("schema_hash", ModelError.hex(schemaHash))
        object.add("row_hash", ModelError.hex(rowHash))
        object.add(
            "sources",
            sources.map { source in
                var row = JSONText()
                row.add("name", source.name)
                row.add("hash", source.hash)
                return row
            })
        object.add("split", "time, purged, embargoed")
        object.add("start_ns", startNs)
        object.add("boundary_ns", boundaryNs)
        object.add("end_ns", endNs)
        object.add("horizon_ns", horizonNs)
        object.add("purge_ns", horizonNs)
        object.add("embargo_ns", embargoNs)
        object.add("penalty", penalty)
        object.add("trials", penaltyCount)
        object.add("clip_sigmas", Double(clip))
        object.add("rows", rowsJSON)
        object.add("base_rates", baseRatesJSON)
        object.add("test", testJSON)
        object.add(
            "deciles",
            deciles.map { decile in
                var row = JSONText()
                row.add("rows", decile.rows)
                row.add("score_bps", decile.meanScoreBps)
                row.add("label_bps", decile.meanLabelBps)
                return row
            })
        return object.text
    }

    private var rowsJSON: JSONText {
        var object = JSONText()
        object.add("offered", counts.offered)
        object.add("refused", counts.refused)
        object.add("cold", counts.cold)
        object.add("unlabelled", counts.unlabelled)
        object.add("train", counts.train)
        object.add("validation", counts.validation)
        object.add("test", counts.test)
        object.add("purged", counts.purged)
        object.add("embargoed", counts.embargoed)
        return object
    }

    private var baseRatesJSON: JSONText {
        var object = JSONText()
        object.add("move_rate", moveRate)
        object.add("sign_persistence", persistence)
        object.add("imbalance_feature", imbalanceName)
        object.add("imbalance_r2_against_zero", imbalanceR2)
        object.add("zero_forecast_rmse_bps", zeroForecastRMSEBps)
        return object
    }

    private var testJSON: JSONText {
        var object = JSONText()
        object.add("r2_against_zero", r2AgainstZero)
        object.add("r2_against_train_mean", r2AgainstTrainMean)
        object.add("train_r2_against_zero", trainR2)
        object.add("information_coefficient", informationCoefficient)
        object.add("sign_accuracy_given_move", signAccuracy)
        object.add("residual_sigma_bps", residualSigmaBps)
        return object
    }
}

/// Text in columns: the first flush left, the others flush right.
enum Columns {
    static func aligned(_ rows: [[String]]) -> String {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        var text = ""
        for row in rows {
            var line = ""
            for (column, cell) in row.enumerated() {
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                line += column == 0 ? cell + blanks : "  " + blanks + cell
            }
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        return text
    }

    /// A number with a fixed number of decimals.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return "-" }
        let scaled = (value * Decimals.powerOfTen(decimals)).rounded()
        guard abs(scaled) < 9e18 else { return "\(value)" }
        return Decimals.text(mantissa: Int64(scaled), decimals: decimals)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering

/// Every figure as JSON; what is undefined is null.
public enum MetricsDocument {
    public static func text(_ analyses: [RunAnalysis]) -> String {
        var json = JSONWriter()
        json.object {
            $0.add("format", "apus-metrics")
            $0.add("version", 1)
            $0.array("runs") { list in
                for analysis in analyses { list.object { write(analysis, to: &$0) } }
            }
        }
        return json.text + "\n"
    }

    private static func write(_ analysis: RunAnalysis, to json: inout JSONWriter) {
        let run = analysis.run
        json.add("name", run.name)
        json.add("kind", run.kind.rawValue)
        json.add("start_ns", run.startNs)
        json.add("end_ns", run.endNs)
        json.add("quote", run.quote)
        json.add("initial_equity", run.initialEquity)
        json.add("interval_ns", analysis.series.intervalNs)
        json.add("periods_per_year", analysis.metrics.periodsPerYear)
        json.object("trials") {
            $0.add("count", analysis.trials.count)
            $0.add("variance", analysis.trials.variance ?? .nan)
            $0.add("is_measured", analysis.trials.isMeasured)
        }
        json.object("metrics") { json in
            for figure in FigureCatalogue.all {
                json.add(figure.key, figure.value(analysis) ?? .nan)
            }
        }
        writeMonths(run, to: &json)
        writeDrawdowns(analysis, to: &json)
        writeMarkouts(analysis.markouts, to: &json)
        writeDelays(run, to: &json)
    }

    private static func writeMonths(_ run: Run, to json: inout JSONWriter) {
        json.array("months") { list in
            for row in CalendarReturns(run, .months).rows {
                for (column, value) in row.returns.enumerated() {
                    guard let value else { continue }
                    list.object {
                        $0.add("month", row.label + (column < 9 ? "-0" : "-") + "\(column + 1)")
                        $0.add("return", value)
                    }
                }
            }
        }
    }

    private static func writeDrawdowns(_ analysis: RunAnalysis, to json: inout JSONWriter) {
        json.array("drawdowns") { list in
            for spell in analysis.drawdown.worst(10) {
                list.object {
                    $0.add("depth", spell.depth)
                    $0.add("peak_ns", analysis.drawdownTimeNs(spell.peak))
                    $0.add("valley_ns", analysis.drawdownTimeNs(spell.valley))
                    if let recovery = spell.recovery {
                        $0.add("recovered_ns", analysis.drawdownTimeNs(recovery))
                    } else {
                        $0.addNull("recovered_ns")
                    }
                    $0.add("length_s", analysis.lengthS(spell))
                }
            }
        }
    }

    private static func writeMarkouts(_ markouts: Markouts, to json: inout JSONWriter) {
        json.object("markouts") { json in
            for group in Markouts.Group.allCases {
                json.array(group.rawValue) { list in
                    for row in markouts.rows[group] ?? [] {
                        list.object {
                            $0.add("horizon_ns", row.horizonNs)
                            $0.add("fills", row.count)
                            $0.add("mean_bps", row.meanBps ?? .nan)
                            $0.add("reach_bps", row.reachBps ?? .nan)
                            $0.add("fresh_share", row.freshShare ?? .nan)
                        }
                    }
                }
            }
        }
    }

    private static func writeDelays(_ run: Run, to json: inout JSONWriter) {
        json.array("delays") { list in
            for row in run.delays {
                list.object {
                    $0.add("delay_ns", row.delayNs)
                    $0.add("net_return", row.netReturn ?? .nan)
                    $0.add("sharpe", row.sharpe ?? .nan)
                    if let fills = row.fills {
                        $0.add("fills", fills)
                    } else {
                        $0.addNull("fills")
                    }
                    $0.add("edge_bps", row.edgeBps ?? .nan)
                }
            }
        }
        json.add("break_even_delay_ns", SpeedCost(delays: run.delays).breakEvenNs ?? .nan)
    }
}

# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""The report as one HTML page."""

from __future__ import annotations

from html import escape

from . import plots

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2430; max-width: 70rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; font-size: 13px; margin: .6rem 0; font-variant-numeric:
  tabular-nums; } .scroll { overflow-x: auto; }
th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid #e1e5ea;
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { color: #56606d; font-weight: 600; }
.note { color: #56606d; font-size: 13px; max-width: 52rem; }
.pair { display: flex; flex-wrap: wrap; gap: 1rem; } svg { max-width: 100%; height: auto; }
code { font-size: 12px; }
"""


def number(value: float | None, digits: int = 4, sign: bool = False) -> str:
    if value is None:
        return "–"
    return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def interval(edges: list[float | None], digits: int = 4) -> str:
    return f"{number(edges[0], digits)} … {number(edges[1], digits)}"


def table(head: list[str], rows: list[list[str]]) -> str:
    def line(cells: list[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"
    body = "".join(line(row, "td") for row in rows)
    return f'<div class="scroll"><table>{line(head, "th")}{body}</table></div>'


def note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def across(models: list[dict], field: str, title: str, label, value) -> str:
    """A table with a row for each entry of `field` and a column for each model."""
    rows = [
        [label(entry), *(value(model[field][place]) for model in models)]
        for place, entry in enumerate(models[0][field])]
    return table([title, *(model["name"] for model in models)], rows)


def _data(tree: dict) -> str:
    data, split = tree["data"], tree["split"]
    sources = table(
        ["capture", "venue", "from", "to", "vectors", "warm", "core's own ridge R²", "SHA-256"],
        [[one["name"], one["venue"], one["start"], one["end"], str(one["vectors"]),
          str(one["warm"]), number(one["core_ridge_r2"]), one["sha256"][:16]]
         for one in data["sources"]])
    folds = table(
        ["fold", "fit", "validation", "trained to", "test", "judged", "tested to"],
        [[str(place), str(one["fit"]), str(one["validation"]), one["cut"], str(one["test"]),
          str(one["judged"]), one["end"]] for place, one in enumerate(split["folds"], 1)])
    return (
        "<h2>Data and split</h2>"
        + note(f"{data['start']} to {data['end']} UTC. Data {data['hash'][:16]}, features "
               f"{data['schema_hash']} ({data['features']}). {data['usable']} of "
               f"{data['vectors']} vectors end a whole window and have a label.")
        + sources
        + note(f"Horizon {split['horizon_ns'] / 1e9:g} s, windows of up to {split['steps_max']} "
               f"vectors, embargo {split['embargo_ns'] / 1e9:g} s. A row trains when its label "
               "was known at the cut and tests when its whole window lies behind cut and embargo: "
               "purged is at least the horizon and the window's span. "
               f"Seed {split['seed']}. Fitted in this folder so far: {tree['trials']['runs']} "
               f"trials, {tree['trials']['candidates']} candidates. The core's own ridge is "
               "fitted on one capture each and split 70 : 30; it is shown for comparison.")
        + folds)


def _bases(tree: dict) -> str:
    base, ridge = tree["base_rates"], tree["models"][0]
    return "<h2>Base rates</h2>" + table(["of the test rows", ""], [
        ["rows", str(base["rows"])], ["P(move)", percent(base["move_rate"])],
        ["P(up)", percent(base["up_rate"])],
        ["the last complete return's sign holds, given moves", percent(base["persistence"])],
        ["error of forecasting zero, RMSE", number(base["zero_forecast_rmse_bps"]) + " bps"],
        [f"{base['imbalance_feature']} alone: R²",
         f"{number(base['imbalance_r2'])}  ({interval(base['imbalance_r2_interval'])})"],
        [f"{base['imbalance_feature']} alone: accuracy given a move",
         percent(base["imbalance_accuracy_given_move"])],
        ["ridge: R²", f"{number(ridge['r2'])}  ({interval(ridge['r2_interval'])})"]])


def _models(models: list[dict]) -> str:
    rows = [[
        model["name"], number(model["r2"]), interval(model["r2_interval"]),
        "reference" if model["name"] == "ridge" else number(model["gain_over_ridge"], sign=True),
        "" if model["name"] == "ridge" else interval(model["gain_over_ridge_interval"]),
        ", ".join(number(one, 3) for one in model["fold_r2"]), number(model["ic"], 3),
        percent(model["accuracy_given_move"]), number(model["mcc"], 3), number(model["brier"]),
        number(model["brier_base"]), str(model["parameters"]), f"{model['seconds']:.0f} s"]
        for model in models]
    return "<h2>Models, out of sample</h2>" + table(
        ["model", "R²", "95 %", "over the ridge", "95 %", "by fold", "IC", "accuracy | move",
         "MCC", "Brier", "of base rate", "parameters", "training"], rows) + note(
        "R² is against forecasting zero. Intervals are of a block bootstrap in time. Brier is of "
        "the probability of an upward move given a move, residuals taken as normal. The ridge is "
        "fitted on the validation rows too once its penalty is chosen; networks and trees need "
        "them to stop.") + plots.gains(models)


def _details(tree: dict) -> str:
    models = tree["models"]
    delays = across(models, "delays", "delay", lambda one: f"{one['delay_ms']} ms",
                    lambda one: number(one["edge_bps"], 3))
    return "".join([
        "<h2>By score</h2><div class=pair>", plots.deciles(models), plots.reliability(models),
        "</div>", across(
            models, "deciles", "tenth by score: mean return, bps, of rows (mean score)",
            lambda one: str(one["tenth"]),
            lambda one: f"{number(one['label_bps'], 3)} ({number(one['score_bps'], 3)})"),
        "<h2>By horizon</h2><div class=pair>", plots.horizons(models), "</div>",
        note("Scores of the models trained for the horizon above, rescaled on validation rows; "
             "below them, ridges trained for each horizon."),
        across(models, "horizons", "R² (IC)",
               lambda one: f"{one['horizon_ns'] / 1e9:g} s, P(move) {percent(one['move_rate'])}",
               lambda one: f"{number(one['r2'])} ({number(one['ic'], 3)})"),
        table(["ridge trained for", "rows", "R²", "IC"],
              [[f"{one['horizon_ns'] / 1e9:g} s", str(one["rows"]), number(one["r2"]),
                number(one["ic"], 3)] for one in tree["ridges_by_horizon"]]),
        "<h2>By regime</h2>", note("Thirds are within each instrument."),
        across(models, "regimes", "R² (95 %; over the ridge)",
               lambda one: f"{one['regime']}, {one['rows']} rows",
               lambda one: f"{number(one['r2'], 3)} ({interval(one['r2_interval'], 3)}; "
               f"{number(one['gain_over_ridge'], 3, sign=True)})"),
        "<h2>Edge against own delay</h2><div class=pair>", plots.delays(models), "</div>",
        note("Mean return in the score's direction in the lowest and highest tenth, from the mid "
             "the delay later to the mid at the horizon. Tenths are of the test rows themselves."),
        delays])


def _costs(tree: dict) -> str:
    fees = tree["fees_bps"]
    rows = [[
        model["name"], number(net["gross_bps"], 3), number(net["spread_bps"], 3),
        number(net["net_taker_bps"], 2), number(net["net_maker_bps"], 2),
        number(net["net_rebate_bps"], 2), number(net["break_even_taker_fee_bps"], 3),
        number(net["break_even_maker_fee_bps"], 3)]
        for model in tree["models"] if (net := model.get("costs"))]
    return "<h2>After costs, a round trip in the extreme tenths, bps</h2>" + table(
        ["model", "gross at the mid", "spread", f"taker, {fees['taker']:g} a side",
         f"maker, {fees['maker']:g} a side", f"rebate, {fees['rebate']:g} a side",
         "break-even fee a side, taker", "maker"], rows) + note(
        "A taker pays the spread once and two fees. The maker's figures take fills at the mid for "
        "granted, without queue and adverse selection: no order can count on that. Nothing here "
        "promises profit.")


def _serving(models: list[dict]) -> str:
    """What the core made of the models: `apus model convert` and `apus model bench`."""
    rows = [(model, model["serving"]) for model in models]
    return "".join([
        "<h2>In the core</h2><h3>As served, against the trainer's model</h3>",
        table(
            ["model", "model file", "windows", "R², float", "R², served", "change (≥ −0.002)",
             "signs agree (≥ 99.5 %)", "in the upper half of |score| (100 %)",
             "signal to noise, dB (≥ 35)", "greatest error, bps",
             "reference against trainer, σ (≤ 0.001)"],
            [[model["name"], _file(served), *_quantised(served["converted"])]
             for model, served in rows]),
        note("Networks are served with int8 weights, and compared with a double-precision "
             "reference by the core; linear models and trees are served as they were trained, and "
             "the last column compares them with the trainer's own scores. R² here is about the "
             "targets' mean, on the last fold's evaluation windows. Gates are in parentheses: a "
             "model that fails one gets no model file. σ is the scores' own deviation."),
        "".join(note(f"{model['name']}: {problem}")
                for model, served in rows for problem in served["problems"]),
        "<h3>Time of a score</h3>",
        table(
            ["model", "parameters", "score, ns, p50", "p99", "afterwards, ns, p50", "p99",
             "vectors", "model file, bytes", "SHA-256"],
            [[model["name"], str(model["parameters"]), *_timed(served["benched"]),
              str(served["file"].get("bytes", "–")), served["file"].get("sha256", "–")]
             for model, served in rows]),
        note("Score: from a vector to its score. Afterwards: what windows do before the next "
             "vector, outside the path. On the machine that made this report, nothing pinned or "
             "isolated. Parameters of trees are leaves.")])


def _file(served: dict) -> str:
    if served["file"]:
        return "written"
    return "refused by a gate" if served["converted"].get("passes") == 0 else "none"


def _quantised(figures: dict) -> list[str]:
    """Cells of what `apus model convert --json` told."""
    if not figures:
        return ["not measured"] + ["–"] * 8
    before, after = figures.get("r2_float"), figures.get("r2_int8")
    change = None if before is None or after is None else after - before
    error, noise = figures.get("max_error_bps"), figures.get("snr_db")
    return [
        str(figures.get("windows", "–")), number(before), number(after),
        number(change, 5, sign=True), exact_percent(figures.get("sign_agreement")),
        exact_percent(figures.get("top_half_agreement")),
        "no noise" if noise is None and error == 0 else number(noise, 1), number(error, 5),
        number(figures.get("trainer_difference"), 7)]


def exact_percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"


def _timed(figures: dict) -> list[str]:
    """Cells of what `apus model bench --json` told."""
    keys = ("score_p50_ns", "score_p99_ns", "after_p50_ns", "after_p99_ns")
    if not figures:
        return ["not measured"] + ["–"] * 4
    return [*(number(figures.get(key), 0) for key in keys), str(figures.get("vectors", "–"))]


def html(tree: dict) -> str:
    """The page of a report's object."""
    failed = "".join(f"<li>{escape(one)}</li>" for one in tree["did_not_work"])
    return "".join([
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width"><title>Apus: model report</title>',
        f"<style>{STYLE}</style><h1>Model report</h1>",
        note(f"{tree['made']}, torch {tree['versions']['torch']}"),
        _data(tree), _bases(tree), _models(tree["models"]), _details(tree), _costs(tree),
        _serving(tree["models"]), "<h2>What did not work</h2>",
        f"<ul>{failed}</ul>" if failed else note("Nothing of what is looked for."), "</html>\n"])

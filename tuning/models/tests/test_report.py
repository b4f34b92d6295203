# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
import json
import re

import numpy as np
import pytest
from apus_models import evaluate, metrics, report
from apus_models.findings import findings
from apus_models.serving import Serving


@pytest.fixture(scope="module")
def made(trained):
    out, done, registry = trained
    servings = {
        "ridge": Serving(problems=["this build of apus has no 'model convert'"]),
        "tiny": Serving(
            converted={
                "windows": 64, "trainer_difference": 2e-7, "r2_float": 0.5, "r2_int8": 0.49875,
                "sign_agreement": 0.9984, "top_half_agreement": 1.0, "snr_db": 41.26,
                "max_error_bps": 0.0123, "passes": 1},
            benched={"vectors": 20000, "score_p50_ns": 640.4, "score_p99_ns": 812.2,
                     "after_p50_ns": 3001.6, "after_p99_ns": 3402.0},
            file={"name": "tiny.model", "bytes": 5120, "sha256": "ab" * 32}),
        "lightgbm": Serving(
            converted={"r2_float": 0.5, "r2_int8": 0.5, "sign_agreement": 0.993, "snr_db": None,
                       "max_error_bps": 0.0, "passes": 0},
            problems=["apus model convert: signs agree in 0.993, not 0.995"])}
    tree = report.write(out, done, servings, registry)
    return out, done, tree


def test_the_report_has_every_part(made):
    out, _, tree = made
    assert json.loads((out / "report.json").read_text()) == tree
    page = (out / "report.html").read_text()
    for part in ("Data and split", "Base rates", "Models, out of sample", "By score", "By horizon",
                 "By regime", "Edge against own delay", "After costs", "In the core",
                 "What did not work", "95 %", "3 trials", "not measured"):
        assert part in page, part
    assert page.count("<svg") == 5
    assert not re.search(r'(src|href)="?https?:', page), "the page needs nothing else"


def cells(page: str, title: str) -> dict[str, dict[str, str]]:
    """Of the first table after `title`: cells by their row's first one and their column."""
    text = page[page.index(title):]
    rows = [re.findall(r"<t[hd]>(.*?)</t[hd]>", line)
            for line in re.findall(r"<tr>(.*?)</tr>", text[:text.index("</table>")])]
    return {row[0]: dict(zip(rows[0], row)) for row in rows[1:]}


def test_what_the_core_made_of_a_model_has_labels_and_units(made):
    page = (made[0] / "report.html").read_text()
    served = cells(page, "As served, against the trainer")
    assert served["tiny"] == {
        "model": "tiny", "model file": "written", "windows": "64", "R², float": "0.5000",
        "R², served": "0.4988", "change (≥ −0.002)": "-0.00125",
        "signs agree (≥ 99.5 %)": "99.84%", "in the upper half of |score| (100 %)": "100.00%",
        "signal to noise, dB (≥ 35)": "41.3", "greatest error, bps": "0.01230",
        "reference against trainer, σ (≤ 0.001)": "0.0000002"}
    assert served["ridge"]["model file"] == "none"
    assert served["ridge"]["windows"] == "not measured"
    times = re.sub(r"\s+", " ", page[page.index("Time of a score"):])
    assert "<td>640</td><td>812</td><td>3002</td><td>3402</td><td>20000</td><td>5120</td>" in times
    assert "score, ns, p50" in times and "afterwards, ns, p50" in times


def test_a_refusal_by_a_gate_is_told_with_its_figure(made):
    out, _, tree = made
    page = (out / "report.html").read_text()
    served = cells(page, "As served, against the trainer")["lightgbm"]
    assert served["model file"] == "refused by a gate"
    assert served["signs agree (≥ 99.5 %)"] == "99.30%"
    assert served["signal to noise, dB (≥ 35)"] == "no noise"
    assert "lightgbm: apus model convert: signs agree in 0.993, not 0.995" in page
    assert "lightgbm: apus model convert: signs agree in 0.993, not 0.995." in tree["did_not_work"]


def test_the_ridge_comes_first_and_is_the_measure(made):
    _, done, tree = made
    assert [model["name"] for model in tree["models"]] == ["ridge", "tiny", "lightgbm"]
    assert tree["models"][0]["gain_over_ridge"] == 0
    for model in tree["models"][1:]:
        assert model["gain_over_ridge"] == pytest.approx(model["r2"] - tree["models"][0]["r2"])


def test_figures_are_those_of_the_test_rows(made, dataset, settings):
    _, done, tree = made
    rows = np.concatenate(done.tests)
    labels = dataset.labels(settings.horizon_ns)[0][rows]
    assert tree["base_rates"]["rows"] == len(rows)
    assert tree["base_rates"]["move_rate"] == float((labels != 0).mean())
    scores = np.concatenate(done.results[0].scores)
    assert tree["models"][0]["r2"] == metrics.r2(labels, scores)
    own = [one for one in tree["models"][0]["horizons"]
           if one["horizon_ns"] == settings.horizon_ns][0]
    assert own["ic"] == pytest.approx(tree["models"][0]["ic"])


def test_the_ridge_of_the_main_horizon_is_the_reference(made, settings):
    _, done, tree = made
    own = [one for one in tree["ridges_by_horizon"]
           if one["horizon_ns"] == settings.horizon_ns][0]
    assert own["r2"] == pytest.approx(tree["models"][0]["r2"], abs=0.01)
    assert [one["rows"] > 0 for one in tree["ridges_by_horizon"]] == [True] * 5


def test_regimes_are_thirds_of_all_test_rows(made):
    _, done, _ = made
    masks = evaluate.regimes(done, evaluate.Judged.of(done))
    spread = [mask for name, mask in masks.items() if name.startswith("spread")]
    assert len(spread) == 3
    assert np.sum(spread, axis=0).tolist() == [1] * len(spread[0])
    assert max(mask.sum() for mask in spread) - min(mask.sum() for mask in spread) <= 2


def test_what_did_not_work_is_told(made):
    _, _, tree = made
    told = tree["did_not_work"]
    assert "ridge: this build of apus has no 'model convert'." in told
    poor = json.loads(json.dumps(tree))
    poor["base_rates"]["imbalance_r2"] = 1.0
    poor["models"][1] |= {"r2_interval": [-0.1, 0.2], "gain_over_ridge_interval": [-0.2, -0.1]}
    told_of_poor = findings(poor)
    assert "ridge: no better than imbalance_l1 alone." in told_of_poor
    assert "tiny: worse than the ridge." in told_of_poor
    assert any(one.startswith("tiny: not known to be better than forecasting zero")
               for one in told_of_poor)
    assert any("to a taker" in one for one in told)

# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""The command; on recorded data where the core and captures are there."""

import json
import os
from pathlib import Path

import pytest
from apus_models import cli, settings
from apus_models.core import Capture, Core, FeatureSettings
from apus_models.errors import TrainingError
from conftest import stand_in

TREE = Path(__file__).resolve().parents[3]
APUS = Path(os.environ.get("APUS", TREE / ".build" / "release" / "apus"))
CAPTURES = Path(os.environ.get("CAPTURES", TREE.parent / "shared" / "data" / "captures"))
CAPTURE = CAPTURES / "binance-spot_ethusdt_20240808.gz"


def test_a_configuration_file_lies_over_the_preset(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(
        "folds: 3\nmodels: [ridge, mine]\nnetwork: {epochs: 2}\n"
        "shapes: {mine: {kind: gru, steps: 20, units: [8]}}\n")
    made = settings.load("small", file)
    assert made.folds == 3 and made.models == ("ridge", "mine")
    assert made.network.epochs == 2
    assert made.network.patience == settings.PRESETS["small"].network.patience
    assert made.shapes["mine"].units == (8,) and "lstm-4x50" in made.shapes


@pytest.mark.parametrize("text", [
    "fold: 3", "network: {epoch: 1}", "folds: many", "- 1", "shapes: {a: {kind: lstm}}", "{"])
def test_a_wrong_configuration_file_is_refused_by_name(text, tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(text)
    with pytest.raises(TrainingError, match="own.yaml"):
        settings.load("small", file)


def test_a_capture_names_its_venue_and_files(tmp_path):
    one, two = tmp_path / "1.gz", tmp_path / "2.gz"
    one.touch()
    two.touch()
    made = Capture.parse(f"okx:{one},{two}", "binance-usdm")
    assert made.venue == "okx" and made.paths == (one, two) and made.name == "1.gz,2.gz"
    assert Capture.parse(str(one), "binance-usdm").venue == "binance-usdm"
    with pytest.raises(TrainingError, match="no such file"):
        Capture.parse(str(tmp_path / "3.gz"), "okx")


@pytest.mark.parametrize("arguments, said", [
    (["--models", "ridge,lstn"], "unknown model lstn"),
    (["--apus", "nowhere"], "no apus program at nowhere"),
    (["nothing.gz"], "no such file")])
def test_what_cannot_be_done_is_one_line_and_status_1(arguments, said, capsys, tmp_path):
    capture = tmp_path / "a.gz"
    capture.touch()
    fake = tmp_path / "apus"
    fake.write_text("#!/bin/sh\n")
    fake.chmod(0o755)
    status = cli.main(
        ["--out", str(tmp_path), "--apus", str(fake), *arguments, str(capture)])
    assert status == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train:")]
    assert len(lines) == 1 and said in lines[0]


@pytest.mark.parametrize("refused, status", [("tiny", 3), ("nothing", 0)])
def test_a_refusal_by_the_core_is_status_3_and_the_rest_goes_on(
        refused, status, dataset, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cli.dataset, "load", lambda *_, **__: dataset)
    core = stand_in(
        tmp_path, "  convert  Make.\\n  bench  Time.\\n",
        f'case "$3" in */{refused}) echo "{{\\"passes\\": 0}}"; '
        'echo "apus model convert: 20 dB, not 35" >&2; exit 1;; esac; echo "{}"; '
        '[ "$2" = bench ] || printf model > "$5"')
    file = tmp_path / "own.yaml"
    file.write_text(
        "{folds: 1, embargo_ns: 2000000000, bootstrap_draws: 20, evaluation_windows: 64, "
        "network: {epochs: 1, rows_per_epoch: 500, validation_rows: 200}, "
        "shapes: {tiny: {kind: lstm, steps: 4, units: [4]}}, models: [ridge, tiny]}")
    capture, out = tmp_path / "a.gz", tmp_path / "out"
    capture.touch()
    assert cli.main(["--out", str(out), "--apus", str(core.path), "--config", str(file),
                     "--quiet", str(capture)]) == status
    said = capsys.readouterr()
    assert (out / "ridge.model").is_file() and (out / "report.html").is_file()
    assert (out / "tiny.model").is_file() == (status == 0)
    assert ("train: tiny: apus model convert: 20 dB, not 35" in said.err) == (status == 3)
    assert "ridge.model" in said.out


@pytest.mark.skipif(
    not APUS.is_file() or not CAPTURE.is_file(), reason="no apus program or no recorded data")
def test_a_capture_becomes_models_and_the_core_agrees_on_the_rows(tmp_path, capsys):
    file = tmp_path / "own.yaml"
    file.write_text(
        "{folds: 1, test_rows: 1000, bootstrap_draws: 50, network: {epochs: 1, "
        "rows_per_epoch: 1000, validation_rows: 500}, trees: {rounds: 20}}")
    arguments = [
        "--apus", str(APUS), "--config", str(file), "--models", "ridge,lstm-1x16,lightgbm",
        "--quiet", f"binance-spot:{CAPTURE}"]
    # 3: the gates may refuse so short a training's network.
    status = cli.main(["--out", str(tmp_path / "a"), *arguments])
    assert status in (0, 3)
    assert cli.main(["--out", str(tmp_path / "b"), "--cache", str(tmp_path / "a" / "cache"),
                     *arguments]) == status
    trials = [
        [json.loads(line) for line in (tmp_path / out / "trials.jsonl").read_text().splitlines()]
        for out in "ab"]
    assert [trial["digests"] for trial in trials[0]] == [trial["digests"] for trial in trials[1]]
    tree = json.loads((tmp_path / "a" / "report.json").read_text())
    assert tree["data"]["schema_hash"] == Core(APUS).schema(FeatureSettings()).hash
    assert tree["models"][0]["name"] == "ridge"
    files = [{file.name: file.read_bytes() for file in (tmp_path / out).glob("*.model")}
             for out in "ab"]
    assert files[0] == files[1] and {"ridge.model", "lightgbm.model"} <= set(files[0])
    assert len(files[0]) == (3 if status == 0 else 2)
    for model in tree["models"]:
        assert model["serving"]["converted"]["trainer_difference"] <= 1e-3
        assert (model["serving"]["file"] != {}) == (f"{model['name']}.model" in files[0])

# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""What is done with the core's conversion, by a stand-in for the program."""

import hashlib
import os
from pathlib import Path

import pytest
from apus_models import serving
from apus_models.core import Core
from conftest import stand_in

APUS = os.environ.get("APUS", "")


def test_a_build_that_cannot_convert_is_told(tmp_path):
    made = serving.convert(stand_in(tmp_path, "  verify  Load.\\n", "exit 9"), tmp_path / "ridge")
    assert made.converted == {} and made.problems == ["this build of apus has no 'model convert'"]


def test_what_convert_and_bench_tell_is_kept_with_the_files_checksum(tmp_path):
    core = stand_in(
        tmp_path, "  convert  Make.\\n  bench  Time.\\n",
        'echo "{\\"command\\": \\"$*\\"}"; [ "$2" = bench ] || printf model > "$5"')
    made = serving.convert(core, tmp_path / "ridge")
    file = tmp_path / "ridge.model"
    assert made.converted == {
        "command": f"model convert {tmp_path / 'ridge'} --out {file} --json"}
    assert made.benched == {"command": f"model bench {file} --json"}
    assert made.file == {
        "name": "ridge.model", "bytes": 5, "sha256": hashlib.sha256(b"model").hexdigest()}
    assert made.problems == []


@pytest.mark.parametrize("script, converted, problems", [
    ("echo '{\"snr_db\": 20}'; echo 'apus model convert: 20 dB, not 35' >&2; exit 1",
     {"snr_db": 20}, ["apus model convert: 20 dB, not 35"]),
    ("echo '{}'; echo 'apus model convert: one' >&2; echo 'apus model convert: two' >&2; exit 1",
     {}, ["apus model convert: one", "apus model convert: two"]),
    ("exit 3", {}, ["apus model convert: exit status 3"])])
def test_every_reason_of_a_refusal_is_told_with_what_was_measured(
        script, converted, problems, tmp_path):
    core = stand_in(tmp_path, "  convert  Make.\\n  bench  Time.\\n", script)
    made = serving.convert(core, tmp_path / "ridge")
    assert made.converted == converted and made.problems == problems
    assert made.benched == {} and made.file == {}


def test_an_answer_that_is_no_json_is_a_problem(tmp_path):
    core = stand_in(tmp_path, "  convert  Make.\\n", "echo nonsense")
    made = serving.convert(core, tmp_path / "ridge")
    assert made.converted == {} and made.file == {}
    assert len(made.problems) == 1
    assert made.problems[0].startswith("apus model convert: no JSON")


def test_a_model_of_an_earlier_run_does_not_outlive_a_refusal(tmp_path):
    (tmp_path / "ridge.model").write_bytes(b"earlier")
    made = serving.convert(
        stand_in(tmp_path, "  convert  Make.\\n", "echo '{}'; exit 1"), tmp_path / "ridge")
    assert made.file == {} and not (tmp_path / "ridge.model").exists()


def test_a_build_that_cannot_time_leaves_the_model_in_place(tmp_path):
    core = stand_in(tmp_path, "  convert  Make.\\n", "echo '{}'; printf model > \"$5\"")
    made = serving.convert(core, tmp_path / "ridge")
    assert made.file["bytes"] == 5 and made.benched == {}
    assert made.problems == ["this build of apus has no 'model bench'"]


@pytest.mark.skipif(
    not APUS, reason="APUS does not name a program to convert with")
def test_the_core_takes_the_models_and_makes_the_same_bytes_again(trained):
    out, _, _ = trained
    for name in ("ridge", "tiny", "lightgbm"):
        once, again = (serving.convert(Core(Path(APUS)), out / name) for _ in range(2))
        assert once.converted == again.converted and once.file == again.file
        assert once.converted["windows"] == 64
        assert once.converted["trainer_difference"] <= 1e-3, name
        # The gates may refuse so small a network: one sign of 64 is more than they let pass.
        if name == "tiny" and once.converted["passes"] == 0:
            assert once.problems and once.file == {}
            continue
        assert once.converted["passes"] == 1 and once.problems == []
        assert once.converted["r2_int8"] == pytest.approx(once.converted["r2_float"], abs=0.002)
        assert once.file["bytes"] == (out / f"{name}.model").stat().st_size
        assert 0 < once.benched["score_p50_ns"] <= once.benched["score_p99_ns"]

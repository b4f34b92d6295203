# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""What is done with the core's conversion, by a stand-in for the program."""

from pathlib import Path

import pytest
from apus_models import serving
from apus_models.core import Core


def stand_in(folder: Path, commands: str, script: str) -> Core:
    """A program that lists `commands` and does `script` for them."""
    file = folder / "apus"
    file.write_text(
        f'#!/bin/sh\nif [ "$2" = --help ]; then printf "{commands}"; exit 0; fi\n{script}\n')
    file.chmod(0o755)
    return Core(file)


def test_a_build_that_cannot_convert_is_told(tmp_path):
    made = serving.convert(stand_in(tmp_path, "  verify  Load.\\n", "exit 9"), tmp_path / "ridge")
    assert made.converted == {} and made.problems == ["this build of apus has no 'model convert'"]


def test_what_convert_and_bench_tell_is_kept(tmp_path):
    core = stand_in(
        tmp_path, "  convert  Make.\\n  bench  Time.\\n",
        'echo "{\\"command\\": \\"$*\\"}"')
    made = serving.convert(core, tmp_path / "ridge")
    file = tmp_path / "ridge.model"
    assert made.converted == {
        "command": f"model convert {tmp_path / 'ridge'} --out {file} --json"}
    assert made.benched == {"command": f"model bench {file} --json"}
    assert made.problems == []


@pytest.mark.parametrize("script, converted, problem", [
    ("echo '{\"snr_db\": 20}'; echo 'gate: SNR 20 dB' >&2; exit 1", {"snr_db": 20},
     "apus model convert: gate: SNR 20 dB"),
    ("exit 3", {}, "apus model convert: exit status 3"),
    ("echo nonsense", {}, "apus model convert: no JSON")])
def test_a_refusal_is_told_with_what_was_measured(script, converted, problem, tmp_path):
    core = stand_in(tmp_path, "  convert  Make.\\n  bench  Time.\\n", script)
    made = serving.convert(core, tmp_path / "ridge")
    assert made.converted == converted and made.benched == {}
    assert len(made.problems) == 1 and made.problems[0].startswith(problem)

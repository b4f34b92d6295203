# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""The trained models that lie in the tree are those their report tells of, and load."""

import hashlib
import json
import os
import re
from pathlib import Path

import pytest
from apus_models.core import Core, FeatureSettings

SHIPPED = Path(__file__).resolve().parents[1] / "shipped"
NAMES = ("ridge", "lstm-attention", "lightgbm")
APUS = os.environ.get("APUS", "")


@pytest.fixture(scope="module")
def tree() -> dict:
    return json.loads((SHIPPED / "report.json").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_the_one_that_report_and_readme_tell_of(name, tree):
    found = hashlib.sha256((SHIPPED / f"{name}.model").read_bytes()).hexdigest()
    told = {model["name"]: model["serving"]["file"]["sha256"] for model in tree["models"]}
    assert found == told[name]
    assert found in (SHIPPED / "report.html").read_text()
    assert found in (SHIPPED / "README.md").read_text()


def test_the_readme_has_the_reports_figures(tree):
    readme = (SHIPPED / "README.md").read_text()
    assert tree["data"]["hash"] in readme
    for source in tree["data"]["sources"]:
        assert source["sha256"][:16] in readme
    for model in tree["models"]:
        low, high = model["r2_interval"]
        assert f"{model['r2']:.3f} ({low:.3f} … {high:.3f})" in readme, model["name"]


def test_no_file_tells_of_the_machine_it_was_made_on():
    for file in SHIPPED.iterdir():
        assert not re.search(rb"/(work|tmp|root|home|Users)\b", file.read_bytes()), file.name


def test_all_files_are_small():
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 3_000_000


@pytest.mark.skipif(not APUS, reason="APUS does not name a program to load with")
@pytest.mark.parametrize("name", NAMES)
def test_the_core_loads_it_on_its_default_features(name, tree):
    core, file = Core(Path(APUS)), SHIPPED / f"{name}.model"
    assert core.run("model", "verify", str(file)).strip().endswith(": good")
    assert core.schema(FeatureSettings()).hash == tree["data"]["schema_hash"]

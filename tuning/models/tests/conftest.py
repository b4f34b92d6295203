# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""A synthetic market, and settings small enough for tests."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from apus_models import experiment  # noqa: E402
from apus_models.capture import CaptureRows  # noqa: E402
from apus_models.core import Core, Schema  # noqa: E402
from apus_models.dataset import Dataset, assemble  # noqa: E402
from apus_models.progress import Progress  # noqa: E402
from apus_models.registry import TrialRegistry  # noqa: E402
from apus_models.settings import NetworkTraining, Settings, TreeTraining  # noqa: E402
from apus_models.shapes import NetworkShape  # noqa: E402
from apus_models.train_network import prepare  # noqa: E402

NAMES = ("imbalance_l1", "ofi_1s", "spread_bps", "depth_slope_bid", "depth_slope_ask")
UNITS = ("1", "1", "bps", "1/tick", "1/tick")
STEP_NS = 20_000_000
SECOND_NS = 1_000_000_000

REPORT = {"row_hash": "0x0", "test": {"r2_against_zero": 0.0}}


def market(seed: int, rows: int, start_ns: int = 10 ** 18) -> CaptureRows:
    """Rows 20 ms apart whose mid drifts with the first two features, which decay over 0.5 s."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(size=(rows, len(NAMES)))
    values = np.zeros_like(noise)
    for row in range(1, rows):
        values[row] = 0.96 * values[row - 1] + 0.28 * noise[row]
    values[:, 2:] = np.abs(values[:, 2:]) + 0.1
    moves = 0.08 * values[:, 0] + 0.05 * values[:, 1] + generator.normal(size=rows) * 0.15
    mids = 1e6 * np.exp(np.concatenate([[0], np.cumsum(moves)[:-1]]) * 1e-4)
    return CaptureRows(
        symbols=np.full(rows, "BTC-USDT"),
        times=start_ns + np.arange(rows, dtype=np.int64) * STEP_NS, mids=mids,
        warm=np.arange(rows) >= 50, values=values.astype(np.float32),
        directional=np.array([True, True, False, False, False]), core_report=REPORT)


def joined(*rows: CaptureRows, gap_max_ns: int = 10 * SECOND_NS) -> Dataset:
    return assemble(
        Schema("0x00000000000000ff", NAMES, UNITS),
        [(f"capture-{place}", one, {
            "name": f"capture-{place}", "venue": "binance-usdm", "sha256": "0" * 64,
            "vectors": len(one.times), "warm": int(one.warm.sum()), "core_ridge_r2": 0.0,
            "start_ns": int(one.times[0]), "end_ns": int(one.times[-1])})
         for place, one in enumerate(rows)], gap_max_ns)


def stand_in(folder: Path, commands: str, script: str) -> Core:
    """A program that lists `commands` and does `script` for them."""
    file = folder / "apus"
    file.write_text(
        f'#!/bin/sh\nif [ "$2" = --help ]; then printf "{commands}"; exit 0; fi\n{script}\n')
    file.chmod(0o755)
    return Core(file)


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """240 s of one instrument."""
    return joined(market(seed=7, rows=12_000))


@pytest.fixture(scope="session")
def settings() -> Settings:
    return replace(
        Settings(), models=("ridge", "tiny", "lightgbm"), folds=2, embargo_ns=2 * SECOND_NS,
        test_rows=2000, evaluation_windows=64, bootstrap_draws=100, rows_min=100,
        shapes={"tiny": NetworkShape("lstm", 8, (6,), attention_units=4)},
        trees=TreeTraining(rounds=30, rows_per_leaf=100),
        network=NetworkTraining(
            epochs=4, patience=4, rows_per_epoch=1500, validation_rows=500, learning_rate=0.01,
            weight_decay=0.0))


@pytest.fixture(scope="session")
def device():
    return prepare(2)


@pytest.fixture(scope="session")
def trained(dataset, settings, device, tmp_path_factory):
    """The folder, experiment and registry of a run of all models."""
    out = tmp_path_factory.mktemp("trained")
    registry = TrialRegistry(out / "trials.jsonl")
    made = experiment.run(
        dataset, settings, out, device=device, threads=2, resume=False, registry=registry,
        progress=Progress(quiet=True))
    return out, made, registry

# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""The report: report.json, and the same as one page that needs nothing else."""

from __future__ import annotations

import json
import math
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from . import evaluate, page
from .experiment import Experiment
from .findings import findings
from .registry import TrialRegistry
from .serving import Serving


def when(time_ns: int) -> str:
    """UTC to the second."""
    return datetime.fromtimestamp(time_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S")


def plain(tree):
    """`tree` with null for numbers that are none."""
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [plain(value) for value in tree]
    if isinstance(tree, float) and not math.isfinite(tree):
        return None
    return tree


def write(
    out: Path, made: Experiment, servings: dict[str, Serving], registry: TrialRegistry
) -> dict:
    """Writes report.json and report.html into `out`; returns the former's object."""
    settings, dataset = made.settings, made.dataset
    tree = {
        "format": "apus-model-report", "version": 1,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": {"python": platform.python_version(), "torch": torch.__version__,
                     "numpy": np.__version__, "machine": platform.machine()},
        "data": {
            "hash": dataset.hash, "schema_hash": dataset.schema.hash,
            "features": len(dataset.schema.names), "vectors": len(dataset.times),
            "usable": len(made.ends), "sources": [
                {**source, "start": when(source["start_ns"]), "end": when(source["end_ns"])}
                for source in dataset.sources],
            "start": when(int(dataset.times.min())), "end": when(int(dataset.times.max()))},
        "split": {
            "kind": "walk forward by time, purged, embargoed", "horizon_ns": settings.horizon_ns,
            "steps_max": settings.steps_max, "embargo_ns": settings.embargo_ns,
            "seed": settings.seed,
            "folds": [
                {"fit": len(fold.fit), "validation": len(fold.validation),
                 "train": len(fold.train), "test": len(fold.test), "judged": len(test),
                 "inner_cut": when(fold.inner_cut_ns), "cut": when(fold.cut_ns),
                 "end": when(fold.end_ns)} for fold, test in zip(made.folds, made.tests)]},
        "trials": {"runs": len(registry.trials()), "candidates": registry.candidates()},
        "fees_bps": {"taker": settings.taker_fee_bps, "maker": settings.maker_fee_bps,
                     "rebate": settings.maker_rebate_bps},
        **evaluate.judge(made, servings)}
    tree = plain(tree)
    tree["did_not_work"] = findings(tree)
    (out / "report.json").write_text(json.dumps(tree, indent=1, allow_nan=False) + "\n")
    (out / "report.html").write_text(page.html(tree))
    return tree


def summary(tree: dict) -> str:
    """A line a model for the terminal."""
    lines = [f"{'model':16} {'R2':>8} {'95 %':>18} {'over ridge':>11} {'IC':>7} {'acc':>7} "
             f"{'seconds':>8} {'p99 ns':>7}  file"]
    for model in tree["models"]:
        low, high = model["r2_interval"]
        lines.append(
            f"{model['name']:16} {model['r2']:8.4f} {low:8.4f} … {high:7.4f} "
            f"{model['gain_over_ridge']:+11.4f} {model['ic'] or 0:7.4f} "
            f"{model['accuracy_given_move'] or 0:7.2%} {model['seconds']:8.1f} "
            f"{model['serving']['benched'].get('score_p99_ns') or 0:7.0f}  "
            f"{model['serving']['file'].get('name', 'none')}")
    return "\n".join(lines)

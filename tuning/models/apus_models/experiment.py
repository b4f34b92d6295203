# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Fits every model on every fold and exports the last fold's, which are judged on rows after
theirs."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from . import export, metrics, ridge, splits, trees
from .dataset import Dataset
from .folds import FoldData, thinned
from .models import Model
from .progress import Progress
from .registry import TrialRegistry
from .settings import Settings, derived_seed
from .train_network import NetworkFit

JUDGED_ROWS = 10_000
"""At most so many fit rows tell residual sigma and thresholds, and validation rows deciles."""


@dataclass
class ModelResult:
    """One model over all folds; an entry a fold. `scores` (bps) are of the fold's test rows,
    `residual_sigmas` bps, `validation` rows of the dataset and their scores (bps)."""

    name: str
    scores: list[np.ndarray] = field(default_factory=list)
    residual_sigmas: list[float] = field(default_factory=list)
    validation: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    seconds: float = 0.0
    parameters: int = 0
    candidates: int = 0
    digests: list[str] = field(default_factory=list)
    histories: list[list[dict]] = field(default_factory=list)
    folder: Path | None = None


@dataclass
class Experiment:
    """What was split how, and what came of it. `tests` are rows of the dataset, by fold."""

    dataset: Dataset
    settings: Settings
    ends: np.ndarray
    labels: np.ndarray
    folds: list[splits.Fold]
    tests: list[np.ndarray]
    results: list[ModelResult]
    imbalance: ModelResult


def run(
    dataset: Dataset, settings: Settings, out: Path, *, device: torch.device, threads: int,
    resume: bool, registry: TrialRegistry, progress: Progress
) -> Experiment:
    """Trains, judges and exports `settings.models`; all on the same rows."""
    settings.check()
    ends, labels, folds = split(dataset, settings, settings.horizon_ns)
    tests = [thinned(fold.test, settings.test_rows) for fold in folds]
    results = {name: ModelResult(name) for name in settings.models}
    imbalance = ModelResult(imbalance_feature(dataset.schema.names))
    work = [settings.network.epochs if name in settings.shapes else 1 for name in settings.models]
    progress.begin(sum(work) * len(folds))
    done = 0
    for number, fold in enumerate(folds):
        data = FoldData.make(dataset, number, fold, ends, labels, settings)
        rule = ridge.fit_single(data, dataset.schema.names.index(imbalance.name))
        _judge(rule, data, tests[number], imbalance)
        for name, units in zip(settings.models, work):
            title = f"fold {number + 1} of {len(folds)}: {name}"
            progress.say(title)
            began = time.monotonic()
            model = fit(
                name, data, settings, dataset.hash, out, device, threads, resume,
                lambda epoch, entry: progress.reach(
                    done + epoch + 1, f"{title}, validation error {entry['validation_mse']:.3f}"))
            done += units
            progress.reach(done)
            result = results[name]
            judgement = _judge(model, data, tests[number], result)
            result.seconds += time.monotonic() - began
            if number == len(folds) - 1:
                result.folder = out / name
                tree = export.description(
                    name, model, dataset, data, judgement, settings.horizon_ns,
                    _metadata(dataset, settings, data, model, result))
                export.write(
                    result.folder, tree, model, dataset, data, fold.test,
                    settings.evaluation_windows)
    progress.end()
    for result in results.values():
        _record(registry, dataset, settings, labels, tests, result)
    return Experiment(
        dataset, settings, ends, labels, folds, [ends[test] for test in tests],
        list(results.values()), imbalance)


def split(
    dataset: Dataset, settings: Settings, horizon_ns: int
) -> tuple[np.ndarray, np.ndarray, list[splits.Fold]]:
    """Rows that end a whole window, their labels (bps) over the horizon, and the folds."""
    ends, labels, rows = dataset.usable(settings.steps_max, horizon_ns)
    return ends, labels, splits.walk_forward(
        rows, folds=settings.folds, test_share=settings.test_share,
        validation_share=settings.validation_share, embargo_ns=settings.embargo_ns,
        rows_min=settings.rows_min)


def imbalance_feature(names: tuple[str, ...]) -> str:
    """The feature of the imbalance rule: the first whose name says so, else the first."""
    return next((name for name in names if "imbalance" in name), names[0])


def fit(
    name: str, data: FoldData, settings: Settings, data_hash: str, out: Path,
    device: torch.device, threads: int, resume: bool, on_epoch: Callable[[int, dict], None]
) -> Model:
    """One model on one fold."""
    seed = derived_seed(settings.seed, name, data.number)
    if name == "ridge":
        return ridge.fit(data, settings.penalties)
    if name in settings.TREES:
        return trees.fit(name, data, settings.trees, seed, threads)
    key = {"data": data_hash, "fold": data.number, "settings": settings.fingerprint(name),
           "torch": torch.__version__}
    return NetworkFit(
        data, settings.shapes[name], settings.network, seed=seed, device=device, key=key,
        checkpoint=out / "checkpoints" / f"{name}-{data.number}.pt",
        on_epoch=on_epoch).run(resume)


def _judge(
    model: Model, data: FoldData, test: np.ndarray, result: ModelResult
) -> export.Judgement:
    fold = data.fold
    limit = JUDGED_ROWS
    fit_rows, validation = thinned(fold.fit, limit), thinned(fold.validation, limit)
    judgement = export.Judgement(
        model.score(data.inputs, data.ends[fit_rows]), data.labels[fit_rows],
        model.score(data.inputs, data.ends[validation]))
    result.scores.append(model.score(data.inputs, data.ends[test]).astype(np.float64))
    result.residual_sigmas.append(judgement.residual_sigma_bps)
    result.validation.append((data.ends[validation], judgement.validation_scores))
    result.parameters, result.candidates = model.parameters, result.candidates + model.candidates
    result.digests.append(model.digest())
    result.histories.append(getattr(model, "history", []))
    return judgement


def _metadata(
    dataset: Dataset, settings: Settings, data: FoldData, model: Model, result: ModelResult
) -> dict:
    fold = data.fold
    test = thinned(fold.test, settings.test_rows)
    return {
        "data_hash": dataset.hash, "sources": list(dataset.sources), "seed": settings.seed,
        "weights_sha256": model.digest(), "fold": data.number + 1, "folds": settings.folds,
        "fit_rows": len(fold.fit), "validation_rows": len(fold.validation),
        "test_rows": len(fold.test), "inner_cut_ns": fold.inner_cut_ns, "cut_ns": fold.cut_ns,
        "end_ns": fold.end_ns, "embargo_ns": settings.embargo_ns,
        "test_r2": metrics.r2(data.labels[test], result.scores[-1]),
        "versions": {"python": platform.python_version(), "torch": torch.__version__,
                     "numpy": np.__version__}}


def _record(
    registry: TrialRegistry, dataset: Dataset, settings: Settings, labels: np.ndarray,
    tests: list[np.ndarray], result: ModelResult
) -> None:
    wanted = np.concatenate([labels[test] for test in tests])
    scores = np.concatenate(result.scores)
    registry.append({
        "model": result.name, "seed": settings.seed, "data_hash": dataset.hash,
        "config": settings.fingerprint(result.name), "candidates": result.candidates,
        "digests": result.digests, "seconds": round(result.seconds, 3),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "metrics": {"rows": len(wanted), "r2": metrics.r2(wanted, scores),
                    "ic": metrics.correlation(wanted, scores),
                    "fold_r2": [metrics.r2(labels[test], part)
                                for test, part in zip(tests, result.scores)]}})

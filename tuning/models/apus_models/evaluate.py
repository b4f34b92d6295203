# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Everything the report says about an experiment, as one object."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from . import labels, metrics, ridge
from .dataset import Dataset
from .errors import TrainingError
from .experiment import Experiment, ModelResult, split
from .folds import FoldData
from .serving import Serving
from .settings import Settings


@dataclass(frozen=True)
class Judged:
    """The test rows of all folds: dataset rows, labels (bps), times (ns), fold numbers."""

    rows: np.ndarray
    labels: np.ndarray
    times: np.ndarray
    folds: np.ndarray
    bootstrap: metrics.BlockBootstrap

    @classmethod
    def of(cls, made: Experiment) -> Judged:
        rows = np.concatenate(made.tests)
        wanted, _ = made.dataset.labels(made.settings.horizon_ns)
        times = made.dataset.times[rows]
        return cls(
            rows, wanted[rows], times,
            np.concatenate([np.full(len(test), n) for n, test in enumerate(made.tests)]),
            metrics.BlockBootstrap(
                times, made.settings.bootstrap_block_ns, made.settings.bootstrap_draws,
                made.settings.seed))


def column(dataset: Dataset, prefix: str) -> np.ndarray | None:
    """Values of the first feature whose name begins with `prefix`."""
    for place, name in enumerate(dataset.schema.names):
        if name.startswith(prefix):
            return dataset.values[:, place].astype(np.float64)
    return None


def regimes(made: Experiment, judged: Judged) -> dict[str, np.ndarray]:
    """Masks of the test rows: thirds of volatility and spread within each series, and series."""
    dataset = made.dataset
    series = dataset.series[judged.rows]
    found: dict[str, np.ndarray] = {}
    for title, prefix in (("volatility", "volatility_10s"), ("spread", "spread_bps")):
        values = column(dataset, prefix)
        if values is None:
            continue
        third = np.zeros(len(judged.rows), dtype=int)
        for one in np.unique(series):
            own = series == one
            edges = np.quantile(values[judged.rows[own]], [1 / 3, 2 / 3])
            third[own] = np.searchsorted(edges, values[judged.rows[own]], side="left")
        for place, word in enumerate(("low", "middle", "high")):
            found[f"{title} {word}"] = third == place
    for one in np.unique(series):
        found[dataset.series_names[one]] = series == one
    return {name: mask for name, mask in found.items() if mask.any()}


def horizons(made: Experiment, judged: Judged, result: ModelResult) -> list[dict]:
    """The scores against returns over other horizons, rescaled by their slope on the validation
    rows whose label was known at the cut."""
    rows = []
    scores = np.concatenate(result.scores)
    for horizon_ns in made.settings.report_horizons_ns:
        wanted, known_at = made.dataset.labels(horizon_ns)
        scaled = np.empty(len(scores))
        for number, (fold, (ends, said)) in enumerate(zip(made.folds, result.validation)):
            good = np.isfinite(wanted[ends]) & (known_at[ends] <= fold.cut_ns)
            square = float(np.sum(said[good].astype(np.float64) ** 2))
            slope = float(np.sum(wanted[ends][good] * said[good])) / square if square > 0 else 0.0
            own = judged.folds == number
            scaled[own] = scores[own] * slope
        there = np.isfinite(wanted[judged.rows])
        truth = wanted[judged.rows][there]
        rows.append({
            "horizon_ns": horizon_ns, "rows": int(there.sum()),
            "move_rate": float((truth != 0).mean()) if there.any() else math.nan,
            "r2": metrics.r2(truth, scaled[there]),
            "ic": metrics.correlation(truth, scores[there])})
    return rows


def ridges_by_horizon(dataset: Dataset, settings: Settings) -> list[dict]:
    """Ridges trained for each horizon, in splits of their own; what one is worth that has too few
    rows is not known."""
    made = []
    for horizon_ns in settings.report_horizons_ns:
        entry = {"horizon_ns": horizon_ns, "rows": 0, "r2": math.nan, "ic": math.nan}
        made.append(entry)
        try:
            ends, wanted, folds = split(dataset, settings, horizon_ns)
        except TrainingError:
            continue
        truth, said = [], []
        for number, fold in enumerate(folds):
            data = FoldData.make(dataset, number, fold, ends, wanted, settings)
            model = ridge.fit(data, settings.penalties)
            truth.append(wanted[fold.test])
            said.append(model.score(data.inputs, ends[fold.test]))
        labels_of_all, scores = np.concatenate(truth), np.concatenate(said)
        entry |= {"rows": len(scores), "r2": metrics.r2(labels_of_all, scores),
                  "ic": metrics.correlation(labels_of_all, scores)}
    return made


def base_rates(made: Experiment, judged: Judged) -> dict:
    """What is known without a model."""
    dataset, wanted = made.dataset, judged.labels
    all_labels, known_at = dataset.labels(made.settings.horizon_ns)
    before = dataset.by_series(
        labels.last_complete, all_labels, known_at, dataset.times)[judged.rows]
    moved = (wanted != 0) & np.isfinite(before) & (before != 0)
    scores = np.concatenate(made.imbalance.scores)
    probabilities = np.full(len(scores), 0.5)
    return {
        "rows": len(wanted), "move_rate": float((wanted != 0).mean()),
        "up_rate": float((wanted > 0).mean()),
        "zero_forecast_rmse_bps": float(np.sqrt(np.mean(wanted ** 2))),
        "persistence": float(((wanted > 0) == (before > 0))[moved].mean()) if moved.any()
        else math.nan,
        "imbalance_feature": made.imbalance.name, "imbalance_r2": metrics.r2(wanted, scores),
        "imbalance_r2_interval": judged.bootstrap.r2(wanted, scores),
        "imbalance_ic": metrics.correlation(wanted, scores),
        "imbalance_accuracy_given_move":
            metrics.signs(wanted, scores, probabilities)["accuracy_given_move"]}


def model_tree(
    made: Experiment, judged: Judged, result: ModelResult, base: ModelResult,
    masks: dict[str, np.ndarray], moves: dict[int, np.ndarray], serving: Serving
) -> dict:
    """One model's part of the report."""
    settings, wanted = made.settings, judged.labels
    scores, reference = np.concatenate(result.scores), np.concatenate(base.scores)
    sigmas = np.array(result.residual_sigmas)[judged.folds]
    spreads = column(made.dataset, "spread_bps")
    r2 = metrics.r2(wanted, scores)
    tree = {
        "name": result.name, "parameters": result.parameters, "seconds": result.seconds,
        "weights_sha256": result.digests, "r2": r2,
        "r2_interval": judged.bootstrap.r2(wanted, scores),
        "gain_over_ridge": r2 - metrics.r2(wanted, reference),
        "gain_over_ridge_interval": judged.bootstrap.gain(wanted, scores, reference),
        "fold_r2": [metrics.r2(wanted[judged.folds == n], part)
                    for n, part in enumerate(result.scores)],
        "ic": metrics.correlation(wanted, scores),
        **metrics.signs(wanted, scores, metrics.up_probability(scores, sigmas)),
        "deciles": metrics.deciles(wanted, scores),
        "horizons": horizons(made, judged, result),
        "regimes": [
            {"regime": name, "rows": int(mask.sum()), "r2": metrics.r2(wanted[mask], scores[mask]),
             "r2_interval": judged.bootstrap.r2(wanted, scores, mask),
             "ic": metrics.correlation(wanted[mask], scores[mask]),
             "gain_over_ridge": metrics.r2(wanted[mask], scores[mask])
             - metrics.r2(wanted[mask], reference[mask])} for name, mask in masks.items()],
        "delays": metrics.edge_after_delays(wanted, scores, moves),
        "epochs": [len(history) for history in result.histories],
        "serving": asdict(serving)}
    if spreads is not None:
        tree["costs"] = metrics.costs(
            wanted, scores, spreads[judged.rows], taker=settings.taker_fee_bps,
            maker=settings.maker_fee_bps, rebate=settings.maker_rebate_bps)
    return tree


def judge(made: Experiment, servings: dict[str, Serving]) -> dict:
    """Base rates and all models, the ridge first."""
    judged = Judged.of(made)
    masks = regimes(made, judged)
    moves = {
        delay_ms: made.dataset.by_series(
            lambda times, mids: labels.delayed_moves(times, mids, delay_ms * 1_000_000),
            made.dataset.times, made.dataset.mids)[judged.rows]
        for delay_ms in made.settings.delays_ms}
    results = sorted(made.results, key=lambda result: result.name != "ridge")
    return {
        "base_rates": base_rates(made, judged),
        "ridges_by_horizon": ridges_by_horizon(made.dataset, made.settings),
        "models": [
            model_tree(made, judged, result, results[0], masks, moves, servings[result.name])
            for result in results]}

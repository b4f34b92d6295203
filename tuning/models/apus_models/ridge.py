# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Ridge regression in closed form: the reference that every other model is measured by."""

from __future__ import annotations

import numpy as np

from .folds import FoldData
from .models import LinearModel


def solve(inputs: np.ndarray, labels: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
    """Weights [features] and bias (bps) that minimise mean (label - w . x - b)^2 + penalty |w|^2.

    Double precision; the bias is not penalised."""
    wide = inputs.astype(np.float64)
    mean, average = wide.mean(axis=0), labels.mean()
    centred = wide - mean
    gram = centred.T @ centred / len(labels) + penalty * np.eye(wide.shape[1])
    weights = np.linalg.solve(gram, centred.T @ (labels - average) / len(labels))
    return weights, float(average - weights @ mean)


def fit_single(data: FoldData, feature: int) -> LinearModel:
    """Least squares on one feature alone: a rule to compare with."""
    inputs, labels = data.training_vectors(data.fold.train)
    weights, bias = solve(inputs[:, [feature]], labels, 1e-9)
    weight = np.zeros(inputs.shape[1], dtype=np.float32)
    weight[feature] = weights[0]
    return LinearModel(
        {"weight": weight, "bias": np.array([bias], dtype=np.float32)}, candidates=1, penalty=0)


def fit(data: FoldData, penalties: tuple[float, ...]) -> LinearModel:
    """Chooses the penalty on the validation rows, the larger one of equals, and fits on all rows
    before the cut."""
    inputs, labels = data.training_vectors(data.fold.fit)
    judged, wanted = data.vectors(data.fold.validation)
    errors = {}
    for penalty in sorted(penalties, reverse=True):
        weights, bias = solve(inputs, labels, penalty)
        errors[penalty] = float(np.mean((wanted - judged @ weights - bias) ** 2))
    best = min(errors, key=errors.__getitem__)
    weights, bias = solve(*data.training_vectors(data.fold.train), best)
    return LinearModel(
        {"weight": weights.astype(np.float32), "bias": np.array([bias], dtype=np.float32)},
        candidates=len(penalties), penalty=best)

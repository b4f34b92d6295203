# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""What the models of one fold are fitted on: rows, labels, and inputs by the fold's normaliser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .dataset import Dataset
from .errors import TrainingError
from .mirror import Mirror
from .normaliser import Normaliser
from .settings import Settings
from .splits import Fold


@dataclass(frozen=True)
class FoldData:
    """`ends` are rows of the dataset that end a window, `labels` theirs (bps), both indexed by
    the fold's parts. `inputs` float32 [dataset rows, features]: the normaliser's, which has seen
    the fold's `fit` rows alone. `mirror` is what a symmetric fit learns from beside the rows."""

    number: int
    fold: Fold
    ends: np.ndarray
    labels: np.ndarray
    inputs: np.ndarray
    normaliser: Normaliser
    mirror: Mirror | None

    @classmethod
    def make(
        cls, dataset: Dataset, number: int, fold: Fold, ends: np.ndarray, labels: np.ndarray,
        settings: Settings
    ) -> FoldData:
        """Raises `TrainingError` when nothing can be learnt: no move, or no feature."""
        directional = dataset.directional
        if not labels[fold.fit].any():
            raise TrainingError(
                "the mid never moves over the horizon; give longer captures or a longer horizon")
        normaliser = Normaliser.fit(
            dataset.values[ends[fold.fit]], settings.clip,
            directional if settings.symmetric else None)
        if settings.directional_only:
            if not directional.any():
                raise TrainingError(
                    "no feature changes sign in a mirrored market; set directional_only: false")
            normaliser = normaliser.only(directional)
        mirror = Mirror.of(dataset.schema.names, directional) if settings.symmetric else None
        return cls(
            number, fold, ends, labels, normaliser.apply(dataset.values), normaliser, mirror)

    def vectors(self, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Last vectors and labels (bps) of the rows of `part`, to be judged on."""
        return self.inputs[self.ends[part]], self.labels[part]

    def training_vectors(self, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Those to be fitted on: with their mirror images behind them in a symmetric fit."""
        inputs, labels = self.vectors(part)
        if self.mirror is None:
            return inputs, labels
        return (np.concatenate([inputs, self.mirror.apply(inputs)]),
                np.concatenate([labels, -labels]))


def thinned(rows: np.ndarray, count_max: int) -> np.ndarray:
    """At most `count_max` of `rows`, at even distances."""
    if len(rows) <= count_max:
        return rows
    return rows[np.arange(count_max) * len(rows) // count_max]

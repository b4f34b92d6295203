# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Purged and embargoed walk-forward splits by time.

    | fit                | gap | validation | gap | test |        fold 0
    | fit                           | gap | validation | gap | test |   fold 1 …

A row is fitted on when its label was known at the cut; it judges when its whole window lies behind
the cut and the embargo. What is between is left out: at least the horizon, the window's span and
the embargo. Validation rows' labels are known at the end of training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import ShuffledSplitError, TrainingError


@dataclass(frozen=True)
class Rows:
    """What a split looks at, of each row that can be used: nanoseconds.

    `window_starts` are the times of the first vector of the row's window."""

    times: np.ndarray
    window_starts: np.ndarray
    label_times: np.ndarray


@dataclass(frozen=True)
class Fold:
    """Indices into `Rows`; `train` is `fit`, `validation` and what was purged between."""

    fit: np.ndarray
    validation: np.ndarray
    train: np.ndarray
    test: np.ndarray
    inner_cut_ns: int
    cut_ns: int
    end_ns: int

    def check(self, rows: Rows, embargo_ns: int) -> None:
        """Raises `ShuffledSplitError` unless every part lies behind the one before it."""
        for before, after, cut in (
            (self.fit, self.validation, self.inner_cut_ns),
            (self.train, self.test, self.cut_ns),
        ):
            known = rows.label_times[before].max(initial=0)
            begun = rows.window_starts[after].min(initial=np.iinfo(np.int64).max)
            if known > cut or begun <= cut + embargo_ns:
                raise ShuffledSplitError


def walk_forward(
    rows: Rows, *, folds: int, test_share: float, validation_share: float, embargo_ns: int,
    rows_min: int, shuffle: bool = False,
) -> list[Fold]:
    """`folds` folds whose tests follow one another over the last `test_share` of the rows.

    Raises `ShuffledSplitError` for `shuffle`, `TrainingError` when a part has less than
    `rows_min` rows."""
    if shuffle:
        raise ShuffledSplitError
    if folds < 1 or not 0 < test_share < 1 or not 0 < validation_share < 1:
        raise TrainingError("a split needs folds from 1 up and shares between 0 and 1")
    if len(rows.times) == 0:
        raise TrainingError("no row has a whole window and a label; give longer captures")
    ordered = np.sort(rows.times)

    def time_at(share: float) -> int:
        return int(ordered[min(int(share * len(ordered)), len(ordered) - 1)])

    made = []
    for fold in range(folds):
        share = 1 - test_share * (folds - fold) / folds
        cut, upto = time_at(share), time_at(share + test_share / folds)
        inner = time_at(share * (1 - validation_share))
        train = rows.label_times <= cut
        test = (rows.window_starts > cut + embargo_ns) & (rows.times <= upto)
        one = Fold(
            fit=np.flatnonzero(rows.label_times <= inner),
            validation=np.flatnonzero(train & (rows.window_starts > inner + embargo_ns)),
            train=np.flatnonzero(train), test=np.flatnonzero(test), inner_cut_ns=inner,
            cut_ns=cut, end_ns=upto)
        for part in ("fit", "validation", "test"):
            count = len(getattr(one, part))
            if count < rows_min:
                raise TrainingError(
                    f"fold {fold + 1} of {folds}: {count} rows for {part}, at least {rows_min} "
                    f"are needed after purge and an embargo of {embargo_ns / 1e9:g} s; give "
                    "longer captures, fewer folds or a shorter embargo")
        one.check(rows, embargo_ns)
        made.append(one)
    return made

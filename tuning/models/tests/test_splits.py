# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from apus_models import splits
from apus_models.errors import ShuffledSplitError, TrainingError
from conftest import SECOND_NS


def random_rows(seed: int) -> splits.Rows:
    """Irregular times of several instruments, windows and labels of irregular length."""
    generator = np.random.default_rng(seed)
    times = np.sort(generator.integers(0, 1000 * SECOND_NS, size=4000))
    generator.shuffle(times)
    return splits.Rows(
        times, times - generator.integers(0, 3 * SECOND_NS, size=len(times)),
        times + generator.integers(1, 2 * SECOND_NS, size=len(times)))


@pytest.mark.parametrize("seed", range(10))
def test_no_row_of_a_part_knows_anything_of_a_later_part(seed: int):
    rows = random_rows(seed)
    embargo = 5 * SECOND_NS
    folds = splits.walk_forward(
        rows, folds=1 + seed % 4, test_share=0.4, validation_share=0.2, embargo_ns=embargo,
        rows_min=10)
    for fold in folds:
        for before, after, cut in (
            (fold.fit, fold.validation, fold.inner_cut_ns), (fold.train, fold.test, fold.cut_ns)):
            assert rows.label_times[before].max() <= cut
            assert rows.window_starts[after].min() > cut + embargo
        assert set(fold.fit) | set(fold.validation) <= set(fold.train)
        assert not set(fold.train) & set(fold.test)
        assert rows.label_times[fold.validation].max() <= fold.cut_ns
        assert rows.times[fold.test].max() <= fold.end_ns


@pytest.mark.parametrize("seed", range(5))
def test_folds_walk_forward_and_leave_out_no_more_than_purge_and_embargo(seed: int):
    rows = random_rows(seed)
    embargo = 5 * SECOND_NS
    folds = splits.walk_forward(
        rows, folds=3, test_share=0.5, validation_share=0.2, embargo_ns=embargo, rows_min=10)
    for earlier, later in zip(folds, folds[1:]):
        assert earlier.end_ns == later.cut_ns
        assert set(earlier.train) <= set(later.train)
        assert not set(earlier.test) & set(later.test)
    for fold in folds:
        beyond = np.flatnonzero(rows.times > fold.cut_ns + embargo + 3 * SECOND_NS)
        beyond = beyond[rows.times[beyond] <= fold.end_ns]
        assert set(beyond) <= set(fold.test)


def test_a_shuffled_split_is_refused_with_the_reason():
    with pytest.raises(ShuffledSplitError, match="Split by time"):
        splits.walk_forward(
            random_rows(1), folds=2, test_share=0.4, validation_share=0.2, embargo_ns=0,
            rows_min=10, shuffle=True)


def test_a_shuffled_fold_made_by_hand_is_refused_too():
    rows = random_rows(2)
    fold = splits.walk_forward(
        rows, folds=1, test_share=0.4, validation_share=0.2, embargo_ns=0, rows_min=10)[0]
    fold.check(rows, 0)
    mixed = np.random.default_rng(3).permutation(len(rows.times))
    with pytest.raises(ShuffledSplitError):
        replace(fold, train=mixed[:2000], test=mixed[2000:]).check(rows, 0)


def test_too_little_data_is_refused_with_the_part_that_lacks():
    with pytest.raises(TrainingError, match="fold 1 of 2: .* rows for"):
        splits.walk_forward(
            random_rows(1), folds=2, test_share=0.4, validation_share=0.2,
            embargo_ns=400 * SECOND_NS, rows_min=10)

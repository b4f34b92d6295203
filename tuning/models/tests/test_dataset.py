# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from apus_models import capture
from apus_models.dataset import windows
from apus_models.errors import TrainingError
from conftest import SECOND_NS, joined, market


def test_a_window_holds_consecutive_warm_vectors_of_one_series():
    rows = market(seed=1, rows=400)
    warm = rows.warm.copy()
    warm[200] = False
    times = rows.times.copy()
    times[300:] += 20 * SECOND_NS
    made = joined(replace(rows, warm=warm, times=times), market(seed=2, rows=100))
    ends = made.window_ends(10)
    # Warm from 50 on, cold at 200, a gap before 300; the second file starts anew.
    expected = np.concatenate([
        np.arange(59, 200), np.arange(210, 300), np.arange(309, 400), np.arange(459, 500)])
    assert ends.tolist() == expected.tolist()
    cut = windows(made.values, ends[:1], 10)
    assert cut.shape == (1, 10, 5)
    assert (cut[0] == rows.values[50:60]).all()


def test_labels_do_not_reach_into_another_file():
    made = joined(market(seed=1, rows=100), market(seed=2, rows=100, start_ns=10 ** 18 + 10 ** 10))
    found, _ = made.labels(500_000_000)
    assert np.isfinite(found[:75]).all() and np.isnan(found[75:100]).all()


def test_rows_that_go_back_in_time_are_left_out():
    rows = market(seed=1, rows=100)
    times = rows.times.copy()
    times[70] = times[10]
    assert len(joined(replace(rows, times=times)).times) == 99


def test_values_are_the_float32_that_the_core_wrote():
    values = np.random.default_rng(5).normal(size=(200, 2)).astype(np.float32)
    values[0] = [np.float32(1e-45), np.float32(3.4028235e38)]
    text = "ts,symbol,a,b\n" + "".join(
        f"{place},BTC-USDT,{row[0]!s},{row[1]!s}\n" for place, row in enumerate(values))
    symbols, times, parsed = capture.parse_features(text, ("a", "b"))
    assert parsed.tobytes() == values.tobytes()
    assert times.tolist() == list(range(200)) and set(symbols) == {"BTC-USDT"}


def test_other_columns_than_the_declared_features_are_refused():
    with pytest.raises(TrainingError, match="columns"):
        capture.parse_features("ts,symbol,b,a\n1,X,1,2\n", ("a", "b"))


def test_the_row_hash_is_that_of_the_core():
    # FNV-1a over the words 1, the bits of 2.0 and the bits of 3.0 as float32.
    state = 0xCBF29CE484222325
    for word in (1, 0x4000000000000000, 0x40400000):
        state = ((state ^ word) * 0x100000001B3) % 2 ** 64
    assert capture.row_hash(np.array([1]), np.array([2.0]), np.float32([[3]])) == state

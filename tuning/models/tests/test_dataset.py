# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from apus_models import capture
from apus_models.core import Schema
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


@pytest.mark.parametrize("tick, first", [(0.5, 200), (0.01, 6_180_030), (1e-8, 250), (5.0, 1200)])
def test_mids_are_told_exactly_from_last_trade_and_spread(tick, first):
    generator = np.random.default_rng(8)
    bids = first + np.cumsum(generator.integers(-2, 3, size=300))
    # Locked now and then.
    spreads = generator.integers(0, 4, size=300)
    mids = bids + spreads / 2
    last = np.repeat(bids[::3] + generator.integers(-5, 6, size=100), 3)
    values = np.stack(
        [(last - mids) / mids * 1e4, spreads, spreads / mids * 1e4], axis=1).astype(np.float32)
    times = np.arange(300, dtype=np.int64) * 10
    trades = "head\n" + "\n".join(
        f"{times[row]},X,1,{last[row] * tick:.8f},1,buy" for row in range(0, 300, 3))
    schema = Schema("0x1", ("last_trade_minus_mid", "spread_ticks", "spread_bps"), ("", "", ""))
    found = capture.recover_mids(trades, np.full(300, "X"), times, values, schema)
    assert np.array_equal(found, mids)
    late = trades.replace("\n0,X", "\n5,X")
    found = capture.recover_mids(late, np.full(300, "X"), times, values, schema)
    assert np.isnan(found[0]) and np.array_equal(found[1:], mids[1:])


def test_other_columns_than_the_declared_features_are_refused():
    with pytest.raises(TrainingError, match="columns"):
        capture.parse_features("ts,symbol,b,a\n1,X,1,2\n", ("a", "b"))


def test_the_row_hash_is_that_of_the_core():
    # FNV-1a over the words 1, the bits of 2.0 and the bits of 3.0 as float32.
    state = 0xCBF29CE484222325
    for word in (1, 0x4000000000000000, 0x40400000):
        state = ((state ^ word) * 0x100000001B3) % 2 ** 64
    assert capture.row_hash(np.array([1]), np.array([2.0]), np.float32([[3]])) == state

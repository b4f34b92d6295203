# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
import numpy as np
from apus_models import labels

MS = 1_000_000


def test_a_label_is_the_return_to_the_first_mid_at_or_after_the_horizon():
    times = np.array([0, 100, 499, 500, 650, 1100]) * MS
    mids = np.array([100.0, 101.0, 99.0, 102.0, 103.0, 104.0])
    found, known_at = labels.point_to_point(times, mids, 500 * MS)
    # Of 0: exactly at 500. Of 100: 600 falls between, so 650. Of 499, 500: 1100. The rest: none.
    expected = [102 / 100, 103 / 101, 104 / 99, 104 / 102]
    assert np.allclose(found[:4], (np.array(expected) - 1) * 1e4, rtol=0, atol=1e-9)
    assert list(known_at) == [500 * MS, 650 * MS, 1100 * MS, 1100 * MS, 0, 0]
    assert np.isnan(found[4:]).all()


def test_a_mid_that_comes_too_late_gives_no_label():
    horizon = 100 * MS
    times = np.array([0, 1100, 2201 + 1]) * MS
    found, _ = labels.point_to_point(times, np.array([1.0, 2.0, 3.0]), horizon)
    assert np.isfinite(found[0]), "a second late is the limit"
    assert np.isnan(found[1]), "a second and 2 ms late is too late"
    # From a horizon of a second on, the limit is the horizon itself.
    times = np.array([0, 4000, 8001]) * MS
    found, _ = labels.point_to_point(times, np.array([1.0, 2.0, 3.0]), 2000 * MS)
    assert np.isfinite(found[0]) and np.isnan(found[1])


def test_an_unknown_mid_is_neither_start_nor_end_of_a_return():
    times = np.array([0, 100, 200]) * MS
    found, known_at = labels.point_to_point(times, np.array([10.0, np.nan, 11.0]), 100 * MS)
    assert known_at[0] == 200 * MS and np.isclose(found[0], 1000)
    assert np.isnan(found[1])


def test_a_delay_misses_the_move_up_to_the_mid_in_force():
    times = np.array([0, 10, 30]) * MS
    moves = labels.delayed_moves(times, np.array([100.0, 101.0, 102.0]), 20 * MS)
    assert np.allclose(moves, [100, 0 + (102 / 101 - 1) * 1e4, 0])
    assert np.all(labels.delayed_moves(times, np.array([1.0, 2.0, 3.0]), 0) == 0)


def test_the_last_complete_return_is_one_that_was_known():
    times = np.array([0, 100, 200, 300]) * MS
    found, known_at = labels.point_to_point(times, np.array([1.0, 2.0, 1.0, 4.0]), 200 * MS)
    before = labels.last_complete(found, known_at, times)
    assert np.isnan(before[:2]).all()
    assert before[2] == found[0] and before[3] == found[1]

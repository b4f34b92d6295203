# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from apus_models import metrics
from conftest import SECOND_NS


def test_r2_is_against_forecasting_zero():
    labels = np.array([1.0, -1.0, 2.0])
    assert metrics.r2(labels, labels) == 1
    assert metrics.r2(labels, np.zeros(3)) == 0
    assert metrics.r2(labels, -labels) == -3
    assert math.isnan(metrics.r2(np.zeros(3), labels))


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    covered = 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        # Ten rows a block move together: the rows are worth a tenth of their number.
        signal = np.repeat(generator.normal(size=200), 10)
        noise = np.repeat(generator.normal(size=200), 10)
        times = np.arange(2000) * SECOND_NS // 10
        low, high = metrics.BlockBootstrap(times, SECOND_NS, 200, seed).r2(signal + noise, signal)
        covered += low <= 0.5 <= high
    assert 88 <= covered <= 100


def test_blocks_keep_neighbours_together():
    generator = np.random.default_rng(1)
    values = np.repeat(generator.normal(size=100), 10)
    times = np.arange(1000) * SECOND_NS // 10
    def width(block_ns: int) -> float:
        low, high = metrics.BlockBootstrap(times, block_ns, 500, 1).mean(values)
        return high - low
    assert width(SECOND_NS) > 2 * width(SECOND_NS // 10)


def test_a_gain_is_taken_in_the_same_draws():
    generator = np.random.default_rng(2)
    labels = generator.normal(size=1000)
    scores = labels * 0.5
    bootstrap = metrics.BlockBootstrap(np.arange(1000) * SECOND_NS, SECOND_NS, 200, 1)
    assert bootstrap.gain(labels, scores, scores) == [0, 0]


def test_signs_are_judged_given_a_move():
    labels = np.array([1.0, 1.0, -1.0, 0.0, -1.0])
    scores = np.array([0.5, -0.5, -0.5, 0.9, -0.1])
    chances = np.array([0.8, 0.2, 0.2, 0.9, 0.4])
    made = metrics.signs(labels, scores, chances)
    assert made["accuracy_given_move"] == 0.75
    assert np.isclose(made["mcc"], (1 * 2 - 0 * 1) / math.sqrt(1 * 2 * 2 * 3))
    assert np.isclose(made["brier"], (0.2 ** 2 + 0.8 ** 2 + 0.2 ** 2 + 0.4 ** 2) / 4)
    assert made["brier_base"] == 0.25
    assert sum(one["rows"] for one in made["reliability"]) == 4


def test_deciles_grow_with_the_score_and_hold_all_rows():
    scores = np.random.default_rng(3).normal(size=103)
    made = metrics.deciles(2 * scores, scores)
    assert sum(one["rows"] for one in made) == 103
    said = [one["score_bps"] for one in made]
    assert said == sorted(said)
    assert np.allclose([one["label_bps"] for one in made], np.array(said) * 2)


def test_a_delay_takes_what_moved_in_it():
    scores = np.linspace(-1, 1, 100)
    labels = np.sign(scores) * 1.0
    made = metrics.edge_after_delays(labels, scores, {0: np.zeros(100), 50: labels * 0.25})
    assert made == [{"delay_ms": 0, "edge_bps": 1.0}, {"delay_ms": 50, "edge_bps": 0.75}]


def test_costs_are_those_of_a_round_trip():
    scores = np.linspace(-1, 1, 100)
    made = metrics.costs(
        np.sign(scores), scores, np.full(100, 0.25), taker=5.0, maker=2.0, rebate=0.5)
    assert made["gross_bps"] == 1 and made["rows"] == 20
    assert made["net_taker_bps"] == 1 - 0.25 - 10
    assert made["net_maker_bps"] == 1 - 4
    assert made["net_rebate_bps"] == 1 + 1
    assert made["break_even_taker_fee_bps"] == pytest.approx(0.375)
    assert made["break_even_maker_fee_bps"] == 0.5

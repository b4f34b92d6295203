# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
import numpy as np
from apus_models.mirror import Mirror
from apus_models.normaliser import Normaliser


def test_mean_and_inverse_of_the_population_sigma_are_float32():
    values = np.array([[1, 10], [2, 10], [3, 10], [6, 10]], dtype=np.float32)
    made = Normaliser.fit(values, 5.0)
    assert made.mean.dtype == made.inverse_sigma.dtype == np.float32
    assert list(made.mean) == [3, 10]
    assert made.inverse_sigma[0] == np.float32(1 / np.sqrt(3.5))


def test_what_does_not_vary_beyond_the_rounding_of_its_float_gets_0():
    base = np.float32(1000)
    values = np.stack([
        np.full(100, base), base + np.float32(1e-4) * (np.arange(100) % 2),
        base + (np.arange(100) % 2), np.zeros(100)], axis=1).astype(np.float32)
    made = Normaliser.fit(values, 5.0)
    assert list(made.inverse_sigma > 0) == [False, False, True, False]
    assert made.apply(values)[:, [0, 1, 3]].any() == np.False_


def test_inputs_are_clipped_float32_sigmas():
    made = Normaliser(np.float32([1]), np.float32([2]), 5.0)
    inputs = made.apply(np.float32([[1], [2], [100], [-100]]))
    assert inputs.dtype == np.float32
    assert inputs.ravel().tolist() == [0, 2, 5, -5]


def test_a_symmetric_fit_takes_directional_means_as_0():
    values = np.float32([[1, 1], [3, 3]])
    made = Normaliser.fit(values, 5.0, np.array([True, False]))
    assert list(made.mean) == [0, 2]
    assert np.isclose(made.inverse_sigma[0], 1 / np.sqrt(5))


def test_a_mirrored_market_changes_signs_and_sides():
    mirror = Mirror.of(
        ("imbalance_l1", "depth_slope_bid", "depth_slope_ask"), np.array([True, False, False]))
    image = mirror.apply(np.float32([[1, 2, 3]]))
    assert image.tolist() == [[-1, 3, 2]]
    assert mirror.apply(image).tolist() == [[1, 2, 3]]

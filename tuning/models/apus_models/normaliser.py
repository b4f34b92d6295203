# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Brings features to one scale, by the core's rule and in its float32 operations."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Normaliser:
    """input = clip((value - mean) * inverse_sigma, -clip, clip); arrays are float32 [features]."""

    mean: np.ndarray
    inverse_sigma: np.ndarray
    clip: float

    @classmethod
    def fit(
        cls, values: np.ndarray, clip: float, zero_mean: np.ndarray | None = None
    ) -> Normaliser:
        """Mean and 1/sigma, population sigma in double precision, of `values` [rows, features],
        which must be training rows alone. 1/sigma is 0 for what does not vary beyond the
        rounding of its own float. `clip` is in sigmas. Where `zero_mean` [features], the mean is
        taken as 0: a mirrored market has the opposite one."""
        wide = values.astype(np.float64)
        mean = wide.mean(axis=0)
        if zero_mean is not None:
            mean = np.where(zero_mean, 0.0, mean)
        sigma = np.sqrt(((wide - mean) ** 2).mean(axis=0))
        with np.errstate(divide="ignore", over="ignore"):
            inverse = (1 / sigma).astype(np.float32)
        varies = (sigma > np.abs(mean) * 1e-6) & np.isfinite(inverse)
        return cls(
            mean.astype(np.float32), np.where(varies, inverse, np.float32(0)), clip)

    def only(self, used: np.ndarray) -> Normaliser:
        """The same with the features that are not `used` [features] always 0."""
        return replace(
            self, inverse_sigma=np.where(used, self.inverse_sigma, np.float32(0)))

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Inputs of a model, float32, of the shape of `values`."""
        scaled = (values - self.mean) * self.inverse_sigma
        return np.clip(scaled, np.float32(-self.clip), np.float32(self.clip))

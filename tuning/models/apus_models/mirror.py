# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""The mirrored market: bids and asks change places. Directional features and the label change
sign, features of one side go to the other, the rest stays. Learning from both keeps the drift of a
short training span from being learnt as a forecast; the core's own ridge does the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Mirror:
    """mirrored[i] = sign[i] * value[partner[i]], of features of mean 0 where the sign is -1."""

    sign: np.ndarray
    partner: np.ndarray

    @classmethod
    def of(cls, names: tuple[str, ...], directional: np.ndarray) -> Mirror:
        """`directional` tells which features change sign; a name with bid has its partner where
        ask stands instead."""
        places = {name: place for place, name in enumerate(names)}
        partner = []
        for place, name in enumerate(names):
            words = ["ask" if word == "bid" else "bid" if word == "ask" else word
                     for word in name.split("_")]
            partner.append(places.get("_".join(words), place))
        return cls(
            np.where(directional, -1, 1).astype(np.float32), np.array(partner, dtype=np.int64))

    def apply(self, inputs: np.ndarray) -> np.ndarray:
        """`inputs` [..., features] of the mirrored market."""
        return inputs[..., self.partner] * self.sign

# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Trained models. `score` gives float32 bps for rows of normalised inputs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from .dataset import windows
from .networks import Recurrent, Transformer, parameter_count
from .shapes import NetworkShape


class Model(Protocol):
    """What exporting and judging need. `kind` is the exchange format's, `candidates` the number
    of variants tried to get it."""

    kind: str
    steps: int
    output_scale: float
    candidates: int
    parameters: int

    def score(self, inputs: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Scores (bps, float32) of the windows of `inputs` [rows, features] that end at `ends`."""

    def digest(self) -> str:
        """SHA-256 of what was learnt."""


def tensor_digest(tensors: dict[str, np.ndarray]) -> str:
    """SHA-256 over names, shapes and bytes, by name."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].shape}".encode())
        digest.update(np.ascontiguousarray(tensors[name]).tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class LinearModel:
    """weight . input + bias, bps."""

    tensors: dict[str, np.ndarray]
    candidates: int
    penalty: float
    kind: str = "linear"
    steps: int = 1
    output_scale: float = 1.0

    @property
    def parameters(self) -> int:
        return sum(tensor.size for tensor in self.tensors.values())

    def score(self, inputs: np.ndarray, ends: np.ndarray) -> np.ndarray:
        return inputs[ends] @ self.tensors["weight"] + self.tensors["bias"]

    def digest(self) -> str:
        return tensor_digest(self.tensors)


@dataclass(frozen=True)
class NetworkModel:
    """score = network(window) * output_scale."""

    network: Recurrent | Transformer
    shape: NetworkShape
    output_scale: float
    history: list[dict]
    device: torch.device
    candidates: int = 1
    kind: str = "network"

    BATCH = 1024

    @property
    def steps(self) -> int:
        return self.shape.steps

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        return {
            name: tensor.detach().cpu().numpy().astype(np.float32)
            for name, tensor in self.network.tensors().items()}

    @property
    def parameters(self) -> int:
        return parameter_count(list(self.network.parameters()))

    def score(self, inputs: np.ndarray, ends: np.ndarray) -> np.ndarray:
        self.network.eval()
        made = np.empty(len(ends), dtype=np.float32)
        with torch.no_grad():
            for start in range(0, len(ends), self.BATCH):
                batch = windows(inputs, ends[start:start + self.BATCH], self.steps)
                raw = self.network(torch.from_numpy(batch).to(self.device))
                made[start:start + len(batch)] = raw.cpu().numpy()
        return made * np.float32(self.output_scale)

    def digest(self) -> str:
        return tensor_digest(self.tensors)

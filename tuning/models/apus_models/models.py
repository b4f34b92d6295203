# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Trained models. Of each, `score` gives the float32 scores in bps of the windows of `inputs`
[rows, features], normalised, that end at `ends`; `digest` is the SHA-256 of what was learnt;
`kind` is the exchange format's; `candidates` is how many variants were fitted to get it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from .dataset import windows
from .networks import Recurrent, Transformer, parameter_count
from .shapes import NetworkShape


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


@dataclass(frozen=True)
class TreeModel:
    """A booster whose sum of leaves is the score in bps; `text` is the library's own format."""

    kind: str
    text: str
    booster: Any
    parameters: int
    candidates: int = 1
    steps: int = 1
    output_scale: float = 1.0

    @property
    def file(self) -> str:
        return "trees.txt" if self.kind == "lightgbm" else "trees.json"

    def score(self, inputs: np.ndarray, ends: np.ndarray) -> np.ndarray:
        if self.kind == "lightgbm":
            return self.booster.predict(inputs[ends]).astype(np.float32)
        return self.booster.inplace_predict(inputs[ends]).astype(np.float32)

    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


Model = LinearModel | NetworkModel | TreeModel

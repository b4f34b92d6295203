# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Trains a network: Adam, dropout, clipped gradients, early stopping on the validation tail, and a
checkpoint after every epoch, from which the rest comes out the same."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from . import networks
from .folds import FoldData, thinned
from .models import NetworkModel
from .settings import NetworkTraining, derived_seed
from .shapes import NetworkShape


def prepare(threads: int) -> torch.device:
    """Deterministic algorithms only; the device that trains: a GPU where there is one."""
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


class NetworkFit:
    """One network on one fold.

    `key` names everything that decides the result; a checkpoint of another key is not used. The
    random numbers of an epoch come from the seed and its number alone."""

    def __init__(
        self, data: FoldData, shape: NetworkShape, settings: NetworkTraining, *, seed: int,
        device: torch.device, key: dict, checkpoint: Path | None = None,
        on_epoch: Callable[[int, dict], None] = lambda epoch, entry: None
    ) -> None:
        self.data, self.shape, self.settings = data, shape, settings
        self.seed, self.device, self.on_epoch = seed, device, on_epoch
        self.key = json.dumps(key, sort_keys=True)
        self.checkpoint = checkpoint
        torch.manual_seed(derived_seed(seed, "weights"))
        self.network = networks.build(data.inputs.shape[1], shape, settings.dropout).to(device)
        self.optimiser = torch.optim.Adam(
            self.network.parameters(), lr=settings.learning_rate,
            weight_decay=settings.weight_decay)
        self.inputs = torch.from_numpy(data.inputs).to(device)
        self.offsets = torch.arange(1 - shape.steps, 1, device=device)
        self.scale = float(data.labels[data.fold.fit].std())
        self.targets = torch.from_numpy((data.labels / self.scale).astype(np.float32)).to(device)
        self.ends = torch.from_numpy(data.ends).to(device)
        if data.mirror is not None:
            self.partner = torch.from_numpy(data.mirror.partner).to(device)
            self.sign = torch.from_numpy(data.mirror.sign).to(device)
        self.best: dict[str, torch.Tensor] = {}
        self.history: list[dict] = []

    def run(self, resume: bool) -> NetworkModel:
        """Trains to the end, or from the last epoch's checkpoint on."""
        if resume:
            self._restore()
        while not self._is_done():
            epoch = len(self.history)
            entry = {"train_mse": self._epoch(epoch), "validation_mse": self._validate()}
            if not self.history or entry["validation_mse"] < self._least():
                self.best = copy.deepcopy(self.network.state_dict())
            self.history.append(entry)
            self._save()
            self.on_epoch(epoch, entry)
        self.network.load_state_dict(self.best)
        self.network.eval()
        return NetworkModel(self.network, self.shape, self.scale, self.history, self.device)

    def _least(self) -> float:
        return min(entry["validation_mse"] for entry in self.history)

    def _is_done(self) -> bool:
        errors = [entry["validation_mse"] for entry in self.history]
        if len(errors) >= self.settings.epochs:
            return True
        return bool(errors) and len(errors) - 1 - int(np.argmin(errors)) >= self.settings.patience

    def _batch(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.inputs[self.ends[rows][:, None] + self.offsets], self.targets[rows]

    def _mirrored(
        self, inputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """A batch of which, in a symmetric fit, a random half is of the mirrored market."""
        if self.data.mirror is None:
            return inputs, targets
        flipped = torch.rand(len(targets)).to(self.device) < 0.5
        image = inputs[..., self.partner] * self.sign
        return (torch.where(flipped[:, None, None], image, inputs),
                torch.where(flipped, -targets, targets))

    def _epoch(self, epoch: int) -> float:
        """One pass over every k-th fit row, beginning one row later than the pass before; the
        mean squared error, in units of the labels' variance."""
        torch.manual_seed(derived_seed(self.seed, "epoch", epoch))
        fit = self.data.fold.fit
        stride = -(-len(fit) // self.settings.rows_per_epoch)
        rows = torch.from_numpy(fit[epoch % stride::stride])
        rows = rows[torch.randperm(len(rows))].to(self.device)
        self.network.train()
        total = 0.0
        for batch in rows.split(self.settings.batch):
            inputs, targets = self._mirrored(*self._batch(batch))
            self.optimiser.zero_grad(set_to_none=True)
            loss = torch.nn.functional.mse_loss(self.network(inputs), targets)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(
                self.network.parameters(), self.settings.gradient_norm_max)
            self.optimiser.step()
            total += float(loss.detach()) * len(batch)
        return total / len(rows)

    def _validate(self) -> float:
        rows = torch.from_numpy(
            thinned(self.data.fold.validation, self.settings.validation_rows)).to(self.device)
        self.network.eval()
        total = 0.0
        with torch.no_grad():
            for batch in rows.split(NetworkModel.BATCH):
                inputs, targets = self._batch(batch)
                total += float(((self.network(inputs) - targets) ** 2).sum())
        return total / len(rows)

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        partial = self.checkpoint.with_suffix(".partial")
        torch.save({
            "key": self.key, "network": self.network.state_dict(), "best": self.best,
            "optimiser": self.optimiser.state_dict(), "history": self.history}, partial)
        partial.rename(self.checkpoint)

    def _restore(self) -> None:
        if self.checkpoint is None or not self.checkpoint.is_file():
            return
        saved = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        if saved["key"] != self.key:
            return
        self.network.load_state_dict(saved["network"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.best, self.history = saved["best"], saved["history"]

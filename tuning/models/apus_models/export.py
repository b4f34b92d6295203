# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Writes what `apus model convert` reads: model.json, tensors or trees, evaluation rows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from .dataset import Dataset, windows
from .errors import TrainingError
from .folds import FoldData, thinned
from .models import Model, NetworkModel, TreeModel


@dataclass(frozen=True)
class Judgement:
    """Scores (bps) of the exported model, on the rows it was fitted on and on validation rows,
    and the labels (bps) of the former."""

    fit_scores: np.ndarray
    fit_labels: np.ndarray
    validation_scores: np.ndarray

    @property
    def residual_sigma_bps(self) -> float:
        """Root mean square of the residuals on training data."""
        return float(np.sqrt(np.mean((self.fit_labels - self.fit_scores) ** 2)))


def growing(edges: np.ndarray) -> list[float]:
    """`edges` as float32, equal ones moved up by the least that keeps them apart."""
    made = edges.astype(np.float32)
    for place in range(1, len(made)):
        if made[place] <= made[place - 1]:
            made[place] = np.nextafter(made[place - 1], np.float32(np.inf))
    return [float(edge) for edge in made]


def description(
    name: str, model: Model, dataset: Dataset, data: FoldData, judgement: Judgement,
    horizon_ns: int, metadata: dict
) -> dict:
    """The object of model.json."""
    if not re.fullmatch("[a-z0-9-]{1,32}", name):
        raise TrainingError(f"{name}: a model's name is 1...32 of a-z, 0-9 and -")
    low, high = np.percentile(judgement.fit_scores, [10, 90])
    normaliser = data.normaliser
    tree = {
        "format": "apus-model", "version": 1, "name": name, "kind": model.kind,
        "schema_hash": dataset.schema.hash,
        "features": [{"name": feature, "unit": unit} for feature, unit
                     in zip(dataset.schema.names, dataset.schema.units)],
        "normaliser": {
            "mean": [float(one) for one in normaliser.mean],
            "inverse_sigma": [float(one) for one in normaliser.inverse_sigma],
            "clip": normaliser.clip},
        "steps": model.steps, "output": "return_bps", "output_scale": model.output_scale,
        "output_offset": 0.0, "move_bps": 0.0, "horizon_ns": horizon_ns,
        "residual_sigma_bps": judgement.residual_sigma_bps,
        "thresholds": {"buy_above_bps": float(high), "sell_below_bps": float(low),
                       "minimum_confidence": 0.0},
        "score_deciles": growing(
            np.percentile(judgement.validation_scores, np.arange(10, 100, 10))),
        "metadata": metadata}
    if isinstance(model, NetworkModel):
        tree |= {"serving_mode": "window", "network": model.shape.describe()}
    if isinstance(model, TreeModel):
        tree["trees"] = {"file": model.file}
    return tree


def write(
    folder: Path, tree: dict, model: Model, dataset: Dataset, data: FoldData,
    test_rows: np.ndarray, count: int
) -> None:
    """Writes the folder. `test_rows` index `data.ends` and are out of sample; at most `count` of
    them, at even distances, become the evaluation rows."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = thinned(test_rows, count)
    ends = data.ends[rows]
    _save(folder / "evaluation.safetensors", {
        "windows": windows(dataset.values, ends, model.steps),
        "targets": data.labels[rows].astype(np.float32),
        "outputs": model.score(data.inputs, ends).astype(np.float32)})
    if isinstance(model, TreeModel):
        (folder / model.file).write_text(model.text)
    else:
        _save(folder / "model.safetensors", model.tensors)
    text = json.dumps(tree, indent=1, allow_nan=False)
    (folder / "model.json").write_text(text + "\n")


def _save(file: Path, tensors: dict[str, np.ndarray]) -> None:
    file.write_bytes(save({
        name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}))

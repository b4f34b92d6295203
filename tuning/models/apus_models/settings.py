# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Hyperparameters: presets, a configuration file over them, and seeds derived from one."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

import yaml

from .errors import TrainingError
from .shapes import SHAPES, NetworkShape


@dataclass(frozen=True)
class NetworkTraining:
    """Of every network. Sizes are rows (windows); `learning_rate`, `weight_decay` are Adam's."""

    epochs: int = 30
    patience: int = 5
    batch: int = 256
    learning_rate: float = 0.001
    weight_decay: float = 0.01
    dropout: float = 0.2
    gradient_norm_max: float = 1.0
    rows_per_epoch: int = 200_000
    validation_rows: int = 20_000


@dataclass(frozen=True)
class TreeTraining:
    """Of LightGBM and XGBoost; rounds stop early on the validation tail."""

    rounds: int = 1000
    patience: int = 50
    learning_rate: float = 0.03
    leaves: int = 7
    rows_per_leaf: int = 1000
    feature_share: float = 0.7
    row_share: float = 0.7
    penalty: float = 1.0


@dataclass(frozen=True)
class Settings:
    """Everything beside captures and features that decides what is trained.

    Times are nanoseconds. `models` names what is trained; `shapes` what networks there are, by
    name; `symmetric` has models learn from the mirrored market too, `directional_only` from
    features alone that change sign in it; `penalties` of the ridge are for features of variance
    1 and errors averaged over rows."""

    models: tuple[str, ...] = ("ridge", "lstm-attention", "lightgbm")
    horizon_ns: int = 500_000_000
    report_horizons_ns: tuple[int, ...] = (
        100_000_000, 500_000_000, 1_000_000_000, 5_000_000_000, 10_000_000_000)
    delays_ms: tuple[int, ...] = (0, 5, 20, 50, 100)
    folds: int = 5
    test_share: float = 0.4
    validation_share: float = 0.2
    embargo_ns: int = 10_000_000_000
    gap_max_ns: int = 10_000_000_000
    rows_min: int = 200
    test_rows: int = 100_000
    bootstrap_draws: int = 1000
    bootstrap_block_ns: int = 5_000_000_000
    evaluation_windows: int = 1000
    clip: float = 5.0
    symmetric: bool = True
    directional_only: bool = True
    seed: int = 1
    taker_fee_bps: float = 5.0
    maker_fee_bps: float = 2.0
    maker_rebate_bps: float = 0.5
    penalties: tuple[float, ...] = (0.0001, 0.001, 0.01, 0.1, 1.0)
    network: NetworkTraining = field(default_factory=NetworkTraining)
    trees: TreeTraining = field(default_factory=TreeTraining)
    shapes: dict[str, NetworkShape] = field(default_factory=lambda: dict(SHAPES))

    TREES = ("lightgbm", "xgboost")

    def check(self) -> None:
        """Raises `TrainingError` for what cannot be trained."""
        known = ("ridge", *self.TREES, *self.shapes)
        for name in self.models:
            if name not in known:
                raise TrainingError(f"unknown model {name}; there are {', '.join(known)}")
        if len(set(self.models)) != len(self.models):
            raise TrainingError("a model is named twice")
        if not 32 <= self.evaluation_windows <= 4000:
            raise TrainingError("evaluation_windows: 32...4000 are possible")
        if not 1_000_000 <= self.horizon_ns <= 86_400_000_000_000 or self.horizon_ns % 1_000_000:
            raise TrainingError("the horizon is whole milliseconds, 1 ms...1 d")
        if not 0 < self.clip <= 100:
            raise TrainingError("the clip lies in 0...100 sigmas")
        if self.embargo_ns < 0 or self.gap_max_ns <= 0:
            raise TrainingError("embargo and greatest gap are not negative")

    def steps(self, model: str) -> int:
        """The window of a model."""
        return self.shapes[model].steps if model in self.shapes else 1

    @property
    def steps_max(self) -> int:
        """The longest window: what all models are fitted and judged on has at least it."""
        return max(self.steps(model) for model in self.models)

    def fingerprint(self, model: str) -> dict:
        """What decides the weights of `model`, for the trial registry and checkpoints."""
        tree = {key: value for key, value in asdict(self).items()
                if key not in ("models", "shapes", "network", "trees")}
        if model in self.shapes:
            own = {"network": asdict(self.network), "shape": asdict(self.shapes[model])}
        else:
            own = {"trees": asdict(self.trees)} if model in self.TREES else {}
        return {**tree, **own, "model": model, "steps_max": self.steps_max}


PRESETS = {
    "small": Settings(
        models=("ridge", "lstm-attention", "lightgbm", "lstm-4x50"), folds=2, test_rows=10_000,
        network=NetworkTraining(
            epochs=10, patience=4, rows_per_epoch=8_000, validation_rows=4_000)),
    "full": Settings(
        models=("ridge", "lstm-attention", "lightgbm", "lstm-4x50", "lstm-1x16", "gru",
                "transformer")),
}


def load(preset: str, file: Path | None) -> Settings:
    """A preset with the keys of a YAML or JSON file over it; nested mappings are merged."""
    settings = PRESETS[preset]
    if file is None:
        return settings
    try:
        tree = yaml.safe_load(file.read_text()) or {}
    except (OSError, yaml.YAMLError) as error:
        raise TrainingError(f"{file}: {error}") from error
    if not isinstance(tree, dict):
        raise TrainingError(f"{file}: a mapping of keys to values is needed")
    try:
        return _merged(settings, tree)
    except (TypeError, ValueError, TrainingError) as error:
        raise TrainingError(f"{file}: {error}") from error


def _merged(settings, tree: dict):
    """`settings` with the values of `tree`, each of the type it replaces."""
    known = {one.name for one in fields(settings)}
    changed = {}
    for key, value in tree.items():
        if key not in known:
            raise TrainingError(f"unknown key {key}; there are {', '.join(sorted(known))}")
        before = getattr(settings, key)
        if key == "shapes":
            parsed = {name: NetworkShape.parse(shape) for name, shape in value.items()}
            changed[key] = {**before, **parsed}
        elif isinstance(before, (NetworkTraining, TreeTraining)):
            changed[key] = _merged(before, value)
        elif isinstance(before, tuple):
            changed[key] = tuple(type(before[0])(one) for one in value)
        else:
            changed[key] = type(before)(value)
    return replace(settings, **changed)


def derived_seed(*parts: object) -> int:
    """A seed of 31 bits for one purpose, the same in every process."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big") >> 1

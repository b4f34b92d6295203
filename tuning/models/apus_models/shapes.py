# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Shapes of networks, within what the exchange format allows."""

from __future__ import annotations

from dataclasses import dataclass, fields

from .errors import TrainingError


@dataclass(frozen=True)
class NetworkShape:
    """`steps` vectors a window. Recurrent: `units` of each layer, `attention_units` 0 for the last
    state. Transformer: `blocks` of `width`, `heads` and `feedforward`."""

    kind: str
    steps: int
    units: tuple[int, ...] = ()
    attention_units: int = 0
    blocks: int = 0
    width: int = 0
    heads: int = 1
    feedforward: int = 0

    @classmethod
    def parse(cls, tree: dict) -> NetworkShape:
        """From a configuration file's mapping."""
        known = {field.name for field in fields(cls)}
        if unknown := set(tree) - known:
            raise TrainingError(f"unknown key of a network: {', '.join(sorted(unknown))}")
        if not {"kind", "steps"} <= set(tree):
            raise TrainingError("a network needs kind and steps")
        shape = cls(**{**tree, "units": tuple(tree.get("units", ()))})
        shape.check()
        return shape

    def check(self) -> None:
        """Raises `TrainingError` for what the core cannot serve."""
        if not 1 <= self.steps <= 1000:
            raise TrainingError(f"{self.steps} steps; 1...1000 are possible")
        if self.kind in ("lstm", "gru"):
            good = 1 <= len(self.units) <= 8 and all(1 <= units <= 512 for units in self.units)
            if not good or not 0 <= self.attention_units <= 512:
                raise TrainingError(
                    f"units {list(self.units)}, attention {self.attention_units}: 1...8 layers of "
                    "1...512 units and 0...512 attention units are possible")
        elif self.kind == "transformer":
            if not 1 <= self.blocks <= 4 or min(self.width, self.heads, self.feedforward) < 1 \
                    or self.width % self.heads != 0:
                raise TrainingError(
                    "a transformer needs 1...4 blocks, a width its heads divide, and feedforward")
        else:
            raise TrainingError(f"unknown kind of network: {self.kind}")

    def describe(self) -> dict:
        """`network` of the exchange format."""
        if self.kind == "transformer":
            block = {"kind": "transformer", "width": self.width, "heads": self.heads,
                     "feedforward": self.feedforward}
            return {"layers": [block] * self.blocks, "pooling": "last"}
        layers = [{"kind": self.kind, "units": units} for units in self.units]
        if self.attention_units:
            return {"layers": layers, "pooling": "attention",
                    "attention_units": self.attention_units}
        return {"layers": layers, "pooling": "last"}


SHAPES = {
    "lstm-attention": NetworkShape("lstm", 50, (32,), attention_units=32),
    "lstm-4x50": NetworkShape("lstm", 60, (50, 50, 50, 50)),
    "lstm-1x16": NetworkShape("lstm", 10, (16,)),
    "lstm-a": NetworkShape("lstm", 50, (100, 100)),
    "gru": NetworkShape("gru", 50, (32,)),
    "transformer": NetworkShape(
        "transformer", 50, blocks=2, width=32, heads=4, feedforward=64),
}

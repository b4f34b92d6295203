# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""How good scores are on rows the model has not seen. Scores and labels are bps [rows]."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr
from sklearn.metrics import matthews_corrcoef


def r2(labels: np.ndarray, scores: np.ndarray) -> float:
    """1 - sum (y - f)^2 / sum y^2: against forecasting zero."""
    squares = float(np.sum(labels ** 2))
    return 1 - float(np.sum((labels - scores) ** 2)) / squares if squares > 0 else math.nan


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's; not a number when one does not vary."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


class BlockBootstrap:
    """Draws blocks of time with replacement, so that neighbouring rows stay together.

    All instruments' rows of a time are in one block: they move together."""

    def __init__(self, times: np.ndarray, block_ns: int, draws: int, seed: int) -> None:
        _, self.blocks = np.unique(times // block_ns, return_inverse=True)
        self.count = int(self.blocks.max()) + 1
        self.weights = np.random.default_rng(seed).multinomial(
            self.count, np.full(self.count, 1 / self.count), size=draws)

    def _sums(self, values: np.ndarray) -> np.ndarray:
        """Sum of `values` in every draw."""
        return self.weights @ np.bincount(self.blocks, weights=values, minlength=self.count)

    def _r2(self, labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
        return 1 - self._sums((labels - scores) ** 2) / self._sums(labels ** 2)

    @staticmethod
    def _interval(draws: np.ndarray) -> list[float]:
        return [float(edge) for edge in np.nanpercentile(draws, [2.5, 97.5])]

    def r2(
        self, labels: np.ndarray, scores: np.ndarray, mask: np.ndarray | None = None
    ) -> list[float]:
        """95 % interval of R2, of the rows of `mask`. Draws without any of them tell nothing."""
        if mask is None:
            return self._interval(self._r2(labels, scores))
        with np.errstate(invalid="ignore", divide="ignore"):
            return self._interval(self._r2(np.where(mask, labels, 0), np.where(mask, scores, 0)))

    def gain(self, labels: np.ndarray, scores: np.ndarray, base: np.ndarray) -> list[float]:
        """95 % interval of the R2 of `scores` minus that of `base`, in the same draws."""
        return self._interval(self._r2(labels, scores) - self._r2(labels, base))

    def mean(self, values: np.ndarray) -> list[float]:
        """95 % interval of a mean."""
        return self._interval(self._sums(values) / self._sums(np.ones(len(values))))


def up_probability(scores: np.ndarray, residual_sigmas: np.ndarray) -> np.ndarray:
    """Probability of an upward move that a score means: residuals are taken as normal."""
    return ndtr(scores / residual_sigmas)


def signs(labels: np.ndarray, scores: np.ndarray, probabilities: np.ndarray) -> dict:
    """Accuracy, Matthews correlation, Brier score and reliability, given a move.

    `brier_base` is that of always saying the share of upward moves."""
    moved = (labels != 0) & (scores != 0)
    if not moved.any():
        return {"accuracy_given_move": math.nan, "mcc": math.nan, "brier": math.nan,
                "brier_base": math.nan, "reliability": []}
    up, said, chance = labels[moved] > 0, scores[moved] > 0, probabilities[moved]
    bins = np.minimum((chance * 10).astype(int), 9)
    reliability = [
        {"said": float(chance[bins == one].mean()), "seen": float(up[bins == one].mean()),
         "rows": int((bins == one).sum())}
        for one in range(10) if (bins == one).any()]
    return {
        "accuracy_given_move": float((up == said).mean()),
        "mcc": float(matthews_corrcoef(up, said)),
        "brier": float(np.mean((chance - up) ** 2)),
        "brier_base": float(up.mean() * (1 - up.mean())), "reliability": reliability}


def deciles(labels: np.ndarray, scores: np.ndarray) -> list[dict]:
    """Tenths of the rows by growing score: mean score and mean label, bps."""
    order = np.argsort(scores, kind="stable")
    return [
        {"tenth": place, "rows": len(part), "score_bps": float(scores[part].mean()),
         "label_bps": float(labels[part].mean())}
        for place, part in enumerate(np.array_split(order, 10), 1)]


def extremes(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows of the lowest and highest tenth, and the side a score takes there, -1 or 1."""
    parts = np.array_split(np.argsort(scores, kind="stable"), 10)
    rows = np.concatenate([parts[0], parts[-1]])
    return rows, np.concatenate([np.full(len(parts[0]), -1.0), np.full(len(parts[-1]), 1.0)])


def edge_after_delays(
    labels: np.ndarray, scores: np.ndarray, moves: dict[int, np.ndarray]
) -> list[dict]:
    """What the extreme tenths earn at the mid (bps) when the order arrives so many ms late and
    the position is closed at the horizon; `moves` are the returns in the delay (bps)."""
    rows, sides = extremes(scores)
    made = []
    for delay_ms, move in moves.items():
        known = np.isfinite(move[rows])
        edge = (labels[rows] - move[rows])[known] * sides[known]
        made.append({"delay_ms": delay_ms, "edge_bps": float(edge.mean())})
    return made


def costs(
    labels: np.ndarray, scores: np.ndarray, spreads: np.ndarray, *, taker: float, maker: float,
    rebate: float
) -> dict:
    """Net of a round trip in the extreme tenths, bps: fees are those of one side, spreads those
    of the rows. A taker crosses the spread once in all, half on each way; a maker's fills are
    taken at the mid and for granted, which is the most a maker could hope for."""
    rows, sides = extremes(scores)
    gross = float(np.mean(labels[rows] * sides))
    spread = float(np.mean(spreads[rows]))
    return {
        "rows": len(rows), "gross_bps": gross, "spread_bps": spread,
        "net_taker_bps": gross - spread - 2 * taker, "net_maker_bps": gross - 2 * maker,
        "net_rebate_bps": gross + 2 * rebate, "break_even_taker_fee_bps": (gross - spread) / 2,
        "break_even_maker_fee_bps": gross / 2}

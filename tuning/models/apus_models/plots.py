# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Charts of a report as inline SVG."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.fonttype": "none",
    "svg.hashsalt": "apus", "axes.grid": True, "grid.alpha": 0.25})
from matplotlib import pyplot  # noqa: E402


def _svg(draw: Callable[[pyplot.Axes], None], width: float = 5.2, height: float = 3.2) -> str:
    figure, axes = pyplot.subplots(figsize=(width, height), layout="constrained")
    draw(axes)
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    return text.getvalue()[text.getvalue().index("<svg"):]


def gains(models: list[dict]) -> str:
    """R2 with its interval, by model."""
    def draw(axes: pyplot.Axes) -> None:
        names = [model["name"] for model in models][::-1]
        values = [model["r2"] for model in models][::-1]
        edges = [model["r2_interval"] for model in models][::-1]
        axes.errorbar(
            values, range(len(names)), fmt="o",
            xerr=[[value - edge[0] for value, edge in zip(values, edges)],
                  [edge[1] - value for value, edge in zip(values, edges)]], capsize=3)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.axvline(0, color="grey", linewidth=1)
        axes.set_xlabel("R² against forecasting zero, 95 % of block bootstrap")
    return _svg(draw, height=0.9 + 0.35 * len(models))


def deciles(models: list[dict]) -> str:
    """Mean label of each tenth by score."""
    def draw(axes: pyplot.Axes) -> None:
        for model in models:
            axes.plot(range(1, 11), [one["label_bps"] for one in model["deciles"]],
                      marker=".", label=model["name"])
        axes.axhline(0, color="grey", linewidth=1)
        axes.set_xlabel("tenth of the rows by score")
        axes.set_ylabel("mean return, bps")
        axes.legend(frameon=False)
    return _svg(draw)


def reliability(models: list[dict]) -> str:
    """Probability said against share seen, of upward moves given a move."""
    def draw(axes: pyplot.Axes) -> None:
        axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
        for model in models:
            axes.plot([one["said"] for one in model["reliability"]],
                      [one["seen"] for one in model["reliability"]], marker=".",
                      label=model["name"])
        axes.set_xlabel("probability of up said")
        axes.set_ylabel("share of up seen")
        axes.legend(frameon=False)
    return _svg(draw)


def delays(models: list[dict]) -> str:
    """Edge of the extreme tenths against own delay."""
    def draw(axes: pyplot.Axes) -> None:
        for model in models:
            axes.plot([one["delay_ms"] for one in model["delays"]],
                      [one["edge_bps"] for one in model["delays"]], marker=".",
                      label=model["name"])
        axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
        axes.set_xlabel("own delay, ms")
        axes.set_ylabel("edge of the extreme tenths, bps")
        axes.legend(frameon=False)
    return _svg(draw)


def horizons(models: list[dict]) -> str:
    """IC by horizon."""
    def draw(axes: pyplot.Axes) -> None:
        for model in models:
            axes.plot([one["horizon_ns"] / 1e9 for one in model["horizons"]],
                      [one["ic"] for one in model["horizons"]], marker=".", label=model["name"])
        axes.set_xscale("log")
        axes.axhline(0, color="grey", linewidth=1)
        axes.set_xlabel("horizon, s")
        axes.set_ylabel("IC of the score")
        axes.legend(frameon=False)
    return _svg(draw)

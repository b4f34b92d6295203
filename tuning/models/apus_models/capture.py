# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Feature vectors of one capture as the core emitted them, with their mids and warmth.

`apus replay --emit features` prints neither mid nor warmth. Warmth is what the core does with the
vector: a model calls the signal of a cold one invalid. The mid comes from `last_trade`, which is
(last price - mid) / mid, and the trades; prices lie on a grid, so that rounding gives the mid
exactly. Both are proved: the hash over times, mids and values of the warm rows must be that which
`apus model fit-linear` reports for the same capture."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import yaml

from .core import Capture, Core, FeatureSettings, Schema
from .errors import TrainingError


@dataclass(frozen=True)
class CaptureRows:
    """Vectors of one capture in the core's order. `mids` are ticks, `times` nanoseconds;
    `directional` tells which features change sign in a mirrored market."""

    symbols: np.ndarray
    times: np.ndarray
    mids: np.ndarray
    warm: np.ndarray
    values: np.ndarray
    directional: np.ndarray
    core_report: dict


def read_capture(
    core: Core, capture: Capture, settings: FeatureSettings, schema: Schema, horizon_ns: int
) -> CaptureRows:
    """Runs the capture through the core.

    Raises `TrainingError` when it gives no warm vectors or its mids cannot be told exactly."""
    for needed in ("last_trade_minus_mid", "spread_ticks"):
        if needed not in schema.names:
            raise TrainingError(
                f"features.schema lacks {needed}, from which the mid is told; add last_trade and "
                "spread_ticks")
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "reference.model"
        try:
            report = core.fit_linear(capture, settings, horizon_ns, model)
        except TrainingError as error:
            raise TrainingError(f"{capture.name}: {error}") from error
        directional = np.array(core.directional(model, schema.names))
        warm = _warmth(core, capture, settings, model, Path(folder) / "models.yaml")
    symbols, times, values = parse_features(
        core.replay(capture, "features", settings), schema.names)
    if len(warm) != len(times):
        raise TrainingError(f"{capture.name}: {len(times)} vectors, {len(warm)} signals")
    mids = _mids(core.replay(capture, "trades", settings), symbols, times, values, schema)
    found = row_hash(times[warm], mids[warm], values[warm])
    if found != int(report["row_hash"], 16):
        raise TrainingError(
            f"{capture.name}: times, mids and values hash to {found:#x}, the core's to "
            f"{report['row_hash']}: the rows are not what the core computed")
    return CaptureRows(symbols, times, mids, warm, values, directional, report)


def parse_features(text: str, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Symbols, times (ns) and float32 values [rows, features] of the core's rows.

    Texts are the shortest that name a float32, so that reading them gives its bits back."""
    head, _, body = text.partition("\n")
    if tuple(head.split(",")) != ("ts", "symbol", *names):
        raise TrainingError("apus replay: the columns are not those of the declared features")
    labels = [line.split(",", 2)[:2] for line in body.splitlines()]
    values = np.loadtxt(
        StringIO(body), dtype=np.float32, delimiter=",", usecols=range(2, 2 + len(names)), ndmin=2)
    return (
        np.array([label[1] for label in labels]),
        np.array([int(label[0]) for label in labels], dtype=np.int64), values)


def _warmth(
    core: Core, capture: Capture, settings: FeatureSettings, model: Path, config: Path
) -> np.ndarray:
    """Of every vector, whether each feature had its history."""
    tree = yaml.safe_load(settings.config.read_text()) if settings.config else None
    config.write_text(yaml.safe_dump({**(tree or {}), "models": [{"file": str(model)}]}))
    judging = FeatureSettings(config, settings.assignments)
    lines = core.replay(capture, "signals", judging).splitlines()[1:]
    return np.array([not line.endswith(",invalid") for line in lines])


def _mids(
    trades: str, symbols: np.ndarray, times: np.ndarray, values: np.ndarray, schema: Schema
) -> np.ndarray:
    """Mids in ticks; not a number before the first trade of an instrument."""
    rows = [line.split(",") for line in trades.splitlines()[1:]]
    gaps_bps = values[:, schema.names.index("last_trade_minus_mid")].astype(np.float64)
    spreads = np.abs(values[:, schema.names.index("spread_ticks")].astype(np.int64))
    mids = np.full(len(times), np.nan)
    for symbol in np.unique(symbols):
        own = np.flatnonzero(symbols == symbol)
        prices = [row for row in rows if row[1] == symbol]
        if not prices:
            continue
        ticks_per_price = 10 ** len(prices[0][3].partition(".")[2])
        trade_times = np.array([int(row[0]) for row in prices], dtype=np.int64)
        last = np.searchsorted(trade_times, times[own], side="right") - 1
        trade_ticks = np.array([float(row[3]) for row in prices]) * ticks_per_price
        estimate = trade_ticks[np.maximum(last, 0)] / (1 + gaps_bps[own] * 1e-4)
        step = max(int(np.gcd.reduce(spreads[own])), 1)
        mids[own] = np.where(last >= 0, np.round(estimate * 2 / step) * step / 2, np.nan)
    return mids


def row_hash(times: np.ndarray, mids: np.ndarray, values: np.ndarray) -> int:
    """FNV-1a over 64-bit words, as the core's ridge hashes its rows: time, mid, values' bits."""
    words = np.empty((len(times), 2 + values.shape[1]), dtype=np.uint64)
    words[:, 0] = times.astype(np.uint64)
    words[:, 1] = np.ascontiguousarray(mids, dtype=np.float64).view(np.uint64)
    words[:, 2:] = np.ascontiguousarray(values).view(np.uint32)
    state = 0xCBF2_9CE4_8422_2325
    for word in words.ravel().tolist():
        state = ((state ^ word) * 0x100_0000_01B3) & 0xFFFF_FFFF_FFFF_FFFF
    return state

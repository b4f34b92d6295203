# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Feature vectors of one capture as the core emitted them, with their mids and warmth.

`apus replay --emit features` prints neither mid nor warmth. Warmth is what the core does with the
vector: a model calls the signal of a cold one invalid. The mid comes from `last_trade`, which is
(last price - mid) / mid, and the trades; the spread in ticks and in bps tells the tick, on whose
grid rounding gives the mid exactly. Both are proved: the hash over times, mids and values of the
warm rows must be that which `apus model fit-linear` reports for the same capture."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
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
    for needed in ("last_trade_minus_mid", "spread_ticks", "spread_bps"):
        if needed not in schema.names:
            raise TrainingError(
                f"features.schema lacks {needed}, from which the mid is told; add last_trade, "
                "spread_ticks and spread")
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
    mids = recover_mids(core.replay(capture, "trades", settings), symbols, times, values, schema)
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
    judging = replace(settings, config=config)
    lines = core.replay(capture, "signals", judging).splitlines()[1:]
    return np.array([not line.endswith(",invalid") for line in lines])


def recover_mids(
    trades: str, symbols: np.ndarray, times: np.ndarray, values: np.ndarray, schema: Schema
) -> np.ndarray:
    """Mids in ticks; not a number before the first trade of an instrument.

    `trades` are the core's rows, `values` [rows, features] of the vectors."""
    rows = [line.split(",") for line in trades.splitlines()[1:]]

    def feature(name: str) -> np.ndarray:
        return values[:, schema.names.index(name)].astype(np.float64)

    gaps_bps, spreads_bps = feature("last_trade_minus_mid"), feature("spread_bps")
    spreads = feature("spread_ticks")
    mids = np.full(len(times), np.nan)
    for symbol in np.unique(symbols):
        own = np.flatnonzero(symbols == symbol)
        prices = [row for row in rows if row[1] == symbol]
        if not prices:
            continue
        trade_times = np.array([int(row[0]) for row in prices], dtype=np.int64)
        last = np.searchsorted(trade_times, times[own], side="right") - 1
        trade_prices = np.array([float(row[3]) for row in prices])
        estimate = trade_prices[np.maximum(last, 0)] / (1 + gaps_bps[own] * 1e-4)
        open_spread = (last >= 0) & (spreads[own] > 0)
        if not open_spread.any():
            continue
        tick = np.median(
            (spreads_bps[own] * 1e-4 * estimate)[open_spread] / spreads[own][open_spread])
        # Ticks are short decimals; the quotient has the rounding of a float32.
        ticks = estimate / float(f"{tick:.3g}")
        step = max(int(np.gcd.reduce(np.abs(spreads[own]).astype(np.int64))), 1)
        mids[own] = np.where(last >= 0, np.round(ticks * 2 / step) * step / 2, np.nan)
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

# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Rows of all captures: vectors, times, mids, labels, and which rows end a whole window."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from . import labels
from .capture import CaptureRows, read_capture
from .core import Capture, Core, FeatureSettings, Schema
from .errors import TrainingError
from .splits import Rows


@dataclass(frozen=True)
class Dataset:
    """Rows by series (an instrument in a capture), then time.

    `values` float32 [rows, features] as the core emitted them, `times` int64 ns, `mids` ticks,
    `series` and `segments` int32: rows of one segment are consecutive warm vectors, -1 cold.
    `directional` bool [features]: what changes sign in a mirrored market."""

    schema: Schema
    values: np.ndarray
    times: np.ndarray
    mids: np.ndarray
    series: np.ndarray
    segments: np.ndarray
    directional: np.ndarray
    series_names: tuple[str, ...]
    sources: tuple[dict, ...]

    @cached_property
    def hash(self) -> str:
        """SHA-256 of everything a model learns from and is judged by."""
        digest = hashlib.sha256(self.schema.hash.encode())
        for array in (self.values, self.times, self.mids, self.series, self.segments):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    @cached_property
    def spans(self) -> list[slice]:
        """The rows of each series."""
        edges = np.searchsorted(self.series, np.arange(len(self.series_names) + 1))
        return [slice(int(a), int(b)) for a, b in zip(edges[:-1], edges[1:])]

    def labels(self, horizon_ns: int) -> tuple[np.ndarray, np.ndarray]:
        """Labels (bps, NaN: none) and label times (ns) of all rows; never across series."""
        found = np.full(len(self.times), np.nan)
        known_at = np.zeros(len(self.times), dtype=np.int64)
        for span in self.spans:
            found[span], known_at[span] = labels.point_to_point(
                self.times[span], self.mids[span], horizon_ns)
        return found, known_at

    def by_series(self, function, *columns: np.ndarray) -> np.ndarray:
        """`function` of the columns' rows of each series, one after the other."""
        return np.concatenate([function(*(c[span] for c in columns)) for span in self.spans])

    def window_ends(self, steps: int) -> np.ndarray:
        """Rows that end a window of `steps` consecutive warm vectors of one series."""
        rows = np.arange(steps - 1, len(self.times))
        first = rows - (steps - 1)
        whole = (self.segments[rows] >= 0) & (self.segments[rows] == self.segments[first])
        return rows[whole]

    def usable(self, steps: int, horizon_ns: int) -> tuple[np.ndarray, np.ndarray, Rows]:
        """Rows with a whole window and a label, their labels, and what a split needs of them."""
        found, known_at = self.labels(horizon_ns)
        ends = self.window_ends(steps)
        ends = ends[np.isfinite(found[ends])]
        return ends, found[ends], Rows(
            self.times[ends], self.times[ends - (steps - 1)], known_at[ends])


def windows(values: np.ndarray, ends: np.ndarray, steps: int) -> np.ndarray:
    """[len(ends), steps, features]: the vectors up to and with each of `ends`."""
    return values[ends[:, None] + np.arange(1 - steps, 1)]


def assemble(
    schema: Schema, parts: Sequence[tuple[str, CaptureRows, dict]], gap_max_ns: int
) -> Dataset:
    """Joins captures. A segment ends at a cold vector, at the end of its series, and where more
    than `gap_max_ns` lie between vectors. Rows that go back in time are left out, as the core
    does."""
    columns: dict[str, list[np.ndarray]] = {
        name: [] for name in ("values", "times", "mids", "series", "segments")}
    names: list[str] = []
    next_segment = 0
    for capture_name, rows, _ in parts:
        for symbol in np.unique(rows.symbols):
            own = np.flatnonzero(rows.symbols == symbol)
            own = own[rows.times[own] >= np.maximum.accumulate(rows.times[own])]
            times, warm = rows.times[own], rows.warm[own]
            broken = np.ones(len(own), dtype=bool)
            broken[1:] = ~warm[:-1] | (np.diff(times) > gap_max_ns)
            segments = next_segment + np.cumsum(broken) - 1
            next_segment = int(segments[-1]) + 1
            columns["values"].append(rows.values[own])
            columns["times"].append(times)
            columns["mids"].append(rows.mids[own])
            columns["series"].append(np.full(len(own), len(names), dtype=np.int32))
            columns["segments"].append(np.where(warm, segments, -1).astype(np.int32))
            names.append(f"{capture_name} {symbol}")
    joined = {name: np.concatenate(arrays) for name, arrays in columns.items()}
    directional = np.any([rows.directional for _, rows, _ in parts], axis=0)
    return Dataset(
        schema, directional=directional, series_names=tuple(names),
        sources=tuple(part[2] for part in parts), **joined)


def load(
    core: Core, captures: Sequence[Capture], settings: FeatureSettings, *, horizon_ns: int,
    gap_max_ns: int, cache: Path
) -> Dataset:
    """The dataset of `captures`, from `cache` when the program, captures and settings are those
    it was made with."""
    if len({capture.sha256() for capture in captures}) != len(captures):
        raise TrainingError("a capture is given twice; its rows would be in training and in test")
    schema = core.schema(settings)
    parts = []
    for capture in captures:
        key = hashlib.sha256(json.dumps([
            core.sha256(), capture.sha256(), capture.venue, settings.fingerprint(), schema.hash,
            horizon_ns]).encode()).hexdigest()
        file = cache / f"{key[:32]}.npz"
        rows = _restore(file)
        if rows is None:
            rows = read_capture(core, capture, settings, schema, horizon_ns)
            _save(file, rows)
        report = rows.core_report
        parts.append((f"{capture.venue}/{capture.name}", rows, {
            "name": capture.name, "venue": capture.venue, "sha256": capture.sha256(),
            "row_hash": report["row_hash"], "vectors": len(rows.times),
            "warm": int(rows.warm.sum()), "start_ns": int(rows.times[0]),
            "end_ns": int(rows.times[-1]),
            "core_ridge_r2": report["test"]["r2_against_zero"]}))
    return assemble(schema, parts, gap_max_ns)


def _save(file: Path, rows: CaptureRows) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial.npz")
    np.savez(
        partial, symbols=rows.symbols, times=rows.times, mids=rows.mids, warm=rows.warm,
        values=rows.values, directional=rows.directional,
        report=np.array(json.dumps(rows.core_report)))
    partial.rename(file)


def _restore(file: Path) -> CaptureRows | None:
    if not file.is_file():
        return None
    with np.load(file, allow_pickle=False) as saved:
        return CaptureRows(
            saved["symbols"], saved["times"], saved["mids"], saved["warm"], saved["values"],
            saved["directional"], json.loads(str(saved["report"])))

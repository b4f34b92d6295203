# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""The `apus` program: the one implementation of features, and what reads the models made here."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import TrainingError


@dataclass(frozen=True)
class Schema:
    """The features of a vector in order. `hash` is hexadecimal with 0x, 16 digits."""

    hash: str
    names: tuple[str, ...]
    units: tuple[str, ...]


@dataclass(frozen=True)
class FeatureSettings:
    """What the core is configured with: a configuration file, `KEY=VALUE` overrides, and the
    venue's instruments, without which ticks are guessed from the prices' decimals."""

    config: Path | None = None
    assignments: tuple[str, ...] = ()
    instruments: Path | None = None

    def arguments(self) -> list[str]:
        config = ["--config", str(self.config)] if self.config else []
        return config + [word for one in self.assignments for word in ("--set", one)]

    def fingerprint(self) -> str:
        """The settings' contents as text, for cache keys."""
        texts = [file.read_text() if file else "" for file in (self.config, self.instruments)]
        return json.dumps([*texts, list(self.assignments)])

    def replay_arguments(self) -> list[str]:
        """Those of commands that read captures."""
        instruments = ["--instruments", str(self.instruments)] if self.instruments else []
        return self.arguments() + instruments


@dataclass(frozen=True)
class Capture:
    """Recorded files of a venue, each going on where the one before it ends."""

    venue: str
    paths: tuple[Path, ...]

    VENUES = ("binance-usdm", "binance-coinm", "binance-spot", "okx")

    @classmethod
    def parse(cls, text: str, venue: str) -> Capture:
        """`PATH` or `PATH,PATH`, behind `VENUE:` for a venue other than `venue`."""
        head, colon, tail = text.partition(":")
        if colon and head in cls.VENUES:
            venue, text = head, tail
        paths = tuple(Path(one) for one in text.split(","))
        for path in paths:
            if not path.is_file():
                raise TrainingError(f"capture {path}: no such file")
        return cls(venue, paths)

    @property
    def name(self) -> str:
        return ",".join(path.name for path in self.paths)

    @property
    def words(self) -> list[str]:
        """The files as arguments."""
        return [str(path) for path in self.paths]

    def sha256(self) -> str:
        """Of all files' bytes."""
        digest = hashlib.sha256()
        for path in self.paths:
            digest.update(path.read_bytes())
        return digest.hexdigest()


class Core:
    """Runs `apus`; every failure is a `TrainingError` with the program's own words."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def find(cls, given: str | None) -> Core:
        """The program at `given`; else this checkout's release build; else the one in PATH."""
        built = Path(__file__).resolve().parents[3] / ".build" / "release" / "apus"
        found = given or (str(built) if built.is_file() else shutil.which("apus"))
        if not found or not os.access(found, os.X_OK):
            raise TrainingError(
                f"no apus program at {given or built}: build it (swift build -c release) or give "
                "--apus PATH")
        return cls(Path(found))

    def run(self, *arguments: str) -> str:
        """Standard output of `apus ARGUMENTS`."""
        text, words = self._attempt(*arguments)
        if words:
            raise TrainingError(f"apus {' '.join(arguments[:2])}: {words[-1]}")
        return text

    def _attempt(self, *arguments: str) -> tuple[str, list[str]]:
        """Standard output, and the lines of standard error when it failed; none: it did not."""
        try:
            done = subprocess.run([str(self.path), *arguments], capture_output=True, text=True)
        except OSError as error:
            raise TrainingError(f"{self.path}: {error.strerror}") from error
        words = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return done.stdout, words if done.returncode != 0 else []

    def sha256(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def schema(self, settings: FeatureSettings) -> Schema:
        """The features that `settings` declare."""
        lines = self.run("features", "list", "--declared", *settings.arguments()).splitlines()
        rows = [line.split() for line in lines[2:]]
        digits = lines[0].removeprefix("schema ").strip()
        return Schema(
            f"0x{int(digits, 16):016x}", tuple(row[1] for row in rows),
            tuple(row[2] for row in rows))

    def replay(self, capture: Capture, emit: str, settings: FeatureSettings) -> str:
        """Rows of one kind, comma-separated, the first line naming the columns."""
        return self.run(
            "replay", "--venue", capture.venue, "--emit", emit, *settings.replay_arguments(),
            *capture.words)

    def fit_linear(
        self, capture: Capture, settings: FeatureSettings, horizon_ns: int, out: Path
    ) -> dict:
        """The core's own ridge on one capture: its report; the model goes to `out`."""
        return json.loads(self.run(
            "model", "fit-linear", "--venue", capture.venue, "--horizon",
            f"{horizon_ns // 1_000_000}ms", "--json", "--out", str(out),
            *settings.replay_arguments(), *capture.words))

    def directional(self, model: Path, names: tuple[str, ...]) -> list[bool]:
        """Which features change sign in a mirrored market: the core's ridge, whose file `model`
        is, gives weight to no others."""
        lines = self.run("model", "info", str(model)).splitlines()
        rows = [line.split() for line in lines if line.startswith("  ")]
        weights = {row[1]: float(row[0]) for row in rows if len(row) == 2}
        return [weights.get(name, 0.0) != 0 for name in names]

    def can(self, command: str) -> bool:
        """Whether this build has `apus model COMMAND`."""
        listed = self.run("model", "--help").splitlines()
        return any(line.split()[:1] == [command] for line in listed)

    def model_json(self, command: str, *arguments: str) -> tuple[dict, list[str]]:
        """What `apus model COMMAND … --json` tells, also when it refuses, and every reason why it
        did; none: it did not."""
        said = f"apus model {command}: "
        text, words = self._attempt("model", command, *arguments, "--json")
        problems = [said + line.removeprefix(said) for line in words]
        try:
            return json.loads(text), problems
        except json.JSONDecodeError as error:
            return {}, problems or [f"{said}no JSON: {error}"]

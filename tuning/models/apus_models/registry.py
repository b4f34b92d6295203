# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""The trials made so far: one JSON object a line, only ever appended. Who tries often enough finds
something by chance; the report says how often was tried."""

from __future__ import annotations

import json
from pathlib import Path

from .errors import TrainingError


class TrialRegistry:
    """`trials.jsonl` of an output folder."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def append(self, trial: dict) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a") as lines:
            lines.write(json.dumps(trial, sort_keys=True) + "\n")

    def trials(self) -> list[dict]:
        """All trials, oldest first; raises `TrainingError` for a line that is none."""
        if not self.file.is_file():
            return []
        made = []
        for number, line in enumerate(self.file.read_text().splitlines(), 1):
            try:
                made.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise TrainingError(f"{self.file}:{number}: {error}") from error
        return made

    def candidates(self) -> int:
        """How many variants were fitted in all: a ridge tries several penalties."""
        return sum(trial["candidates"] for trial in self.trials())

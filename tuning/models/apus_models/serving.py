# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Has the core convert and time the exported models, where this build of it can."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .core import Core


@dataclass
class Serving:
    """What `apus model convert --json` and `apus model bench --json` told; why not, else."""

    converted: dict = field(default_factory=dict)
    benched: dict = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def convert(core: Core, folder: Path) -> Serving:
    """`folder` to `folder`.model. A refusal is told, not raised: the report has it."""
    serving = Serving()
    file = folder.with_suffix(".model")
    if not core.can("convert"):
        serving.problems.append("this build of apus has no 'model convert'")
        return serving
    serving.converted, problem = core.model_json("convert", str(folder), "--out", str(file))
    if not problem and core.can("bench"):
        serving.benched, problem = core.model_json("bench", str(file))
    elif not problem:
        problem = "this build of apus has no 'model bench'"
    if problem:
        serving.problems.append(problem)
    return serving

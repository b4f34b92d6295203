# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Has the core convert and time the exported models, where this build of it can."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from .core import Core


@dataclass
class Serving:
    """What `apus model convert --json` and `apus model bench --json` told; why not, else.

    `file` is empty when the core wrote no model."""

    converted: dict = field(default_factory=dict)
    benched: dict = field(default_factory=dict)
    file: dict = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def convert(core: Core, folder: Path) -> Serving:
    """`folder` to `folder`.model. A refusal is told, not raised: the report has it.

    A model that an earlier run left there goes away first: it is not what was judged now."""
    serving = Serving()
    file = folder.with_suffix(".model")
    file.unlink(missing_ok=True)
    if not core.can("convert"):
        serving.problems.append("this build of apus has no 'model convert'")
        return serving
    serving.converted, problems = core.model_json("convert", str(folder), "--out", str(file))
    serving.problems += problems
    if problems or not file.is_file():
        return serving
    content = file.read_bytes()
    serving.file = {
        "name": file.name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    if core.can("bench"):
        serving.benched, problems = core.model_json("bench", str(file))
        serving.problems += problems
    else:
        serving.problems.append("this build of apus has no 'model bench'")
    return serving

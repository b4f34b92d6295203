# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""What a person sees of a run: lines on standard error, and a bar where that is a terminal."""

from __future__ import annotations

import sys
import time

from tqdm import tqdm


class Progress:
    """Says nothing when `quiet`. `total` of `begin` counts units of about equal work."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.began = time.monotonic()
        self.bar: tqdm | None = None

    def say(self, text: str) -> None:
        """A line with the seconds since the beginning."""
        if not self.quiet:
            tqdm.write(f"{time.monotonic() - self.began:7.1f} s  {text}", file=sys.stderr)

    def begin(self, total: int) -> None:
        # None: no bar unless standard error is a terminal.
        self.bar = tqdm(
            total=total, disable=True if self.quiet else None, leave=False, file=sys.stderr,
            bar_format="{percentage:3.0f} %|{bar:30}| {elapsed} {desc}")

    def reach(self, done: int, text: str = "") -> None:
        """Moves the bar to `done` units."""
        if self.bar is not None:
            self.bar.set_description_str(text, refresh=False)
            self.bar.update(done - self.bar.n)

    def end(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None

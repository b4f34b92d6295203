# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""What the drivers of peers share: the file that they write, and how they time.

A file is `{"format": "apus-peer", "version": 1, "peer": NAME, "peer_version": TEXT, "rows": [...]}`
with a row for each comparison:

target   "P1"... of PERFORMANCE.md
what     what is done, in a few words
ours     name of apus-bench's measurement of the same; or `ours_ns`, its figure
peer_ns  the peer's median for one operation, nanoseconds
peer_p99_ns, note   where there is one
wanted   the ratio peer/ours that the target asks for; absent: none
same     both computed the same: true, false; absent: not comparable, and `note` says why
"""

from __future__ import annotations

import json
import time
from pathlib import Path


class Peer:
    def __init__(self, name: str, version: str) -> None:
        self.file = {"format": "apus-peer", "version": 1, "peer": name, "peer_version": version,
                     "rows": []}

    def add(self, target: str, what: str, ours: str, peer_ns: float, **more) -> None:
        row = {"target": target, "what": what, "ours": ours, "peer_ns": peer_ns, **more}
        self.file["rows"].append(row)
        print(f"{target:<4} {what:<44} {peer_ns:>14,.1f} ns", flush=True)

    def write(self, path: str) -> None:
        Path(path).write_text(json.dumps(self.file, indent=1) + "\n", encoding="utf-8")


def percentile(times: list[int], part: float) -> float:
    ordered = sorted(times)
    return float(ordered[min(len(ordered) - 1, int(part * len(ordered)))])


def calls(run, count: int) -> tuple[float, float]:
    """p50 and p99 of a call, ns, by the wall clock: most of them are not interrupted."""
    for _ in range(count // 5 + 1):
        run()
    times = [0] * count
    for place in range(count):
        begin = time.perf_counter_ns()
        run()
        times[place] = time.perf_counter_ns() - begin
    return percentile(times, 0.5), percentile(times, 0.99)


def work(run, count: int) -> float:
    """p50 of a call that lasts milliseconds, ns of processor time: interruptions do not count."""
    times = []
    for _ in range(count):
        begin = time.thread_time_ns()
        run()
        times.append(time.thread_time_ns() - begin)
    return percentile(times, 0.5)

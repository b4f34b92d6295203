# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Point-to-point labels by the core's rule. There are no smoothed ones: an average over the future
can be told in part from the present without any model."""

from __future__ import annotations

import numpy as np

SECOND_NS = 1_000_000_000


def point_to_point(
    times: np.ndarray, mids: np.ndarray, horizon_ns: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns of the mid over the horizon, for the rows of one instrument in time order.

    The label of row i is (mid' / mid - 1) * 1e4 bps, mid' that of the first row at or after
    times[i] + horizon_ns. A row whose mid' comes more than the horizon, at least a second, late
    has none. `times` are nanoseconds, `mids` in any unit, NaN where unknown.

    Returns labels (bps, NaN: none) and the times at which they were known (ns, 0: none)."""
    known = np.isfinite(mids)
    known_times, known_mids = times[known], mids[known]
    labels = np.full(len(times), np.nan)
    label_times = np.zeros(len(times), dtype=np.int64)
    place = np.searchsorted(known_times, times + horizon_ns, side="left")
    rows = np.flatnonzero(known & (place < len(known_times)))
    then = place[rows]
    late = known_times[then] - times[rows] - horizon_ns
    timely = late <= max(horizon_ns, SECOND_NS)
    rows, then = rows[timely], then[timely]
    labels[rows] = (known_mids[then] / mids[rows] - 1) * 1e4
    label_times[rows] = known_times[then]
    return labels, label_times


def delayed_moves(
    times: np.ndarray, mids: np.ndarray, delay_ns: int
) -> np.ndarray:
    """Return of the mid (bps) in the `delay_ns` after each row: what an order misses that arrives
    so much later. The mid in force then is that of the last row at or before that time."""
    known = np.flatnonzero(np.isfinite(mids))
    place = np.searchsorted(times[known], times + delay_ns, side="right") - 1
    then = np.where(place >= 0, mids[known[np.maximum(place, 0)]], np.nan)
    return (then / mids - 1) * 1e4


def last_complete(labels: np.ndarray, label_times: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Of each row of one instrument, the label known last at the row's time (bps, NaN: none)."""
    known = np.flatnonzero(np.isfinite(labels))
    place = np.searchsorted(label_times[known], times, side="right") - 1
    return np.where(place >= 0, labels[known[np.maximum(place, 0)]], np.nan)

# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""hftbacktest on the recording that `replay/` reads.

usage: measure.py OUT CAPTURE [--smoke]

Its converter makes events of the raw messages; its replay reads those events, trades and levels,
once as the exchange and once as the local side. Both run as fast as they can: one step to the end,
no order, constant latency.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from hftbacktest import (  # noqa: E402
    BacktestAsset, DEPTH_CLEAR_EVENT, HashMapMarketDepthBacktest, LOCAL_EVENT,
    ROIVectorMarketDepthBacktest)
from hftbacktest.data.utils import binancefutures  # noqa: E402
from numba import njit  # noqa: E402
from peer import Peer, percentile  # noqa: E402

KIND_MASK = 0xFF


@njit
def to_the_end(backtest) -> tuple:
    """Best bid and ask at the end."""
    backtest.elapse(10**15)
    depth = backtest.depth(0)
    return depth.best_bid, depth.best_ask


def asset(data) -> BacktestAsset:
    return (
        BacktestAsset().data([data]).linear_asset(1.0)
        .constant_order_latency(1_000_000, 1_000_000).risk_adverse_queue_model()
        .no_partial_fill_exchange().trading_value_fee_model(0.0, 0.0)
        .tick_size(0.1).lot_size(0.001).last_trades_capacity(0))


def backtest_of(name: str, data):
    if name == "map":
        return HashMapMarketDepthBacktest([asset(data)])
    # Prices of the recording and a wide margin.
    return ROIVectorMarketDepthBacktest([asset(data).roi_lb(20_000.0).roi_ub(100_000.0)])


def main() -> None:
    out, capture = sys.argv[1:3]
    is_smoke = "--smoke" in sys.argv
    peer = Peer("hftbacktest", version("hftbacktest"))
    with contextlib.redirect_stdout(sys.stderr), tempfile.TemporaryDirectory() as folder:
        # A little beforehand: parts of it are compiled when they are first called.
        little = Path(folder) / "little.gz"
        with gzip.open(capture, "rb") as whole, gzip.open(little, "wb") as part:
            part.writelines(itertools.islice(whole, 500))
        binancefutures.convert(str(little), buffer_size=100_000)
        begin = time.thread_time_ns()
        data = binancefutures.convert(capture, buffer_size=2_000_000)
        convert_ns = time.thread_time_ns() - begin
    is_local = (data["ev"] & LOCAL_EVENT) == LOCAL_EVENT
    is_event = is_local & ((data["ev"] & KIND_MASK) != DEPTH_CLEAR_EVENT)
    count = int(is_event.sum())
    with gzip.open(capture) as file:
        messages = sum(1 for _ in file)
    peer.add(
        "P10", "raw messages to events", "replay/raw", convert_ns / messages,
        note="its converter, in Python; ours makes books, bars and indicators as well")
    for name in ("map", "vector"):
        times = []
        for _ in range(3 if is_smoke else 8):
            backtest = backtest_of(name, data)
            begin = time.thread_time_ns()
            best = to_the_end(backtest)
            times.append(time.thread_time_ns() - begin)
            backtest.close()
        # The first one compiles.
        peer.add(
            "P10", f"replay of events, book as a {name}", "replay/normalised-depth",
            percentile(times[1:], 0.5) / count,
            outcome=f"events {count} bid {best[0]:.2f} ask {best[1]:.2f}",
            note="exchange and local side; ours one book, bars and indicators")
    peer.write(out)


if __name__ == "__main__":
    main()

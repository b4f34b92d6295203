# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""hftbacktest on the recording that `replay/` reads.

usage: measure.py OUT CAPTURE EVENTS [--smoke]
       measure.py --convert CAPTURE EVENTS

The second form writes the events of a recording for `backtest/`, which both run.

Its converter makes events of the raw messages; its replay reads those events, trades and levels,
once as the exchange and once as the local side. Both run as fast as they can: one step to the end,
no order, constant latency. The backtest is that of the golden tests (Tests/Oracles): the same
events, a maker that renews a bid and an ask every 100 ms, constant latencies, one queue model.
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
sys.path.insert(0, str(Path(__file__).parents[3] / "Tests" / "Oracles"))
import numpy as np  # noqa: E402
from backtest_values import asset as golden_asset, quote  # noqa: E402
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


def fnv(rows) -> int:
    """As `backtest/` has it: FNV-1a over position, trades and volume of each step."""
    value = 0xCBF29CE484222325
    for row in rows:
        for number in (round(row[1] * 1_000), int(row[4]), round(row[5] * 1_000)):
            value = ((value ^ (number & (1 << 64) - 1)) * 0x100000001B3) & (1 << 64) - 1
    return value


def backtests(peer: Peer, events, count: int, is_smoke: bool) -> None:
    """A maker over the same events, the position in the queue estimated alike."""
    for name in ("map", "vector"):
        times = []
        for _ in range(2 if is_smoke else 6):
            made = golden_asset(events, "power-prob-3", "no-partial-fill", 5_000_000, 7_000_000)
            backtest = (
                HashMapMarketDepthBacktest([made]) if name == "map" else
                ROIVectorMarketDepthBacktest([made.roi_lb(20_000.0).roi_ub(100_000.0)]))
            rows = np.zeros((100_000, 8))
            begin = time.thread_time_ns()
            steps = quote(backtest, 0, rows)
            times.append(time.thread_time_ns() - begin)
            backtest.close()
        # The first one compiles.
        peer_ns = percentile(times[1:], 0.5) / count
        peer.add(
            "P10", f"backtest of a maker, book as a {name}", "backtest/maker", peer_ns,
            outcome=f"events {count} steps {steps} trades {int(rows[steps - 1][4])} "
            f"hash {fnv(rows[:steps]):016x}",
            note=f"{1e3 / peer_ns:.2f} M events/s; strategy compiled by numba")


def main() -> None:
    if sys.argv[1] == "--convert":
        binancefutures.convert(sys.argv[2], sys.argv[3], buffer_size=2_000_000)
        return
    out, capture, events = sys.argv[1:4]
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
    # Read before the clock runs, as ours are.
    backtests(peer, np.load(events)["data"], count, is_smoke)
    peer.write(out)


if __name__ == "__main__":
    main()

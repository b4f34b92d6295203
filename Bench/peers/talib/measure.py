# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""TA-Lib on the indicators that `technical/standard-…` keeps up to date: fourteen, twenty numbers.

usage: measure.py OUT [--smoke]

`batch`: all values of 100,000 bars in one call each, for one bar: its best case, which no tick can
use. `tick`: the last value alone, by its stream functions over 256 bars, as a tick needs it; what
a call costs through Python is in it, and is told by the note.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
import numpy  # noqa: E402
import talib  # noqa: E402
import talib.stream  # noqa: E402
from peer import Peer, calls, work  # noqa: E402

WINDOW = 256


def bars(count: int) -> dict[str, numpy.ndarray]:
    """A walk in ticks of 0.1."""
    random = numpy.random.default_rng(3)
    close = 61_800 + numpy.cumsum(random.integers(-40, 41, count)) / 10
    reach = random.integers(0, 60, (2, count)) / 10
    return {"close": close, "high": close + reach[0], "low": close - reach[1],
            "volume": random.integers(1, 9_000, count) / 1_000}


def standard(functions, on: dict[str, numpy.ndarray]):
    """What IndicatorPlan.standardTexts lists, in its order."""
    close, high, low, volume = (on[name] for name in ("close", "high", "low", "volume"))
    for period in (9, 12, 21, 26, 50):
        functions.EMA(close, period)
    functions.SMA(close, 20)
    functions.RSI(close, 14)
    functions.MACD(close, 12, 26, 9)
    functions.BBANDS(close, 20, 2.0, 2.0)
    functions.ATR(high, low, close, 14)
    functions.ROC(close, 10)
    functions.MOM(close, 10)
    functions.SMA(volume, 20)
    functions.OBV(close, volume)


def main() -> None:
    out = sys.argv[1]
    is_smoke = "--smoke" in sys.argv
    peer = Peer("TA-Lib", f"{talib.__version__}, C {talib.__ta_version__.decode().split()[0]}")
    length = 2_000 if is_smoke else 100_000
    history = bars(length)
    window = {name: values[-WINDOW:].copy() for name, values in history.items()}
    batch = work(lambda: standard(talib, history), 3 if is_smoke else 15) / length
    tick, tick_p99 = calls(lambda: standard(talib.stream, window), 50 if is_smoke else 5_000)
    one, _ = calls(lambda: talib.stream.MOM(window["close"], 10), 50 if is_smoke else 5_000)
    same = "floats; TALibTests compare every value"
    peer.add("P6", "20 numbers, whole history, for one bar", "technical/standard-final", batch,
             note=same)
    peer.add("P6", "20 numbers at a tick", "technical/standard-forming", tick,
             peer_p99_ns=tick_p99,
             note=f"{same}; 14 calls from Python, the smallest takes {one:,.0f} ns")
    peer.write(out)


if __name__ == "__main__":
    main()

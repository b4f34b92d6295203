# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
#
# quantstats_values.py RETURNS VALUES: reads returns as doubles, and from standard input lines:
# `returns COUNT` takes so many of them, `periods NUMBER` says how many make a year, and any other is
# a figure, of which the file VALUES gets what quantstats makes of them: one double, NaN for what it
# refuses; as many as there are for `rolling_...:WINDOW` and `monthly`.
import sys
import types
import warnings
from importlib.machinery import PathFinder

import numpy
import pandas

# The package's own __init__ loads plots and a downloader, which figures need not.
sys.modules["yfinance"] = types.ModuleType("yfinance")
package = types.ModuleType("quantstats")
package.__path__ = list(PathFinder.find_spec("quantstats").submodule_search_locations)
sys.modules["quantstats"] = package
from quantstats import stats  # noqa: E402

warnings.simplefilter("ignore")
numpy.seterr(all="ignore")

returns = numpy.fromfile(sys.argv[1], dtype="<f8")
annual = {
    "cagr", "volatility", "sharpe", "smart_sharpe", "sortino", "adjusted_sortino", "calmar", "omega",
}


def values(name, series, periods):
    if name == "period_sharpe":
        return stats.sharpe(series, annualize=False)
    if name == "historical_var":
        return series.quantile(0.05)
    if name == "historical_cvar":
        return stats.cvar(series, method="historical")
    if name == "monthly":
        table = stats.monthly_returns(series, eoy=True)
        return table.to_numpy(dtype="<f8").ravel()
    if name.startswith("rolling_"):
        name, window = name.split(":")
        return getattr(stats, name)(
            series, rolling_period=int(window), periods_per_year=periods).dropna()
    function = getattr(stats, name)
    return function(series, periods=periods) if name in annual else function(series)


with open(sys.argv[2], "wb") as file:
    start, series, periods = 0, None, 365.0
    for line in sys.stdin:
        name, *words = line.split()
        if name == "returns":
            count = int(words[0])
            series = pandas.Series(
                returns[start : start + count], index=pandas.date_range("2023-11-20", periods=count))
            start += count
            continue
        if name == "periods":
            periods = float(words[0])
            continue
        try:
            made = values(name, series, periods)
        except (ValueError, ZeroDivisionError, IndexError):
            made = numpy.nan
        numpy.atleast_1d(numpy.asarray(made, dtype="<f8")).tofile(file)

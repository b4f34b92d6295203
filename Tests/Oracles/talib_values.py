# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
#
# talib_values.py BARS VALUES: reads bars, five doubles each (open, high, low, close, volume), and
# from standard input lines `FUNCTION input... name=number...`; writes what TA-Lib makes of them,
# every output of every line one after the other, as doubles.
import sys

import numpy
import talib

bars = numpy.fromfile(sys.argv[1], dtype="<f8").reshape(-1, 5)
inputs = {
    name: numpy.ascontiguousarray(bars[:, place])
    for place, name in enumerate(["open", "high", "low", "close", "volume"])
}
with open(sys.argv[2], "wb") as file:
    for line in sys.stdin:
        name, *words = line.split()
        arrays = [inputs[word] for word in words if "=" not in word]
        options = {}
        for word in words:
            if "=" in word:
                key, value = word.split("=")
                options[key] = float(value) if key.startswith(("nbdev", "accel", "max", "penet")) \
                    else int(value)
        made = getattr(talib, name)(*arrays, **options)
        for output in made if isinstance(made, tuple) else (made,):
            output.astype("<f8").tofile(file)

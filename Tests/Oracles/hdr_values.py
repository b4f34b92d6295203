# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
#
# hdr_values.py FOLDER: reads histogram files of apus-monitor with HdrHistogram's own library. FOLDER
# holds values.u64 (what was recorded, little-endian), latency.hlog and latency.hgrm; answers.txt is
# written there, a line for each question:
#   hlog PERCENTILE OF_VALUES OF_LOG   by the library from the values; from the log, all intervals
#   hgrm PERCENTILE LEAST MOST VALUE   from the log at one rank less and one more; ours
#   total INTERVALS VALUES MAXIMUM     of the log
import array
import sys

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

HIGHEST = 2**37 - 1
TAG = "receive_to_encrypted"
folder = sys.argv[1]


def of_values():
    values = array.array("Q")
    with open(f"{folder}/values.u64", "rb") as file:
        values.frombytes(file.read())
    histogram = HdrHistogram(1, HIGHEST, 3)
    for value in values:
        if not histogram.record_value(value):
            sys.exit(f"{value} is out of range")
    return histogram


def of_log():
    whole = HdrHistogram(1, HIGHEST, 2)
    reader = HistogramLogReader(f"{folder}/latency.hlog", whole)
    intervals = 0
    while True:
        histogram = reader.get_next_interval_histogram()
        if histogram is None:
            return intervals, whole
        if histogram.get_tag() == TAG:
            whole.add(histogram)
            intervals += 1


def rows():
    with open(f"{folder}/latency.hgrm", encoding="utf-8") as file:
        for line in file:
            cells = line.split()
            if len(cells) >= 3 and not line.startswith("#") and cells[0] != "Value":
                yield float(cells[0]), float(cells[1])


exact = of_values()
intervals, logged = of_log()
with open(f"{folder}/answers.txt", "w", encoding="utf-8") as out:
    for percentile in (50, 75, 90, 99, 99.9, 99.99, 99.999, 100):
        of_both = (h.get_value_at_percentile(percentile) for h in (exact, logged))
        print("hlog", percentile, *of_both, file=out)
    step = 100 / logged.total_count
    for value, fraction in rows():
        least = logged.get_value_at_percentile(max(0, 100 * fraction - step))
        most = logged.get_value_at_percentile(min(100, 100 * fraction + step))
        print("hgrm", 100 * fraction, least, most, int(value), file=out)
    print("total", intervals, logged.total_count, logged.get_max_value(), file=out)

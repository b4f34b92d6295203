//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What each key does.
enum HelpPage {
    private static let keys = [
        ("1 ... 7, Tab", "page: overview, latency, stages and rings, books and account,"),
        ("", "models and features, execution quality, counters"),
        ("↑ ↓ PgUp PgDn", "scroll; on the latency page choose the histogram (k j too)"),
        ("← → Home End", "to the columns on either side; to the beginning, to the end"),
        ("i", "latencies since the start, or of the last interval"),
        ("+ -", "longer or shorter interval, 100ms to 1m"),
        ("space", "pause: the figures stand, what happens is kept for later"),
        ("/", "search counters: words that a name holds; Esc drops the search"),
        ("?", "this page; any key closes it"),
        ("q", "quit"),
    ]

    static var lines: [ScreenLine] {
        let table = keys.map { key, text in
            var line = ScreenLine(text: " \(key)", style: .title)
            line.fill(to: 17)
            line.add(text)
            return line
        }
        let notes = [
            "", " \"-\" stands for a percentile with too few values: p99.99 needs 10,000.",
            " Latency maxima of an interval are exact to a bucket (3.1 %).",
            " Busy is the share of polls that found work. Watching writes nothing.",
        ]
        return table + notes.map { ScreenLine(text: $0) }
    }
}

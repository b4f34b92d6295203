//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry

/// The page's buckets by four for each octave, which is as fine as a picture can show.
enum HeatRows {
    struct Cell: Equatable {
        let row: Int
        let count: UInt64
    }

    /// Row i holds values of `boundsNs[i]` and more, below `boundsNs[i + 1]`; the last row is open.
    static let boundsNs: [UInt64] = {
        let octaves = (2..<37).flatMap { octave in
            (4..<8).map { UInt64($0) << UInt64(octave - 2) }
        }
        return [0, 1, 2, 3] + octaves
    }()

    /// The row of each of the page's buckets, none of which lies in two.
    private static let rows: [Int] = {
        var row = 0
        return (0..<UInt32(APUS_HISTOGRAM_BUCKET_COUNT)).map { place in
            let lowest = apus_histogram_lowest(place)
            while row + 1 < boundsNs.count, boundsNs[row + 1] <= lowest { row += 1 }
            return row
        }
    }()

    /// Rows that are not empty, growing.
    static func cells(_ histogram: SparseHistogram) -> [Cell] {
        var cells: [Cell] = []
        for (place, count) in zip(histogram.places, histogram.counts) {
            let row = rows[Int(place)]
            if let last = cells.last, last.row == row {
                cells[cells.count - 1] = Cell(row: row, count: last.count &+ count)
            } else {
                cells.append(Cell(row: row, count: count))
            }
        }
        return cells
    }
}

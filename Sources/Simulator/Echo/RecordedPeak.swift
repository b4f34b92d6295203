//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Journal

/// The peak rate of recorded market data: frames of one file within its busiest second.
struct RecordedPeak: Encodable {
    static let capturesPath = "../shared/data/captures"
    /// Of Binance USD-M, BTCUSDT, 2024-08-08: for where the recordings are not.
    static let fallback: UInt64 = 2_527

    struct File: Encodable {
        let name: String
        let frames: Int
        let seconds: Double
        let busiestSecond: Int
        let busiestTenth: Int
    }

    let files: [File]
    /// Frames a second.
    let framesPerSecond: UInt64
    let origin: String

    init(given: UInt64) {
        files = []
        framesPerSecond = given
        origin = "as given"
    }

    /// Looks at every recording of Binance USD-M in a folder: the engine trades one of those.
    init(folder: String) {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasPrefix("binance-usdm_") && $0.hasSuffix(".gz") }.sorted()
        files = names.compactMap { Self.look(at: "\(folder)/\($0)", name: $0) }
        if let busiest = files.max(by: { $0.busiestSecond < $1.busiestSecond }) {
            framesPerSecond = UInt64(busiest.busiestSecond)
            origin = "busiest second of \(busiest.name)"
        } else {
            framesPerSecond = Self.fallback
            origin = "no recording in \(folder): busiest second of "
                + "binance-usdm_btcusdt_20240808.gz, as written down"
        }
    }

    private static func look(at path: String, name: String) -> File? {
        guard var reader = try? CaptureReader(path: path) else { return nil }
        var timesNs: [UInt64] = []
        while let line = try? reader.next() { timesNs.append(line.receiveTimeNs) }
        guard let first = timesNs.first, let last = timesNs.last, last > first else { return nil }
        return File(
            name: name, frames: timesNs.count, seconds: Double(last - first) / 1e9,
            busiestSecond: busiest(timesNs, windowNs: 1_000_000_000),
            busiestTenth: busiest(timesNs, windowNs: 100_000_000))
    }

    /// The most instants that any window holds; `timesNs` ascend.
    static func busiest(_ timesNs: [UInt64], windowNs: UInt64) -> Int {
        var most = 0
        var begin = 0
        for end in timesNs.indices {
            while timesNs[end] - timesNs[begin] >= windowNs { begin += 1 }
            most = max(most, end - begin + 1)
        }
        return most
    }

    var lines: [String] {
        ["peak \(framesPerSecond) frames/s: \(origin)"]
            + files.map {
                "  \($0.name): \($0.frames) frames in \(Int($0.seconds)) s, busiest 1 s "
                    + "\($0.busiestSecond), busiest 100 ms \($0.busiestTenth)"
            }
    }
}

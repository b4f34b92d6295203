//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Journal
import CMessages
import TradingCore

/// The first lines of the recorded BTCUSDT perpetual as frames of a session.
enum RecordedFeed {
    static let path: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
            + "/../shared/data/captures/binance-usdm_btcusdt_20240808.gz"
    }()
    static var isPresent: Bool { FileManager.default.fileExists(atPath: path) }

    static func frames(lines: Int) throws -> [RecordedFrame] {
        var reader = try CaptureReader(path: path)
        var frames: [RecordedFrame] = []
        while frames.count < lines, let line = try reader.next() {
            let bytes = unsafe Array(line.json)
            if frames.isEmpty {
                frames = ReplayPath.allConnected(timeNs: line.receiveTimeNs)
            }
            let isSnapshot = bytes.starts(with: "{\"lastUpdateId\"".utf8)
            frames.append(
                RecordedFrame(
                    connectionID: isSnapshot ? ConnectionID.inbox : ConnectionID.quotes,
                    kind: isSnapshot ? .rest : .text, context: isSnapshot ? 1 << 32 : 0,
                    timeNs: line.receiveTimeNs, bytes: bytes))
        }
        return frames
    }
}

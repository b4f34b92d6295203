//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Journal

/// Reads the captures of a replay one line ahead, with the message's own bytes taken out.
struct ReplaySource: ~Copyable {
    /// A recorded message.
    struct Line {
        var receiveTimeNs: UInt64
        var fileIndex: Int
        /// The whole JSON of the line.
        var json: [UInt8]
    }

    private var merge: CaptureMerge
    private(set) var badLineCount = 0
    private(set) var lineCount = 0

    init(paths: [String]) throws(CaptureError) {
        merge = try CaptureMerge(paths: paths)
    }

    /// The next line; bad ones are counted and passed over, a failing file is told on the log.
    mutating func next(log: (String) -> Void) -> Line? {
        while true {
            do throws(CaptureError) {
                guard let line = try merge.next() else { return nil }
                lineCount += 1
                return unsafe Line(
                    receiveTimeNs: line.receiveTimeNs, fileIndex: line.fileIndex,
                    json: Array(line.json))
            } catch {
                badLineCount += 1
                if badLineCount <= 10 { log("\(error)") }
            }
        }
    }

    /// Which symbols a file holds, by its first lines: names in upper case, in order of appearance.
    static func symbols(of path: String) throws(CaptureError) -> [String] {
        var reader = try CaptureReader(path: path)
        var names: [String] = []
        for _ in 0..<2_000 {
            let line: CaptureLine?
            do throws(CaptureError) {
                line = try reader.next()
            } catch {
                if case .malformed = error { continue }
                throw error
            }
            guard let line else { break }
            let scanner = unsafe RecordedScanner(bytes: Array(line.json.prefix(96)))
            guard let name = scanner.streamSymbol else { continue }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }
}

extension RecordedScanner {
    /// The stream's name, for instance `btcusdt@depth@0ms`, and the payload's range.
    var message: (name: String, payload: Range<Int>)? {
        guard bytes.starts(with: RecordedKey.stream),
            let data = find(RecordedKey.data, from: RecordedKey.stream.count),
            bytes.count > data + 1
        else { return nil }
        let end = data - RecordedKey.data.count
        let name = String(decoding: bytes[RecordedKey.stream.count..<end], as: UTF8.self)
        return (name, data..<bytes.count - 1)
    }

    /// The symbol a combined-stream message is about, in upper case.
    var streamSymbol: String? {
        guard bytes.starts(with: RecordedKey.stream) else { return nil }
        let start = RecordedKey.stream.count
        guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "@")), end > start else {
            return nil
        }
        return String(decoding: bytes[start..<end], as: UTF8.self).uppercased()
    }
}

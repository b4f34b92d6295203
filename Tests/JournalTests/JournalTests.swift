//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Journal
import SeededRandom
import Testing

/// A file that disappears with the value.
struct TemporaryFile: ~Copyable {
    let path: String

    init(_ text: String) { self.init(bytes: Array(text.utf8)) }

    init(bytes: [UInt8], suffix: String = "txt") {
        path = FileManager.default.temporaryDirectory
            .appending(path: "apus-\(UUID().uuidString).\(suffix)").path
        _ = FileManager.default.createFile(atPath: path, contents: Data(bytes))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// What a capture gave: lines as text and errors, in order.
enum Item: Equatable {
    case line(UInt64, String, Int)
    case error(CaptureError)
}

func readAll(_ path: String) throws -> [Item] {
    var reader = try CaptureReader(path: path)
    var items: [Item] = []
    while true {
        do throws(CaptureError) {
            guard let line = try reader.next() else { return items }
            let text = unsafe String(decoding: line.json, as: UTF8.self)
            items.append(.line(line.receiveTimeNs, text, line.lineNumber))
        } catch { items.append(.error(error)) }
    }
}

let captures = "../shared/data/captures"
let haveCaptures = FileManager.default.fileExists(atPath: captures)

@Suite("Capture files")
struct CaptureReaderTests {
    @Test func `lines come with time, document and number, empty ones are passed over`() throws {
        let file = TemporaryFile("17 {\"a\":1}\n\n18 [1]\r\n19 {}")
        #expect(
            try readAll(file.path) == [
                .line(17, "{\"a\":1}", 1), .line(18, "[1]", 3), .line(19, "{}", 4),
            ])
    }

    @Test(arguments: [
        ("x {}", CaptureError.Reason.noReceiveTime), ("{}", .noReceiveTime),
        ("-1 {}", .noReceiveTime), ("12{}", .noReceiveTime), ("12", .noReceiveTime),
        (" 12 {}", .noReceiveTime), ("18446744073709551616 {}", .noReceiveTime),
        ("99999999999999999999999999 {}", .noReceiveTime),
        ("12 ", .noDocument), ("12  {}", .noDocument), ("12 x", .noDocument),
        ("12 {", .unterminated), ("12 {\"a\":", .unterminated), ("12 [1}", .unterminated),
        ("12 {]", .unterminated),
    ])
    func `a bad line is told with its number, and reading goes on`(
        text: String, reason: CaptureError.Reason
    ) throws {
        let file = TemporaryFile("1 {}\n\(text)\n2 {}\n")
        #expect(
            try readAll(file.path) == [
                .line(1, "{}", 1),
                .error(.malformed(path: file.path, line: 2, reason: reason)),
                .line(2, "{}", 3),
            ])
    }

    /// Goal: a time has its value whatever its number of digits, leading zeros too. Method: all
    /// lengths, with digits that all differ, up to the largest time.
    @Test func `a receive time of any length is read`() throws {
        let longest = "18446744073709551615"
        var texts = (1...19).map { String("9876543210123456789".prefix($0)) } + [longest]
        texts += texts.map { "00" + $0 }
        let file = TemporaryFile(texts.map { "\($0) {}\n" }.joined())
        let times = try #require(texts.map { UInt64($0) } as? [UInt64])
        #expect(
            try readAll(file.path)
                == times.enumerated().map { .line($0.element, "{}", $0.offset + 1) })
    }

    /// Goal: lines as `CaptureWriter` writes them, which are taken by a shorter way, are the same
    /// as those of any other form, wherever they lie in the window. Method: a few megabytes of
    /// lines of every form and of lengths about the windows' and pages' ends, told by a plain
    /// splitting of the text.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `lines of all forms and lengths come as they were written`(seed: UInt64) throws {
        print("capture lines: seed \(seed)")
        var random = SplitMix64(seed: seed)
        var text = ""
        var expected: [Item] = []
        for number in 1...6_000 {
            let time = UInt64.random(in: 1_000_000_000_000_000_000...UInt64.max / 2, using: &random)
            let isLong = Int.random(in: 0..<200, using: &random) == 0
            let filler = String(
                repeating: "x",
                count: Int.random(in: isLong ? 4_000...300_000 : 0...300, using: &random))
            let document = "{\"a\":\"\(filler)\"}"
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                text += "\(time % 1_000_000) \(document)\n"
                expected.append(.line(time % 1_000_000, document, number))
            case 1:
                text += "\(time) [\(document)]\r\n"
                expected.append(.line(time, "[\(document)]", number))
            case 2:
                text += "\(time / 1_000_000_000).5: \(document)\n"
                let wholeNs = time / 1_000_000_000 * 1_000_000_000
                expected.append(.line(wholeNs + 500_000_000, document, number))
            case 3: text += "\n"
            case 4:
                text += "\(time) \(document)x\n"
                expected.append(.error(
                    .malformed(path: "", line: number, reason: .unterminated)))
            default:
                text += "\(time) \(document)\n"
                expected.append(.line(time, document, number))
            }
        }
        let file = TemporaryFile(text)
        let found = try readAll(file.path).map { item in
            guard case .error(.malformed(_, let line, let reason)) = item else { return item }
            return Item.error(.malformed(path: "", line: line, reason: reason))
        }
        #expect(found.count == expected.count)
        for (one, other) in zip(found, expected) where one != other {
            Issue.record("\(one) where \(other) was written")
            break
        }
    }

    @Test func `lines with seconds in front are read, those of what was sent are not`() throws {
        let file = TemporaryFile(
            """
            wss://ws.okx.com:8443/ws/v5/public <-> 1652459224.5300605
            wss://ws.okx.com:8443/ws/v5/public <- 1652459225.2987883: {"op":"subscribe"}
            1652459225.5037491: {"event":"subscribe"}
            1652459226: {"a":1}
            1652459226.1234567891: [1]
            17 {"b":2}
            https://www.okx.com/api -> 1652459227.1: {"code":"0"}
            """)
        #expect(
            try readAll(file.path) == [
                .line(1_652_459_225_503_749_100, "{\"event\":\"subscribe\"}", 3),
                .line(1_652_459_226_000_000_000, "{\"a\":1}", 4),
                .line(1_652_459_226_123_456_789, "[1]", 5), .line(17, "{\"b\":2}", 6),
            ])
    }

    @Test(arguments: [
        "1.: {}", "1.5 {}", "1.5:{}", ".5: {}", "1:", "1.5", "18446744074: {}",
        "18446744073.9: {}", "1.x: {}", "http://x {}", "1e3: {}",
    ])
    func `a time that is written otherwise is refused`(text: String) throws {
        let file = TemporaryFile(text)
        #expect(
            try readAll(file.path) == [
                .error(.malformed(path: file.path, line: 1, reason: .noReceiveTime))
            ])
    }

    @Test func `whole files are read plain or compressed`() throws {
        let file = TemporaryFile("{\"a\":1}\n")
        #expect(try WholeFile.bytes(file.path) == Array("{\"a\":1}\n".utf8))
        #expect(throws: CaptureError.cannotOpen(path: "/no/such/file", code: 2)) {
            try WholeFile.bytes("/no/such/file")
        }
        let damaged = TemporaryFile(bytes: [0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8], suffix: "gz")
        #expect(throws: CaptureError.self) { try WholeFile.bytes(damaged.path) }
    }

    @Test func `the largest receive time is taken`() throws {
        let file = TemporaryFile("18446744073709551615 {}")
        #expect(try readAll(file.path) == [.line(.max, "{}", 1)])
    }

    @Test func `an empty file is a capture without lines`() throws {
        let file = TemporaryFile("")
        #expect(try readAll(file.path).isEmpty)
    }

    @Test func `a line of exactly the bound passes, a longer one is refused in bounded memory`()
        throws
    {
        let fits = "1 [" + String(repeating: " ", count: CaptureReader.lineLengthMax - 4) + "]"
        let long = "2 [" + String(repeating: " ", count: CaptureReader.lineLengthMax - 3) + "]"
        let file = TemporaryFile("\(fits)\n\(long)\n3 []\n\(long)\(long)\n4 []\n")
        let items = try readAll(file.path).map { item in
            switch item {
            case .line(let time, let text, let number): "\(time) \(text.utf8.count) \(number)"
            case .error(.malformed(_, let number, .tooLong)): "too long \(number)"
            case .error: "another error"
            }
        }
        let length = CaptureReader.lineLengthMax - 2
        #expect(items == ["1 \(length) 1", "too long 2", "3 2 3", "too long 4", "4 2 5"])
    }

    @Test func `a last line without end that is too long is refused`() throws {
        let long = "2 [" + String(repeating: " ", count: CaptureReader.lineLengthMax) + "]"
        let file = TemporaryFile(long)
        #expect(
            try readAll(file.path) == [
                .error(.malformed(path: file.path, line: 1, reason: .tooLong))
            ])
    }

    @Test func `a missing file and a directory are refused with their path`() {
        #expect(throws: CaptureError.cannotOpen(path: "/no/such/file", code: 2)) {
            _ = try readAll("/no/such/file")
        }
        #expect(throws: CaptureError.cannotOpen(path: "/", code: 21)) { _ = try readAll("/") }
    }

    @Test(.enabled(if: haveCaptures, "the recorded captures are not here"))
    func `a cut gzip file gives its whole lines, then an error that names it`() throws {
        let data = try Data(
            contentsOf: URL(filePath: "\(captures)/binance-spot_ethusdt_20240808.gz"))
        let file = TemporaryFile(bytes: Array(data.prefix(data.count / 16)), suffix: "gz")
        let items = try readAll(file.path)
        #expect(items.count > 100)
        #expect(items.last == .error(.cut(path: file.path)))
        let lines = items.dropLast().allSatisfy { if case .line = $0 { true } else { false } }
        #expect(lines)
    }

    @Test(.enabled(if: haveCaptures, "the recorded captures are not here"))
    func `a damaged gzip file is an error that names it`() throws {
        let data = try Data(
            contentsOf: URL(filePath: "\(captures)/binance-spot_ethusdt_20240808.gz"))
        var bytes = Array(data.prefix(data.count / 8))
        for index in (bytes.count / 2)..<(bytes.count / 2 + 64) { bytes[index] ^= 0xff }
        let file = TemporaryFile(bytes: bytes, suffix: "gz")
        let failures = try readAll(file.path).filter {
            switch $0 {
            case .error(.corrupt(file.path)), .error(.cut(file.path)): true
            default: false
            }
        }
        #expect(failures.count == 1)
    }

    @Test(.enabled(if: haveCaptures, "the recorded captures are not here"))
    func `every line of a recorded capture is read, with growing receive times`() throws {
        var reader = try CaptureReader(path: "\(captures)/binance-spot_ethusdt_20240808.gz")
        var last: UInt64 = 0
        var count = 0
        while let line = try reader.next() {
            #expect(line.receiveTimeNs >= last)
            last = line.receiveTimeNs
            count += 1
            #expect(line.lineNumber == count)
        }
        #expect(count == 33_618)
    }
}

@Suite("Merged captures")
struct CaptureMergeTests {
    /// Times and documents of a merge of `texts`, errors as their line numbers, negated.
    private func merged(_ texts: [String]) throws -> [String] {
        let paths = texts.map { text in
            let path = FileManager.default.temporaryDirectory
                .appending(path: "apus-\(UUID().uuidString)").path
            _ = FileManager.default.createFile(atPath: path, contents: Data(text.utf8))
            return path
        }
        defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
        var merge = try CaptureMerge(paths: paths)
        var result: [String] = []
        while true {
            do throws(CaptureError) {
                guard let line = try merge.next() else { return result }
                let text = unsafe String(decoding: line.json, as: UTF8.self)
                result.append("\(line.receiveTimeNs)\(text)@\(line.fileIndex)")
            } catch {
                guard case .malformed(_, let line, _) = error else { throw error }
                result.append("bad line \(line)")
            }
        }
    }

    @Test func `lines come by receive time, equal times by the order of files`() throws {
        #expect(
            try merged(["2 [2]\n5 [5]\n", "1 [1]\n2 [3]\n9 [9]\n", ""])
                == ["1[1]@1", "2[2]@0", "2[3]@1", "5[5]@0", "9[9]@1"])
    }

    @Test func `a bad line of one file costs no line of another`() throws {
        #expect(
            try merged(["1 [1]\nx\n5 [5]\n", "2 [2]\n6 [6]\n"])
                == ["1[1]@0", "bad line 2", "2[2]@1", "5[5]@0", "6[6]@1"])
    }

    @Test func `no file gives no line, a missing one is refused`() throws {
        #expect(try merged([]).isEmpty)
        #expect(throws: CaptureError.self) {
            _ = try CaptureMerge(paths: ["/no/such/file"])
        }
    }
}

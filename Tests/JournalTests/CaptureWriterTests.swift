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

/// A folder that disappears with the value.
final class TemporaryFolder {
    let path: String

    /// - Parameter isInMemory: Where nothing waits for a disk.
    init(isInMemory: Bool = false) throws {
        let parent = isInMemory
            ? URL(filePath: "/dev/shm") : FileManager.default.temporaryDirectory
        path = parent.appending(path: "apus-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
    }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: "\(path)/\(name)")))
    }
}

extension CaptureWriter {
    @discardableResult
    mutating func append(_ time: UInt64, _ text: String) throws -> Outcome {
        let bytes = Array(text.utf8)
        return try unsafe bytes.withUnsafeBytes {
            unsafe try append(receiveTimeNs: time, json: $0)
        }
    }
}

/// What a tool prints; `nil` where it is absent.
func output(of tool: String, _ arguments: [String]) throws -> [UInt8]? {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? Array(data) : nil
}

let second: UInt64 = 1_000_000_000
/// 2026-11-26 14:49:39.123 UTC.
let begin: UInt64 = 1_795_704_579_123_456_789

@Suite("Written captures")
struct CaptureWriterTests {
    /// Documents of many lengths that compress badly.
    static func documents(_ count: Int, seed: UInt64) -> [String] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { index in
            let length = Int(random.next() % 300)
            let filling = (0..<length).map { _ in String(random.next() % 10) }.joined()
            return index % 3 == 0 ? "[\(index),\"\(filling)\"]" : "{\"\(index)\":\"\(filling)\"}"
        }
    }

    @Test(arguments: Compression.allCases, [65_536, 1 << 30] as [UInt64])
    func `what is written is read again, over all files of the series`(
        kind: Compression, sizeMax: UInt64
    ) throws {
        let folder = try TemporaryFolder()
        let documents = Self.documents(4_000, seed: 11)
        var writer = CaptureWriter(
            folder: folder.path, series: "v_s",
            limits: CaptureLimits(compression: kind, sizeMax: sizeMax, intervalNs: 0))
        for (index, text) in documents.enumerated() {
            try writer.append(begin + UInt64(index) * 10_000_000, text)
        }
        try writer.close(.end)
        let files = writer.takeClosed()
        #expect(files.map(\.name).sorted() == folder.names)
        #expect(sizeMax == 65_536 ? files.count > 2 : files.count == 1)
        var items: [Item] = []
        for file in files {
            let own = try readAll("\(folder.path)/\(file.name)")
            #expect(own.count == Int(file.messages))
            #expect(file.messages == file.messagesTaken)
            #expect(Int(file.bytes) == (try folder.bytes(file.name).count))
            #expect(file.closeReason == (file == files.last ? .end : .size))
            items += own
        }
        #expect(
            items.map {
                if case .line(let time, let text, _) = $0 { "\(time) \(text)" } else { "" }
            }
                == documents.enumerated().map {
                    "\(begin + UInt64($0.offset) * 10_000_000) \($0.element)"
                })
    }

    @Test(arguments: [("gzip", Compression.gzip), ("zstd", .zstd)])
    func `the tools of the system read the same text`(tool: String, kind: Compression) throws {
        let folder = try TemporaryFolder()
        let documents = Self.documents(500, seed: 12)
        var writer = CaptureWriter(
            folder: folder.path, series: "v_s", limits: CaptureLimits(compression: kind))
        for (index, text) in documents.enumerated() {
            try writer.append(begin + UInt64(index) * 40_000_000, text)
        }
        try writer.close(.end)
        let files = writer.takeClosed()
        let file = try #require(files.first)
        guard let text = try output(of: tool, ["-dc", "\(folder.path)/\(file.name)"]) else {
            try Test.cancel("\(tool) is not here")
        }
        #expect(text.count == Int(file.textBytes))
        #expect(
            String(decoding: text, as: UTF8.self)
                == documents.enumerated().map {
                    "\(begin + UInt64($0.offset) * 40_000_000) \($0.element)\n"
                }.joined())
    }

    @Test(arguments: Compression.allCases)
    func `every prefix of a file gives a prefix of its lines, all up to the last flush`(
        kind: Compression
    ) throws {
        let folder = try TemporaryFolder()
        var writer = CaptureWriter(
            folder: folder.path, series: "v_s", limits: CaptureLimits(compression: kind))
        // Bytes in the file and messages it has, at each flush.
        var flushes: [(bytes: Int, messages: Int)] = []
        for (index, text) in Self.documents(12, seed: 13).enumerated() {
            try writer.append(begin + UInt64(index) * second / 4, text)
            let open = writer.current
            let file = try #require(open)
            if file.messages == file.messagesTaken {
                #expect(try folder.bytes(file.name).count == Int(file.bytes))
                flushes.append((Int(file.bytes), Int(file.messages)))
            }
        }
        #expect(flushes.map(\.messages) == [5, 9])
        try writer.close(.end)
        let files = writer.takeClosed()
        let name = try #require(files.first?.name)
        let whole = try folder.bytes(name)
        let all = try readAll("\(folder.path)/\(name)")
        #expect(all.count == 12)
        for length in 0...whole.count {
            let cut = TemporaryFile(bytes: Array(whole.prefix(length)), suffix: "cut")
            var items = try readAll(cut.path)
            if kind == .none {
                // A line of plain text may be cut anywhere.
                if case .error(.malformed) = items.last { items.removeLast() }
            } else if length > 0, length < whole.count {
                #expect(items.last == .error(.cut(path: cut.path)), "\(length)")
                items.removeLast()
            }
            #expect(items == Array(all.prefix(items.count)), "\(length)")
            for flush in flushes where length >= flush.bytes {
                #expect(items.count >= flush.messages, "\(length)")
            }
        }
    }

    @Test func `frames of zstd that follow one another are read as one`() throws {
        let folder = try TemporaryFolder()
        var bytes: [UInt8] = []
        for part in 0..<3 {
            var writer = CaptureWriter(
                folder: folder.path, series: "v_s", limits: CaptureLimits(compression: .zstd))
            try writer.append(UInt64(part), "[\(part)]")
            try writer.close(.end)
            let files = writer.takeClosed()
            bytes += try folder.bytes(try #require(files.first?.name))
        }
        // All begin in the first millisecond of 1970.
        #expect(
            folder.names == [
                "v_s_19700101T000000.000Z-2.zst", "v_s_19700101T000000.000Z-3.zst",
                "v_s_19700101T000000.000Z.zst",
            ])
        let file = TemporaryFile(bytes: bytes, suffix: "zst")
        #expect(try readAll(file.path) == (0..<3).map { .line(UInt64($0), "[\($0)]", $0 + 1) })
    }

    @Test func `a damaged zstd file is an error that names it, wherever the damage is`() throws {
        let folder = try TemporaryFolder()
        var writer = CaptureWriter(
            folder: folder.path, series: "v_s", limits: CaptureLimits(compression: .zstd))
        for (index, text) in Self.documents(10, seed: 14).enumerated() {
            try writer.append(begin + UInt64(index), text)
        }
        try writer.close(.end)
        let files = writer.takeClosed()
        let name = try #require(files.first?.name)
        let whole = try folder.bytes(name)
        let all = try readAll("\(folder.path)/\(name)")
        for index in 4..<whole.count {
            var bytes = whole
            bytes[index] ^= 0x5a
            let file = TemporaryFile(bytes: bytes, suffix: "zst")
            let items = try readAll(file.path)
            #expect(items != all, "\(index)")
            let failures = items.filter {
                $0 == .error(.corrupt(path: file.path)) || $0 == .error(.cut(path: file.path))
            }
            #expect(failures.count == 1, "\(index)")
        }
    }

    @Test func `a file ends where its interval ends, and names tell when it began`() throws {
        let folder = try TemporaryFolder()
        var writer = CaptureWriter(
            folder: folder.path, series: "v_s",
            limits: CaptureLimits(compression: .none, intervalNs: 10 * second))
        let times: [UInt64] = [begin, begin + second / 2, begin + 2 * second, begin + 30 * second]
        let outcomes = try times.map { try writer.append($0, "{}") }
        #expect(outcomes == [.began, .written, .began, .began])
        try writer.close(.end)
        #expect(
            folder.names == [
                "v_s_20261126T144939.123Z.txt", "v_s_20261126T144941.123Z.txt",
                "v_s_20261126T145009.123Z.txt",
            ])
        let files = writer.takeClosed()
        #expect(files.map(\.closeReason) == [.interval, .interval, .end])
        #expect(files.map(\.firstTimeNs) == [times[0], times[2], times[3]])
        #expect(files.map(\.lastTimeNs) == [times[1], times[2], times[3]])
        let more = writer.takeClosed()
        #expect(more.isEmpty)
    }

    @Test(arguments: [
        ("{\"a\":\n 1}", "{\"a\":  1}"), ("\r\n [1] \n", "[1]"), ("{\n\n}", "{  }"),
    ])
    func `a document of several lines becomes one line`(text: String, line: String) throws {
        let folder = try TemporaryFolder()
        var writer = CaptureWriter(
            folder: folder.path, series: "v_s", limits: CaptureLimits(compression: .none))
        let outcome = try writer.append(7, text)
        #expect(outcome == .began)
        try writer.close(.end)
        #expect(try readAll("\(folder.path)/\(folder.names[0])") == [.line(7, line, 1)])
    }

    @Test(arguments: ["", "pong", "{", "[}", "{]", " \n ", "7", "\"{}\""])
    func `what is no object or array is refused and leaves no file`(text: String) throws {
        let folder = try TemporaryFolder()
        var writer = CaptureWriter(
            folder: folder.path, series: "v_s", limits: CaptureLimits(compression: .none))
        let outcome = try writer.append(7, text)
        #expect(outcome == .refused)
        try writer.close(.end)
        #expect(folder.names == [])
    }

    @Test func `a line of exactly the bound is written, a longer one refused`() throws {
        let folder = try TemporaryFolder()
        var writer = CaptureWriter(
            folder: folder.path, series: "v_s", limits: CaptureLimits(compression: .zstd))
        let blanks = CaptureReader.lineLengthMax - 23
        let fits = "[" + String(repeating: " ", count: blanks) + "]"
        let long = "[" + String(repeating: " ", count: blanks + 1) + "]"
        let outcomes = try [fits, long].map { try writer.append(.max / 2, $0) }
        #expect(outcomes == [.began, .refused])
        try writer.close(.end)
        #expect(
            try readAll("\(folder.path)/\(folder.names[0])") == [.line(.max / 2, fits, 1)])
    }

    @Test func `a folder that is not there or may not be written to is told in one line`() throws {
        var writer = CaptureWriter(
            folder: "/no/such", series: "v_s", limits: CaptureLimits(compression: .none))
        let path = "/no/such/v_s_19700101T000000.000Z.txt"
        var failure: CaptureError?
        do { try writer.append(7, "{}") } catch { failure = error as? CaptureError }
        #expect(failure == .cannotWrite(path: path, code: 2))
        #expect(
            CaptureError.cannotWrite(path: path, code: 13).description
                == "\(path): Permission denied")
    }

    /// *Goal*: a disk that is full costs what came after the last flush and nothing before.
    /// *Method*: a child process may write files of 100 kB only.
    @Test func `a file that cannot grow keeps what was flushed and says how much`() async throws {
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            let limited = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
            var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
            guard unsafe setrlimit(limited, &limit) == 0 else { exit(2) }
            let folder = try TemporaryFolder()
            var writer = CaptureWriter(
                folder: folder.path, series: "v_s", limits: CaptureLimits(compression: .gzip))
            var failure: CaptureError?
            for (index, text) in CaptureWriterTests.documents(5_000, seed: 15).enumerated() {
                do {
                    try writer.append(begin + UInt64(index) * 5_000_000, text)
                } catch let error as CaptureError {
                    failure = error
                    break
                }
            }
            let files = writer.takeClosed()
            let file = try #require(files.first)
            let path = "\(folder.path)/\(file.name)"
            #expect(failure == .cannotWrite(path: path, code: EFBIG))
            #expect(file.closeReason == .failed)
            #expect(file.messages > 0)
            #expect(file.messages < file.messagesTaken)
            #expect(file.bytes == 100_000)
            let items = try readAll(path)
            #expect(items.last == .error(.cut(path: path)))
            #expect(items.count - 1 >= Int(file.messages))
        }
    }
}

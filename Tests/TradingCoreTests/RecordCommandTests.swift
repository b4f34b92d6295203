//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Journal
import Platform
import Telemetry
import TestSupport
import Testing

/// `apus record` in a folder of its own.
private final class RecorderProgram {
    let program: Program
    let folder: String
    private let instance: String
    private var reader: TelemetryReader?

    /// Records what `venue` sends.
    init(
        _ test: String, _ venue: VenueProgram, _ arguments: [String] = [],
        settings: [String] = [], in workplace: Workplace, folder: String? = nil,
        wrapper: [String] = []
    ) throws {
        instance = EngineProgram.name(test)
        self.folder = folder ?? workplace.file(test)
        let config = try workplace.write(venue.endpoints, to: "\(test).yaml")
        program = try Program(
            "apus",
            ["record", "--out", self.folder, "--config", config] + arguments
                + (["system.instance=\(instance)", "placement.idle=yield"] + settings)
                .flatMap { ["--set", $0] },
            in: workplace, log: test, wrapper: wrapper)
    }

    func counter(_ name: String) -> UInt64 {
        if reader == nil {
            reader = try? TelemetryReader(path: "/dev/shm/apus.\(instance)-record/telemetry")
        }
        return reader?.counters.first { $0.name == name }?.value ?? 0
    }

    var messages: UInt64 { counter("recorder_messages_total") }
    var snapshots: UInt64 { counter("recorder_snapshots_total") }

    func awaitThat(_ what: String, seconds: Double = 60, _ condition: () throws -> Bool) throws {
        try waitUntil(what, seconds: seconds) {
            guard program.child.isRunning else {
                throw Overdue(description: "the recorder ended: \(program.errors)")
            }
            return try condition()
        }
    }

    /// Paths of the captures, oldest first of each series.
    var captures: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
            .filter { !$0.hasSuffix(".json") && !$0.hasSuffix(".new") }.map { "\(folder)/\($0)" }
    }

    func manifest() throws -> RunSummary.Row {
        let text = try String(contentsOfFile: "\(folder)/manifest.json", encoding: .utf8)
        return RunSummary.Row(values: try jsonObject(text))
    }

    func stop(_ signal: Int32 = SIGINT) throws -> Int32 {
        program.child.signal(signal)
        return try program.exitStatus(within: 20)
    }
}

/// Lines of a capture and what it ends with.
private func lines(of path: String) throws -> (count: Int, snapshots: Int, failure: CaptureError?) {
    var reader = try CaptureReader(path: path)
    var (count, snapshots) = (0, 0)
    do throws(CaptureError) {
        while let line = try reader.next() {
            count += 1
            if unsafe line.json.starts(with: "{\"lastUpdateId\"".utf8) { snapshots += 1 }
        }
        return (count, snapshots, nil)
    } catch { return (count, snapshots, error) }
}

extension ProgramTests {
    @Suite("Recording")
    struct Record {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        private func replay(
            _ files: [String], _ emit: String = "book", log: String = "tool"
        ) throws -> (status: Int32, output: String, errors: String) {
            try Program.run(
                "apus", ["replay"] + files + ["--emit", emit], in: workplace, log: log)
        }

        /// The manifest tells of every file what is in it.
        private func expectManifest(_ recorder: RecorderProgram) throws -> RunSummary.Row {
            let manifest = try recorder.manifest()
            let rows = try manifest.rows("files")
            #expect(
                try Set(rows.map { try "\(recorder.folder)/\($0.text("file"))" })
                    == Set(recorder.captures))
            var sum = 0
            for row in rows {
                let path = try "\(recorder.folder)/\(row.text("file"))"
                let found = try lines(of: path)
                #expect(found.failure == nil, "\(path)")
                #expect(try found.count == row.count("messages"), "\(path)")
                #expect(try found.snapshots == row.count("snapshots"), "\(path)")
                #expect(try row.count("messages_taken") == row.count("messages"), "\(path)")
                let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
                #expect(try size == row.count("file_bytes"))
                #expect(try row.count("first_time_ns") <= row.count("last_time_ns"))
                sum += found.count
            }
            #expect(try manifest.count("messages") == sum)
            #expect(try manifest.flag("is_complete"))
            return manifest
        }

        @Test func `without addresses the simulator is recorded and replays to books`() throws {
            let folder = workplace.file("out")
            let (status, output, errors) = try Program.run(
                "apus",
                [
                    "record", "--venue", "binance-usdm", "--symbols", "BTC-USDT,ETH-USDT",
                    "--out", folder, "--duration", "4s", "--set",
                    "system.instance=\(EngineProgram.name("demo"))",
                ], in: workplace)
            #expect(status == 0, "\(errors)")
            #expect(output.contains(" 0 connections lost: nothing was lost"), "\(output)")
            let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(files.count == 3)
            #expect(files[0].hasPrefix("binance-usdm_btcusdt_") && files[0].hasSuffix("Z.gz"))
            #expect(files[1].hasPrefix("binance-usdm_ethusdt_") && files[1].hasSuffix("Z.gz"))
            #expect(files[2] == "manifest.json")
            for file in files.prefix(2) {
                #expect(try lines(of: "\(folder)/\(file)").snapshots == 1)
                let run = try replay(["\(folder)/\(file)"])
                #expect(run.status == 0, "\(run.errors)")
                #expect(run.errors.contains("0 malformed, 0 parse errors, 0 unknown, 0 gaps"))
                let book = try jsonObject(run.output)
                #expect((book["bids"] as? [Any])?.isEmpty == false)
                #expect((book["update_id"] as? Int ?? 0) > 0)
            }
        }

        @Test func `two venues are recorded side by side, each by its own names`() throws {
            let folder = workplace.file("both")
            let (status, output, errors) = try Program.run(
                "apus",
                [
                    "record", "--venue", "binance-usdm,okx", "--symbols",
                    "binance-usdm:BTC-USDT,okx:BTC-USDT-SWAP", "--out", folder, "--duration",
                    "3s", "--compress", "zstd", "--set",
                    "system.instance=\(EngineProgram.name("both"))",
                ], in: workplace)
            #expect(status == 0, "\(errors)")
            #expect(output.contains(" 0 connections lost: nothing was lost"), "\(output)")
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.hasSuffix(".zst") }.sorted()
            #expect(files.count == 2)
            for (file, venue) in zip(files, ["binance-usdm", "okx"]) {
                #expect(file.hasPrefix("\(venue)_btc") && file.hasSuffix("Z.zst"))
                let run = try Program.run(
                    "apus", ["replay", "\(folder)/\(file)", "--venue", venue, "--emit", "book"],
                    in: workplace)
                #expect(run.status == 0, "\(run.errors)")
                #expect(run.errors.contains("0 malformed, 0 parse errors"), "\(run.errors)")
                #expect(run.errors.contains(" 0 gaps"), "\(run.errors)")
                #expect((try jsonObject(run.output)["bids"] as? [Any])?.isEmpty == false)
            }
        }

        /// *Goal*: nothing is lost. *Method*: the simulator plays a recording and says how many
        /// messages it sent; the same number is recorded, and the books that follow from them are
        /// those of the recording.
        @Test(
            .enabled(if: Captures.areThere, "the recordings are absent"),
            arguments: ["gzip", "zstd", "none"])
        func `every message that was sent is recorded, and its book is the golden one`(
            compression: String
        ) throws {
            let venue = try VenueProgram(
                ["--replay", Captures.bitcoin, Captures.ether, "--speed", "60"], in: workplace)
            let recorder = try RecorderProgram(
                "all", venue, ["--symbols", "BTC-USDT,ETH-USDT", "--compress", compression],
                settings: ["trading.depth_interval=0ms"], in: workplace)
            try recorder.awaitThat("the replay ends", seconds: 90) {
                venue.program.errors.contains("replay ends")
            }
            let sent = try #require(
                venue.program.errors.firstMatch(of: /([0-9]+) messages sent/).flatMap {
                    UInt64($0.1)
                })
            try recorder.awaitThat("all messages are there") {
                recorder.messages >= sent + recorder.snapshots && recorder.snapshots >= 2
            }
            #expect(try recorder.stop() == 0, "\(recorder.program.errors)")
            let manifest = try expectManifest(recorder)
            #expect(
                try manifest.count("messages") - manifest.count("snapshots") == Int(sent))
            #expect(try manifest.count("connection_losses") == 0)
            #expect(try manifest.count("not_written") == 0)
            #expect(recorder.captures.count == 2)
            for (file, source) in zip(recorder.captures, [Captures.bitcoin, Captures.ether]) {
                let run = try replay([file])
                #expect(run.status == 0, "\(run.errors)")
                #expect(run.errors.contains("0 malformed, 0 parse errors, 0 unknown, 0 gaps"))
                let final = try #require(Captures.golden(source)["final"] as? [String: Any])
                let book = try jsonObject(run.output)
                #expect(book["update_id"] as? Int == final["u"] as? Int)
                let found = try digest(
                    of: try #require(book["bids"] as? [[String]]),
                    try #require(book["asks"] as? [[String]]), in: workplace)
                #expect(found == final["sha256"] as? String)
            }
        }

        @Test func `files are rotated by size, each with a snapshot of its own`() throws {
            let venue = try VenueProgram(["--rate", "5"], in: workplace)
            let recorder = try RecorderProgram(
                "rotated", venue,
                ["--symbols", "BTC-USDT", "--rotate-size", "256KiB", "--compress", "none"],
                in: workplace)
            try recorder.awaitThat("four files") { recorder.captures.count >= 4 }
            #expect(try recorder.stop(SIGTERM) == 0, "\(recorder.program.errors)")
            let manifest = try expectManifest(recorder)
            let rows = try manifest.rows("files")
            let reasons = try rows.map { try $0.text("closed_by") }
            #expect(reasons.dropLast().allSatisfy { $0 == "size" } && reasons.last == "end")
            for (row, file) in zip(rows.dropLast(), recorder.captures) {
                #expect(try row.count("file_bytes") >= 256 << 10)
                let run = try replay([file])
                #expect(run.status == 0, "\(run.errors)")
                #expect(run.errors.contains("0 malformed, 0 parse errors, 0 unknown, 0 gaps"))
                #expect((try jsonObject(run.output)["bids"] as? [Any])?.isEmpty == false)
            }
            let together = try replay(recorder.captures)
            #expect(together.status == 0)
            #expect(together.errors.contains("0 malformed, 0 parse errors, 0 unknown, 0 gaps"))
        }

        @Test func `a lost connection is told, and the book is found again behind it`() throws {
            let venue = try VenueProgram(in: workplace)
            let recorder = try RecorderProgram(
                "lossy", venue, ["--symbols", "BTC-USDT"], in: workplace)
            try recorder.awaitThat("a snapshot") { recorder.snapshots >= 1 }
            venue.program.child.signal(SIGUSR1)
            try recorder.awaitThat("both connections are lost and there again") {
                recorder.counter("recorder_connection_losses_total") >= 2
                    && recorder.counter("reader_connects_total") >= 4
            }
            try recorder.awaitThat("another snapshot") { recorder.snapshots >= 2 }
            let seen = recorder.messages
            try recorder.awaitThat("messages behind it") { recorder.messages > seen + 100 }
            #expect(try recorder.stop() == 0, "\(recorder.program.errors)")
            let manifest = try expectManifest(recorder)
            #expect(try manifest.count("connection_losses") == 2)
            #expect(try manifest.rows("files").map { try $0.count("connection_losses") } == [2])
            #expect(
                recorder.program.output.contains("messages may be missing"),
                "\(recorder.program.output)")
            let run = try replay(recorder.captures)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.errors.contains("0 malformed, 0 parse errors, 0 unknown"))
            #expect((try jsonObject(run.output)["bids"] as? [Any])?.isEmpty == false)
        }

        @Test(arguments: ["gzip", "zstd"])
        func `a recorder that is killed leaves what it had flushed`(compression: String) throws {
            let venue = try VenueProgram(in: workplace)
            let recorder = try RecorderProgram(
                "killed", venue, ["--symbols", "BTC-USDT", "--compress", compression],
                in: workplace)
            // What is readable while it records is readable when it is killed.
            var readable = 0
            try recorder.awaitThat("lines that can be read") {
                guard let file = recorder.captures.first else { return false }
                readable = try lines(of: file).count
                return readable > 200 && recorder.snapshots > 0
            }
            recorder.program.child.kill()
            _ = try recorder.program.exitStatus()
            let file = try #require(recorder.captures.first)
            let left = try lines(of: file)
            #expect(left.count >= readable)
            #expect(left.failure == .cut(path: file))
            #expect(try !recorder.manifest().flag("is_complete"))
            let run = try replay([file])
            #expect(run.errors.contains("ends too early"), "\(run.errors)")
            #expect((try jsonObject(run.output)["bids"] as? [Any])?.isEmpty == false)
        }

        @Test(.enabled(if: Program.mayMount, "this user may not mount"))
        func `a full disk ends it with one line, and what is there can be read`() throws {
            let venue = try VenueProgram(["--rate", "5"], in: workplace)
            let small = workplace.file("small")
            try FileManager.default.createDirectory(
                atPath: small, withIntermediateDirectories: false)
            let kept = workplace.file("kept")
            // Copies what is on the small file system before that goes away.
            let recorder = try RecorderProgram(
                "full", venue, ["--symbols", "BTC-USDT"], in: workplace, folder: small,
                wrapper: [
                    "unshare", "-m", "sh", "-c",
                    "mount -t tmpfs -o size=128k tmpfs '\(small)' && { \"$@\"; status=$?; "
                        + "cp -r '\(small)' '\(kept)'; exit $status; }", "sh",
                ])
            #expect(try recorder.program.exitStatus(within: 60) == 1)
            let errors = recorder.program.plainErrors
            #expect(errors.count == 1, "\(errors)")
            #expect(errors.first?.hasSuffix(": No space left on device") == true, "\(errors)")
            #expect(recorder.program.output.contains("stopped early"))
            let names = try FileManager.default.contentsOfDirectory(atPath: kept).sorted()
            let file = try #require(names.first { $0.hasPrefix("binance-usdm_btcusdt_") })
            let found = try lines(of: "\(kept)/\(file)")
            #expect(found.count > 0)
            #expect(found.failure == .cut(path: "\(kept)/\(file)"))
        }

        @Test func `an earlier manifest is set aside and captures are never written over`() throws {
            let venue = try VenueProgram(in: workplace)
            for run in 1...2 {
                let recorder = try RecorderProgram(
                    "twice", venue, ["--symbols", "BTC-USDT"], in: workplace)
                try recorder.awaitThat("messages") { recorder.messages > 10 }
                #expect(try recorder.stop() == 0, "\(recorder.program.errors)")
                #expect(recorder.captures.count == run)
                #expect(try recorder.manifest().rows("files").count == 1)
            }
            let names = try FileManager.default.contentsOfDirectory(
                atPath: workplace.file("twice"))
            #expect(names.count { $0.hasPrefix("manifest_before_") } == 1)
        }

        @Test(arguments: [
            (["record"], 2, "--out DIR is required"),
            (["record", "--out", "x", "--rotate-size", "3"], 2, "--rotate-size"),
            (["record", "--out", "x", "--rotate-size", "64MB"], 2, "--rotate-size"),
            (["record", "--out", "x", "--compress", "lzma"], 2, "--compress"),
            (["record", "--out", "x", "--venue", "nowhere"], 2, "trading.venues"),
            (["record", "--out", "/no/such/folder"], 1, "--out /no/such/folder: No such file"),
            (["record", "--out", "/proc/apus"], 1, "--out /proc/apus: No such file"),
        ])
        func `what cannot be recorded is refused in one line`(
            arguments: [String], status: Int, reason: String
        ) throws {
            let run = try Program.run("apus", arguments, in: workplace)
            #expect(run.status == Int32(status))
            let shown = run.errors.split(separator: "\n")
            #expect(shown.count == 1, "\(run.errors)")
            #expect(run.errors.contains(reason), "\(run.errors)")
        }

        @Test(.enabled(if: Program.mayMount, "this user may not mount"))
        func `a folder on a file system that is only for reading is refused at once`() throws {
            let folder = workplace.file("fixed")
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false)
            let program = try Program(
                "apus",
                [
                    "record", "--out", folder, "--set",
                    "system.instance=\(EngineProgram.name("fixed"))",
                ], in: workplace,
                wrapper: [
                    "unshare", "-m", "sh", "-c",
                    "mount -t tmpfs -o ro tmpfs '\(folder)' && exec \"$@\"", "sh",
                ])
            #expect(try program.exitStatus(within: 60) == 1)
            #expect(program.plainErrors.count == 1, "\(program.errors)")
            #expect(
                program.plainErrors.first?.contains("Read-only file system") == true,
                "\(program.errors)")
        }

        @Test func `help tells every option`() throws {
            let run = try Program.run("apus", ["record", "--help"], in: workplace)
            #expect(run.status == 0)
            for option in [
                "--out", "--venue", "--symbols", "--duration", "--compress", "--rotate-size",
                "--rotate-interval", "--config", "--set",
            ] { #expect(run.output.contains(option), "\(option)") }
        }
    }
}

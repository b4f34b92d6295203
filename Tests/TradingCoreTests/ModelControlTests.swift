//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import Platform
import Telemetry
import TestSupport
import Testing

extension ProgramTests {
    /// Goal: the models of a running engine are exchanged and switched from outside, and what is
    /// refused changes nothing.
    @Suite(
        "Models of a running engine",
        .enabled(if: Captures.areThere, "the recordings are absent"))
    struct ModelControlTests {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        /// A model fitted for `horizon`; each horizon gives another file.
        private func fitted(_ horizon: String) throws -> String {
            let file = workplace.file("linear-\(horizon).model")
            let fit = try Program.run(
                "apus",
                [
                    "model", "fit-linear", Captures.bitcoin, "--horizon", horizon, "--out", file,
                    "--set", "trading.timeframes=1s",
                ], in: workplace)
            try #require(fit.status == 0, "\(fit.errors)")
            return file
        }

        private func model(_ engine: EngineProgram, _ arguments: String...) throws -> (
            status: Int32, output: String, errors: String
        ) {
            try Program.run(
                "apus", ["model"] + arguments + ["--instance", engine.instance], in: workplace)
        }

        /// The checksum, hexadecimal, that an answer ends with.
        private func checksum(_ answer: String) throws -> String {
            String(
                try #require(answer.split(whereSeparator: \.isWhitespace).last, "\(answer)"))
        }

        /// What the monitor says of model `name`.
        private func shown(_ engine: EngineProgram, _ name: String) throws -> [String: Any] {
            let view = try Program.run(
                "apus-monitor",
                ["--once", "--format", "json", "--instance", engine.instance], in: workplace)
            #expect(view.status == 0, "\(view.errors)")
            let rows = try #require(try jsonObject(view.output)["models"] as? [[String: Any]])
            return try #require(rows.first { $0["name"] as? String == name })
        }

        private func awaitShown(
            _ engine: EngineProgram, _ name: String, _ key: String, _ value: String
        ) throws {
            try waitUntil("\(name)'s \(key) is \(value)") {
                try shown(engine, name)[key] as? String == value
            }
        }

        private func engine(
            _ venue: VenueProgram, _ first: String, _ second: String
        ) throws -> EngineProgram {
            let engine = try EngineProgram(
                "control", venue, ["strategy.name=signal-threshold", "trading.timeframes=1s"],
                yaml: """
                    models:
                      - {file: \(first), name: first}
                      - {file: \(second), name: second}

                    """, in: workplace)
            try engine.awaitReady()
            try engine.awaitThat("signals") { engine.counter("inference_signals_total") > 20 }
            return engine
        }

        @Test func `a model is loaded, taken back, switched off and on again`() throws {
            let (short, long) = (try fitted("500ms"), try fitted("2s"))
            let venue = try VenueProgram(in: workplace)
            let engine = try engine(venue, short, short)
            let before = try #require(try shown(engine, "first")["checksum"] as? String)
            #expect(try shown(engine, "first")["state"] as? String == "on")

            let load = try model(engine, "load", "first", long)
            #expect(load.status == 0, "\(load.errors)")
            #expect(load.output.contains(long))
            let after = try checksum(load.output)
            #expect(after != before)
            try awaitShown(engine, "first", "checksum", after)
            #expect(try shown(engine, "second")["checksum"] as? String == before)

            try refusesWithoutChange(engine, long, checksum: after)

            let back = try model(engine, "rollback", "first")
            #expect(back.status == 0, "\(back.errors)")
            #expect(try checksum(back.output) == before)
            try awaitShown(engine, "first", "checksum", before)

            #expect(try model(engine, "off", "first").status == 0)
            try awaitShown(engine, "first", "state", "off")
            #expect(try shown(engine, "first")["share"] as? Double == 0)
            #expect(try shown(engine, "second")["share"] as? Double == 1)
            #expect(try model(engine, "on", "first").output == "first: on\n")
            try awaitShown(engine, "first", "state", "on")
            #expect(engine.counter("inference_loads_total") == 2)

            let (status, summary) = try engine.stop()
            #expect(venue.program.child.isRunning)
            #expect(status == 0, "\(engine.program.errors)")
            try summary.expectConsistent()
            let rows = try summary.root.rows("models")
            #expect(try rows.map { try $0.text("name") } == ["first", "second"])
            #expect(try rows.map { try $0.text("checksum") } == [before, before])
            #expect(try rows.map { try $0.text("state") } == ["on", "on"])
        }

        /// One line with the reason each, exit status 1, or 2 where the request itself is wrong.
        private func refusesWithoutChange(
            _ engine: EngineProgram, _ good: String, checksum: String
        ) throws {
            var bytes = try Data(contentsOf: URL(fileURLWithPath: good))
            bytes[bytes.count / 2] ^= 0x10
            let damaged = workplace.file("damaged.model")
            try bytes.write(to: URL(fileURLWithPath: damaged))
            let absent = workplace.file("absent.model")
            let deep = "/" + String(repeating: "x", count: 511)
            for (arguments, status, word) in [
                (["load", "first", damaged], 1, "the model in use stays"),
                (["load", "first", absent], 1, "absent.model"),
                (["load", "third", good], 1, "there are first, second"),
                (["rollback", "second"], 1, "not replaced"),
                (["off", "third"], 1, "no model 'third'"),
                (["load", "first", deep], 2, "at most 511"),
                (["load", "first", ""], 2, "empty"),
                (["on", String(repeating: "a", count: 33)], 2, "at most 32"),
            ] as [([String], Int32, String)] {
                let refused = try Program.run(
                    "apus", ["model"] + arguments + ["--instance", engine.instance],
                    in: workplace)
                #expect(refused.status == status, "\(arguments): \(refused.errors)")
                #expect(refused.errors.contains(word), "\(arguments): \(refused.errors)")
                #expect(refused.errors.split(separator: "\n").count == 1, "\(refused.errors)")
                #expect(refused.output.isEmpty, "\(arguments)")
            }
            #expect(try shown(engine, "first")["checksum"] as? String == checksum)
            #expect(engine.counter("inference_loads_total") == 1)
        }
    }

    /// Goal: a request reaches the engine as it was meant, and every end of it is told.
    @Suite("Requests to an engine's models")
    struct ModelRequestTests {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        @Test func `without an engine the request says so`() throws {
            let lost = try Program.run(
                "apus", ["model", "off", "first", "--instance", EngineProgram.name("nobody")],
                in: workplace)
            #expect(lost.status == 1)
            #expect(lost.errors.contains("no engine named"), "\(lost.errors)")
        }

        @Test func `a request is answered, refused, put off, or given up`() throws {
            let name = EngineProgram.name("mailbox")
            let directory = try #require(InstanceDirectory(name: name))
            try directory.claim()
            defer { directory.remove() }
            // This process is the engine.
            let control = try ControlHandle.create(directory.segment("control"))
            func ask(_ arguments: String..., timeout: String = "30s") throws -> Program {
                try Program(
                    "apus",
                    ["model"] + arguments + ["--instance", name, "--timeout", timeout],
                    in: workplace, log: arguments[0])
            }

            let load = try ask("load", "first", "folder/a.model")
            try waitUntil("the request stands") { control.modelRequest != nil }
            let here = FileManager.default.currentDirectoryPath
            #expect(
                control.modelRequest
                    == ModelOrder(.load, name: "first", file: "\(here)/folder/a.model"))
            let other = try ask("on", "second")
            #expect(try other.exitStatus() == 1)
            #expect(other.errors.contains("busy with another request"), "\(other.errors)")
            control.answerModelRequest("loaded it", isRefused: false)
            #expect(try load.exitStatus() == 0)
            #expect(load.output == "first: loaded it\n")

            let back = try ask("rollback", "first")
            try waitUntil("the request stands") { control.modelRequest != nil }
            #expect(control.modelRequest == ModelOrder(.rollBack, name: "first"))
            control.answerModelRequest("there is nothing", isRefused: true)
            #expect(try back.exitStatus() == 1)
            #expect(back.errors == "apus model: there is nothing\n")

            let off = try ask("off", "first", timeout: "20ms")
            #expect(try off.exitStatus() == 1)
            #expect(off.errors.contains("did not answer in 20.0ms"), "\(off.errors)")
        }
    }
}

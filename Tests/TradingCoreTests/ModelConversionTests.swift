//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Networks
import TestSupport
import Testing

extension ProgramTests {
    /// Goal: a trainer's folder becomes a model file, or nothing is written and the reason is told.
    @Suite("Models, from a trainer's folder to a file")
    struct ModelConversionTests {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        private static let linear = TrainedFolder(linear: 6, seed: 61)
        private static let network = TrainedFolder(
            network: NetworkShape(
                features: 6, steps: 5, body: .recurrent(.lstm, units: [16]), attentionUnits: 8),
            seed: 62, gain: 2)

        private static func folder(_ name: String) -> TrainedFolder {
            name == "linear" ? linear : network
        }

        private func model(_ arguments: String...) throws -> (
            status: Int32, output: String, errors: String
        ) {
            try Program.run("apus", ["model"] + arguments, in: workplace)
        }

        private func write(_ folder: TrainedFolder, to name: String) throws -> URL {
            let place = URL(filePath: workplace.file(name))
            try folder.write(to: place)
            return place
        }

        /// Converts a folder that must be refused, by `words` in one line each.
        private func expectRefusal(
            _ folder: URL, _ words: String..., source: SourceLocation = #_sourceLocation
        ) throws {
            let file = folder.path() + ".out"
            let run = try model("convert", folder.path(), "--out", file)
            #expect(run.status == 1, "\(run.errors)", sourceLocation: source)
            for word in words {
                #expect(run.errors.contains(word), "\(run.errors)", sourceLocation: source)
            }
            for name in [file, file + ".new"] {
                #expect(!FileManager.default.fileExists(atPath: name), sourceLocation: source)
            }
        }

        @Test(arguments: ["linear", "network"])
        func `a good folder becomes a file that is good, shown and measured`(
            name: String
        ) throws {
            let place = try write(Self.folder(name), to: name)
            let file = workplace.file("\(name).model")
            let run = try model("convert", place.path() + "/", "--json")
            #expect(run.status == 0, "\(run.output) \(run.errors)")
            let report = try #require(
                JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
            #expect(report["windows"] as? Int == 64)
            #expect(report["passes"] as? Int == 1)
            #expect(try #require(report["trainer_difference"] as? Double) < 1e-5)
            #expect(try #require(report["r2_float"] as? Double) > 0.999)
            #expect(try model("verify", file).output.contains("good"))
            let info = try model("info", file)
            #expect(info.output.contains(name == "linear" ? "linear" : "lstm"), "\(info.output)")
            #expect(info.output.contains("11223344"), "\(info.output)")

            let bench = try model("bench", file, "--json")
            #expect(bench.status == 0, "\(bench.errors)")
            let figures = try #require(
                JSONSerialization.jsonObject(with: Data(bench.output.utf8)) as? [String: Any])
            #expect(!figures.isEmpty)
            #expect(try model("bench", file).status == 0)
        }

        @Test func `a second conversion writes the same bytes over the first`() throws {
            let place = try write(Self.linear, to: "twice")
            let file = workplace.file("twice.model")
            #expect(try model("convert", place.path(), "--out", file).status == 0)
            let first = try Data(contentsOf: URL(filePath: file))
            #expect(try model("convert", place.path(), "--out", file).status == 0)
            #expect(try Data(contentsOf: URL(filePath: file)) == first)
        }

        @Test func `tensors that are cut, not finite, of another shape or missing are refused`()
            throws
        {
            let place = try write(Self.network, to: "cut")
            let tensors = place.appending(path: "model.safetensors")
            let bytes = try Data(contentsOf: tensors)
            try bytes.dropLast(4).write(to: tensors)
            try expectRefusal(place, "does not lie in the file")
            try Data(bytes.prefix(5)).write(to: tensors)
            try expectRefusal(place, "5 bytes are no file")
            try FileManager.default.removeItem(at: tensors)
            try expectRefusal(place, "cannot read", "model.safetensors")

            var folder = Self.network
            folder.tensors[1].values[3] = .nan
            try expectRefusal(
                try write(folder, to: "nan"), folder.tensors[1].name, "not finite")
            folder = Self.network
            folder.tensors[0].shape.reverse()
            try expectRefusal(try write(folder, to: "shape"), folder.tensors[0].name, "has shape")
            folder = Self.network
            let name = folder.tensors.remove(at: 2).name
            try expectRefusal(try write(folder, to: "missing"), name, "is missing")
        }

        @Test func `a description that is none of this engine's is refused`() throws {
            for (name, from, to, word) in [
                ("kind", "\"kind\":\"network\"", "\"kind\":\"oracle\"", "kind 'oracle'"),
                ("layer", "\"kind\":\"lstm\"", "\"kind\":\"rnn\"", "layer kind 'rnn'"),
                ("units", "\"units\":16", "\"units\":513", "units"),
                ("version", "\"version\":1", "\"version\":2", "version 1"),
                ("clip", "\"clip\":5.0", "\"clip\":0", "clip"),
                ("json", "{\"format\"", "{{\"format\"", "no JSON object"),
            ] {
                var folder = Self.network
                folder.json = folder.json.replacing(from, with: to)
                try expectRefusal(try write(folder, to: name), word)
            }
        }

        @Test(arguments: ["../secret", "/etc/passwd", "inner/trees.txt", ".hidden"])
        func `trees in another place than the folder are not read`(file: String) throws {
            var folder = Self.linear
            folder.json = folder.json.replacing(
                "\"kind\":\"linear\"",
                with: "\"kind\":\"lightgbm\",\"trees\":{\"file\":\"\(file)\"}")
            try expectRefusal(try write(folder, to: "trees"), "trees.file is no plain name")
        }

        @Test func `evaluation windows that are missing, few or not finite are refused`() throws {
            let place = try write(Self.linear, to: "evaluation")
            try FileManager.default.removeItem(
                at: place.appending(path: "evaluation.safetensors"))
            try expectRefusal(place, "cannot read", "evaluation.safetensors")
            var folder = Self.linear
            folder.evaluation.removeFirst()
            try expectRefusal(try write(folder, to: "windows"), "windows is missing")
            folder = Self.linear
            folder.evaluation[1].shape = [32]
            folder.evaluation[1].values.removeLast(32)
            try expectRefusal(try write(folder, to: "targets"), "targets has shape")
            folder = Self.linear
            folder.evaluation[2].values[0] = .infinity
            try expectRefusal(try write(folder, to: "outputs"), "outputs", "not finite")
        }

        @Test(arguments: ["linear", "network"])
        func `outputs that are not the model's are told and nothing is written`(
            name: String
        ) throws {
            var folder = Self.folder(name)
            folder.evaluation[2].values[7] += 0.5
            try expectRefusal(
                try write(folder, to: "outputs"), "the reference is not the trainer's model")
        }

        @Test func `a model without a finite score is refused`() throws {
            var folder = Self.linear
            folder.tensors[0].values = folder.tensors[0].values.map { _ in 3e38 }
            for index in 1...2 {
                folder.evaluation[index].values = folder.evaluation[index].values.map { _ in 0 }
            }
            try expectRefusal(try write(folder, to: "overflow"), "finite")
        }

        @Test func `an unwritable place leaves the reason and no file`() throws {
            let place = try write(Self.linear, to: "good")
            let run = try model("convert", place.path(), "--out", workplace.file("no/such.model"))
            #expect(run.status == 1)
            #expect(run.errors.contains("No such file"), "\(run.errors)")
        }

        @Test func `bench refuses what is no model file`() throws {
            let file = try workplace.write("no model", to: "text.model")
            let run = try model("bench", file)
            #expect(run.status == 1)
            #expect(run.errors.contains("cut short"), "\(run.errors)")
        }
    }
}

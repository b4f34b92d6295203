//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Inference
import Options
import TradingCore

/// `apus model convert` and `apus model bench`.
enum ModelFileCommands {
    private static let convertParser = OptionParser(
        command: "apus model convert",
        summary: """
            Make a model file of a folder that tuning/models wrote: quantise, judge the result on
            the folder's evaluation windows, and refuse it where it is not the trainer's model.
            """,
        options: [
            .value("out", "FILE", help: "Where the model goes; else FOLDER.model."),
            .flag("json", help: "Print the report as JSON."),
        ],
        positional: Positional(
            "FOLDER", count: 1...1, help: "With model.json and its tensors or trees."))

    static func convert(_ arguments: [String]) throws -> Int32 {
        let options = convertParser.parseOrExit(arguments)
        var folder = options.positional[0]
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        let output = options.text("out") ?? folder + ".model"
        let (contents, report) = try ModelConversion.convert(folder)
        print(options.isGiven("json") ? report.json : "\(contents.text)\n\(report.text)")
        guard report.failures.isEmpty else {
            for failure in report.failures { writeError("apus model convert: \(failure)") }
            return ExitStatus.failed
        }
        try ModelConversion.write(contents, to: output)
        writeError("model written to \(output)")
        return ExitStatus.ok
    }

    private static let benchParser = OptionParser(
        command: "apus model bench",
        summary: """
            Measure a model: from a vector to its score, and what its windows have to do
            afterwards, outside the path.
            """,
        options: [.flag("json", help: "Print the figures as JSON.")],
        positional: Positional("FILE", count: 1...1, help: "The model file."))

    static func bench(_ arguments: [String]) throws -> Int32 {
        let options = benchParser.parseOrExit(arguments)
        let file = options.positional[0]
        let model = try ModelFile.load(path: file, expectedSchemaHash: nil)
        let vectors = try ModelFile.goldenWindows(path: file).flatMap { $0 }
        let timing = ModelTiming(model, vectors: vectors)
        print(options.isGiven("json") ? timing.json : "\(model.contents.text)\n\(timing.text)")
        return ExitStatus.ok
    }
}

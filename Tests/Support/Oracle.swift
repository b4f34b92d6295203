//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Foundation

/// The libraries that numbers are compared with, in a Python of their own.
public enum Oracle {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let setupSecondsMax = 300
    /// Where scripts may leave what takes long to make; emptied with a change of the libraries.
    public static let folder = root.appending(path: ".build/oracles")

    /// Installs them the first time.
    public static let isThere: Bool = {
        let setup = root.appending(path: "Tests/Oracles/setup").path()
        return (try? status("timeout", ["\(setupSecondsMax)", setup], input: "")) == 0
    }()

    /// The Python that trains models, with what their exports are compared with.
    public static let training = root.appending(path: ".build/models")
    private static let trainingSecondsMax = 900

    /// Installs it the first time: PyTorch is large.
    public static let trainingIsThere: Bool = {
        let setup = root.appending(path: "tuning/models/setup").path()
        let arguments = ["\(trainingSecondsMax)", setup, "--oracle"]
        return (try? status("timeout", arguments, input: "")) == 0
    }()

    /// Runs a script of `Tests/Oracles` to its end.
    ///
    /// - Parameter environment: The Python to run it with.
    public static func run(
        _ script: String, _ arguments: [String], input: String = "", in environment: URL = folder
    ) throws {
        let path = root.appending(path: "Tests/Oracles/\(script)").path()
        let python = environment.appending(path: "bin/python").path()
        guard try status(python, [path] + arguments, input: input) == 0 else {
            throw CocoaError(.executableLoad)
        }
    }

    private static func status(
        _ program: String, _ arguments: [String], input: String
    ) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let pipe = Pipe()
        process.standardInput = pipe
        try process.run()
        try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try pipe.fileHandleForWriting.close()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// The numbers of a file that a script wrote.
    public static func numbers<Number: BitwiseCopyable & ExpressibleByIntegerLiteral>(
        _ file: URL, as: Number.Type
    ) throws -> [Number] {
        let data = try Data(contentsOf: file)
        var all = [Number](repeating: 0, count: data.count / MemoryLayout<Number>.stride)
        _ = unsafe all.withUnsafeMutableBytes { unsafe data.copyBytes(to: $0) }
        return all
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation

/// A linked executable, read with the tools of the Swift toolchain.
struct MachineCode {
    struct Function {
        let symbol: String
        /// "Risk.RiskStage.poll() -> Swift.Int".
        let name: String
    }

    enum Failure: Error, CustomStringConvertible {
        case missing(String)
        case tool(String, Int32, String)

        var description: String {
            switch self {
            case .missing(let what): "not found: \(what)"
            case .tool(let tool, let status, let output): "\(tool) ended with \(status): \(output)"
            }
        }
    }

    let path: String
    /// Functions whose Swift names hold one of the words asked for.
    let functions: [Function]

    /// - Parameter words: Parts of the mangled names that matter; all others are left out.
    init(path: String, words: [String]) throws {
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Failure.missing(path)
        }
        self.path = path
        let table = try Self.run("llvm-objdump", ["--syms", path])
        let symbols = table.split(separator: "\n").compactMap { line -> String? in
            guard line.contains(" F "), let last = line.split(separator: " ").last else {
                return nil
            }
            return words.contains { last.contains($0) } ? String(last) : nil
        }
        let unique = Array(Set(symbols)).sorted()
        guard !unique.isEmpty else {
            functions = []
            return
        }
        let list = unique.joined(separator: "\n") + "\n"
        let names = try Self.run("swift-demangle", ["--compact"], input: list)
            .split(separator: "\n", omittingEmptySubsequences: false)
        functions = zip(unique, names).map { Function(symbol: $0, name: String($1)) }
    }

    /// What the function of `symbol` calls or jumps to outside of itself, as symbols.
    /// An indirect call is "*".
    func calls(from symbol: String) throws -> Set<String> {
        let text = try Self.run(
            "llvm-objdump",
            ["--disassemble-symbols=\(symbol)", "--no-show-raw-insn", path])
        guard text.contains("<\(symbol)>:") else { throw Failure.missing(symbol) }
        return Self.calls(in: text, of: symbol)
    }

    static func calls(in disassembly: String, of symbol: String) -> Set<String> {
        var result: Set<String> = []
        for line in disassembly.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count >= 3, words[0].hasSuffix(":") else { continue }
            let isCall = words[1].hasPrefix("call") || words[1] == "bl" || words[1] == "blr"
            let isJump = words[1].hasPrefix("j") || words[1] == "b"
            guard isCall || isJump else { continue }
            guard let open = line.lastIndex(of: "<"), line.hasSuffix(">") else {
                if isCall { result.insert("*") }
                continue
            }
            let target = line[line.index(after: open)...].dropLast()
            // "<symbol+0x12>" is a place inside of a function.
            let name = target.split(separator: "+")[0]
            let callee = name.hasSuffix("@plt") ? name.dropLast(4) : name
            if callee == symbol && isJump { continue }
            if target.contains("+0x"), isJump { continue }
            result.insert(String(callee))
        }
        return result
    }

    // MARK: - Tools

    /// Runs a tool of the toolchain and returns its standard output.
    static func run(_ tool: String, _ arguments: [String], input: String = "") throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: try locate(tool))
        process.arguments = arguments
        let output = Pipe()
        let given = Pipe()
        process.standardOutput = output
        process.standardInput = given
        process.standardError = FileHandle.nullDevice
        try process.run()
        // A list of names fits the pipe only in part: it is written while the tool runs.
        let writer = Thread {
            try? given.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try? given.fileHandleForWriting.close()
        }
        writer.start()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure.tool(tool, process.terminationStatus, String(arguments.joined()))
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// `tool` beside the `swift` of PATH, whatever links lead there, or on PATH itself.
    static func locate(_ tool: String) throws -> String {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin")
            .split(separator: ":").map(String.init)
        let swifts = folders.map { URL(filePath: $0 + "/swift").resolvingSymlinksInPath() }
        let beside = swifts.map { $0.deletingLastPathComponent().path() }
        for folder in beside + folders {
            let path = URL(filePath: folder).appending(path: tool).path()
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        throw Failure.missing("\(tool) beside swift or on PATH")
    }

    /// The folder of this build's products: where the test program itself lies.
    static var products: URL {
        get throws {
            let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            let folder = program.deletingLastPathComponent()
            for candidate in [folder, SourcePlace.root.appending(path: ".build/release")]
            where FileManager.default.fileExists(atPath: candidate.appending(path: "apus").path()) {
                return candidate
            }
            throw Failure.missing("the executable apus beside \(program.path())")
        }
    }
}

enum SourcePlace {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}

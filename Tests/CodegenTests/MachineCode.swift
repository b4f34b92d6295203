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
        functions = try zip(unique, Self.names(of: unique)).map {
            Function(symbol: $0, name: $1)
        }
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

    /// What a function calls outside of itself, and the sizes of what it copies, where they are
    /// constants: a large one is a whole state.
    struct Body {
        var calls: Set<String> = []
        var copies: [Int] = []
    }

    /// The bodies of all functions that can be reached from `symbols` by direct calls.
    func reachable(from symbols: [String]) throws -> [String: Body] {
        var bodies: [String: Body] = [:]
        var next = Set(symbols)
        while !next.isEmpty {
            let text = try Self.run(
                "llvm-objdump",
                [
                    "--disassemble-symbols=\(next.sorted().joined(separator: ","))",
                    "--no-show-raw-insn", path,
                ])
            for (symbol, lines) in Self.functions(in: text) {
                bodies[symbol] = Body(
                    calls: Self.calls(in: lines, of: symbol), copies: Self.copies(in: lines))
            }
            // What is not in this program, another library's, has no body.
            for symbol in next where bodies[symbol] == nil { bodies[symbol] = Body() }
            next = Set(next.flatMap { bodies[$0]?.calls ?? [] }.filter { bodies[$0] == nil })
            next.remove("*")
        }
        return bodies
    }

    /// The functions of a disassembly, by their symbols.
    static func functions(in disassembly: String) -> [(symbol: String, lines: String)] {
        disassembly.components(separatedBy: "\n\n").compactMap { part in
            guard let open = part.firstIndex(of: "<"), let close = part.range(of: ">:"),
                open < close.lowerBound
            else { return nil }
            return (String(part[part.index(after: open)..<close.lowerBound]), part)
        }
    }

    /// Sizes given to `memcpy` and `memmove` as constants, which a compiler puts close before.
    static func copies(in disassembly: String) -> [Int] {
        let copiers = ["<memcpy@plt>", "<memcpy>", "<memmove@plt>", "<memmove>"]
        var result: [Int] = []
        var size: (value: Int, line: Int)?
        for (number, line) in disassembly.split(separator: "\n").enumerated() {
            if copiers.contains(where: { line.hasSuffix($0) }) {
                if let size, number - size.line < 12 { result.append(size.value) }
                size = nil
                continue
            }
            let words = line.split { " \t,".contains($0) }
            guard words.count >= 4 else { continue }
            // x86: `movl $0x240, %edx`; ARM: `mov w2, #0x240`; some versions write them decimal.
            let isMove = words[1].hasPrefix("mov")
            let isX86 = isMove && words[3] == "%edx" && words[2].hasPrefix("$")
            let isARM = isMove && ["w2", "x2"].contains(words[2]) && words[3].hasPrefix("#")
            // Whatever else is done to that register, the size is no constant any more.
            if words.dropFirst(2).contains(where: { $0 == "%rdx" || $0 == "%edx" }) { size = nil }
            guard isX86 || isARM else { continue }
            let text = (isX86 ? words[2] : words[3]).dropFirst()
            let isHex = text.hasPrefix("0x")
            if let value = Int(isHex ? text.dropFirst(2) : text, radix: isHex ? 16 : 10) {
                size = (value, number)
            }
        }
        return result
    }

    /// Swift names of symbols.
    static func names(of symbols: [String]) throws -> [String] {
        let text = try run(
            "swift-demangle", ["--compact"], input: symbols.joined(separator: "\n") + "\n")
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
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

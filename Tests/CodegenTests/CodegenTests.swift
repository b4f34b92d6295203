//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Testing

/// A stage whose `poll` runs on a hot thread.
struct HotStage: Sendable, CustomTestStringConvertible {
    let module: String
    let type: String

    var testDescription: String { "\(module).\(type)" }
}

/// Goal: what the compiler made of a hot function holds no call that allocates, counts references,
/// checks exclusivity, initialises lazily or locks.
///
/// Method: the linked executable is disassembled. A stage's `poll` is looked up by its Swift name;
/// where it was inlined altogether, the hot loop that took it in is looked at instead.
@Suite("Machine code of the hot path")
struct CodegenTests {
    #if DEBUG
        static let isRelease = false
    #else
        static let isRelease = true
    #endif

    static let stages = [
        HotStage(module: "Transport", type: "ReaderStage"),
        HotStage(module: "Venues", type: "ParserStage"),
        HotStage(module: "Indicators", type: "KernelStage"),
        HotStage(module: "Inference", type: "InferenceStage"),
        HotStage(module: "Strategy", type: "StrategyStage"),
        HotStage(module: "Execution", type: "ExecutionStage"),
        HotStage(module: "Risk", type: "RiskStage"),
        HotStage(module: "Gateway", type: "GatewayStage"),
    ]

    /// The type in TradingCore whose functions hold the loops that call `poll`.
    static let hotLoop = "TradingCore.HotLoop"

    /// Beginnings of symbols a hot function may not call.
    static let banned = [
        "swift_", "malloc", "calloc", "realloc", "free", "posix_memalign", "aligned_alloc",
        "pthread_mutex", "pthread_rwlock", "pthread_cond", "pthread_once", "_Znwm", "_Znam",
    ]

    @Test(
        .enabled(if: isRelease, "debug code is not optimised: run swift test -c release"),
        arguments: stages)
    func `poll calls nothing that allocates, counts references or locks`(
        stage: HotStage
    ) throws {
        let program = try MachineCode.products.appending(path: "apus").path()
        let code = try MachineCode(path: program, words: ["4poll", "HotLoop"])
        let name = "\(stage.module).\(stage.type).poll() -> Swift.Int"
        var functions = code.functions.filter { $0.name.contains(name) }
        if functions.isEmpty {
            functions = code.functions.filter { $0.name.contains(Self.hotLoop) }
        }
        #expect(!functions.isEmpty, "neither \(name) nor \(Self.hotLoop) is in \(program)")
        for function in functions {
            let calls = try code.calls(from: function.symbol).filter(Self.isBanned)
            #expect(calls.isEmpty, "\(function.name) calls \(calls.sorted())")
        }
    }

    static func isBanned(_ symbol: String) -> Bool {
        banned.contains { symbol.hasPrefix($0) }
    }
}

/// The check itself is checked: on functions of this test whose code is known.
@Suite("Machine code is read rightly")
struct MachineCodeTests {
    @Test(.enabled(if: CodegenTests.isRelease, "debug code is not optimised"))
    func `a function that allocates is found, one that adds is not`() throws {
        #expect(allocatingExample(1) == [2])
        #expect(addingExample(1) == 2)
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path()
        let code = try MachineCode(path: program, words: ["allocatingExample", "addingExample"])
        func calls(_ name: String) throws -> Set<String> {
            let function = try #require(
                code.functions.first { $0.name.hasPrefix("CodegenTests.\(name)(") })
            return try code.calls(from: function.symbol)
        }
        #expect(try calls("allocatingExample").contains { CodegenTests.isBanned($0) })
        #expect(try !calls("addingExample").contains { CodegenTests.isBanned($0) })
    }

    @Test func `calls, tail calls and indirect calls are read, inner jumps are not`() {
        let text = """
            0000000000401000 <hot>:
              401000:      \tpushq\t%rbp
              401001:      \tcallq\t0x402000 <swift_retain@plt>
              401006:      \tjne\t0x401001 <hot+0x1>
              401008:      \tcallq\t*%rax
              40100a:      \tjmp\t0x403000 <other>
              40100f:      \tcallq\t*0x2fe2(%rip)        # 0x403fe8 <malloc>
              401015:      \tjmp\t0x401000 <hot>
            """
        let calls = MachineCode.calls(in: text, of: "hot")
        #expect(calls == ["swift_retain", "*", "other", "malloc"])
    }

    @Test func `the tools of the toolchain are there`() throws {
        #expect(try MachineCode.locate("llvm-objdump").hasSuffix("llvm-objdump"))
        #expect(try MachineCode.locate("swift-demangle").hasSuffix("swift-demangle"))
        #expect(throws: MachineCode.Failure.self) { try MachineCode.locate("no-such-tool") }
    }
}

@inline(never)
public func allocatingExample(_ x: Int) -> [Int] { [x + 1] }

@inline(never)
public func addingExample(_ x: Int) -> Int { x + 1 }

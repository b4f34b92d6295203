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
        let (code, functions) = try Self.hotFunctions(of: stage)
        for function in functions {
            let calls = try code.calls(from: function.symbol).filter(Self.isBanned)
            #expect(calls.isEmpty, "\(function.name) calls \(calls.sorted())")
        }
    }

    /// The functions that hold a stage's `poll`, and the program they are of.
    static func hotFunctions(
        of stage: HotStage
    ) throws -> (code: MachineCode, functions: [MachineCode.Function]) {
        let program = try MachineCode.products.appending(path: "apus").path()
        let code = try MachineCode(path: program, words: ["4poll", "HotLoop"])
        let name = "\(stage.module).\(stage.type).poll() -> Swift.Int"
        var functions = code.functions.filter { $0.name.contains(name) }
        if functions.isEmpty {
            functions = code.functions.filter { $0.name.contains(Self.hotLoop) }
        }
        #expect(!functions.isEmpty, "neither \(name) nor \(Self.hotLoop) is in \(program)")
        return (code, functions)
    }

    /// Copies of more bytes than these are of a state, not of a record.
    static let copiedMax = 256

    /// Functions that copy more all the same, and why they may.
    static let copying = [
        // One indicator of many kinds is taken out of its enumeration and put back, at a bar.
        "Technical.IndicatorCode.update",
        // What a venue says of a connection, seldom; the counters of two decoders.
        "Venues.OKXEvents.take", "Venues.MarketDecoder.parseOKXMessage",
        "Venues.AccountDecoder.(okxEvent",
        // How a parent order is worked, looked at by the step of one.
        "Execution.ExecutionStage.stepParents",
    ]

    /// Goal: no state is copied to be read. A function that does not change a state which cannot be
    /// copied may be called on a copy of it nonetheless, one or two kilobytes a record; declared as
    /// mutating it is not. Method: the sizes of copies in all that `poll` reaches by direct calls.
    @Test(
        .enabled(if: isRelease, "debug code is not optimised: run swift test -c release"),
        arguments: stages)
    func `nothing that poll reaches copies a state`(stage: HotStage) throws {
        let (code, functions) = try Self.hotFunctions(of: stage)
        let bodies = try code.reachable(from: functions.map(\.symbol))
        #expect(bodies.count > functions.count, "what poll calls is followed")
        let large = bodies.filter { $0.value.copies.contains { $0 > Self.copiedMax } }
            .sorted { $0.key < $1.key }
        for (name, body) in try zip(MachineCode.names(of: large.map(\.key)), large.map(\.value))
        where !Self.copying.contains(where: { name.contains($0) }) {
            Issue.record("\(name) copies \(body.copies) bytes")
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

    @Test func `copies of a constant size are read`() {
        let text = """

            0000000000401000 <hot>:
              401000:      \tmovl\t$0x240, %edx            # imm = 0x240
              401005:      \tmovq\t%r12, %rdi
              401008:      \tcallq\t0x5e240 <memcpy@plt>
              40100d:      \tmovl\t$0x10, %edx
              401012:      \tcallq\t0x402000 <other>

            0000000000402000 <other>:
              402000:      \tcallq\t0x5e240 <memcpy@plt>
              402005:      \tmovl\t$2048, %edx             # imm = 0x800
              40200a:      \tsubq\t%rdi, %rdx
              40200d:      \tcallq\t0x5e240 <memcpy@plt>
              402012:      \tmovl\t$2048, %edx             # imm = 0x800
              402017:      \tjmp\t0x5e250 <memmove@plt>
            """
        let functions = MachineCode.functions(in: text)
        #expect(functions.map(\.symbol) == ["hot", "other"])
        #expect(functions.map { MachineCode.copies(in: $0.lines) } == [[0x240], [2_048]])
    }

    @Test(.enabled(if: CodegenTests.isRelease, "debug code is not optimised"))
    func `what a function reaches is followed, and its copies are found`() throws {
        #expect(reachingExample(3) == 3)
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path()
        let code = try MachineCode(path: program, words: ["reachingExample"])
        let start = try #require(code.functions.first { $0.name.contains("reachingExample") })
        let bodies = try code.reachable(from: [start.symbol])
        let copying = try #require(bodies.first { $0.key.contains("copyingExample") }?.value)
        #expect(copying.copies == [MemoryLayout<LargeExample>.size])
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

/// 2 KB, as a stage's state is.
typealias LargeExample = InlineArray<256, Int>

@inline(never)
public func reachingExample(_ x: Int) -> Int {
    let memory = UnsafeMutablePointer<LargeExample>.allocate(capacity: 2)
    defer { unsafe memory.deallocate() }
    unsafe memory.initialize(to: LargeExample(repeating: x))
    unsafe copyingExample(memory, to: memory + 1)
    return unsafe memory[1][7]
}

@inline(never)
func copyingExample(
    _ from: UnsafePointer<LargeExample>, to place: UnsafeMutablePointer<LargeExample>
) {
    unsafe place.pointee = unsafe from.pointee
}

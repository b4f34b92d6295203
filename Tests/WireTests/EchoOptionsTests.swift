//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Testing

@testable import Simulator

@Suite("Options of wire to wire")
struct EchoOptionsTests {
    @Test func `without options the engine and the echo are measured cold and warm`() throws {
        let options = try EchoOptions.parse([])
        #expect(options == EchoOptions())
        #expect(options.targets == ["apus", "echo"])
        #expect(options.rates == [20, 2_000])
        #expect(options.loads == [EchoOptions.Load(multiple: 0)])
    }

    @Test func `every option is taken`() throws {
        let options = try EchoOptions.parse([
            "--config", "c.yaml", "--targets", "client,apus", "--peer", "p", "--engine", "e",
            "--rate", "7", "--load", "1x,2x,10x", "--duration", "10m", "--block", "500ms",
            "--peak", "99", "--captures", "d", "--venue-core", "3", "--client-core", "5",
            "--json", "j",
        ])
        #expect(options.configPath == "c.yaml")
        #expect(options.targets == ["client", "apus"])
        #expect(options.peerPath == "p")
        #expect(options.enginePath == "e")
        #expect(options.rates == [7])
        #expect(options.loads.map(\.multiple) == [1, 2, 10])
        #expect(options.durationNs == 600_000_000_000)
        #expect(options.blockNs == 500_000_000)
        #expect(options.peak == 99)
        #expect(options.capturesPath == "d")
        #expect([options.venueCore, options.clientCore] == [3, 5])
        #expect(options.jsonPath == "j")
        #expect(try EchoOptions.parse(["--peer", "p"]).targets == ["apus", "echo", "client"])
    }

    @Test(arguments: [
        ["--rate", "0"], ["--rate", "5001"], ["--rate", "20,x"], ["--load", "10"],
        ["--load", "21x"], ["--load", "-1x"], ["--targets", "apus,apus"],
        ["--targets", "nobody"], ["--targets", "client"], ["--targets", "apus", "--peer", "p"],
        ["--block", "50ms"], ["--block", "6s"], ["--block", "5s", "--duration", "4s"],
        ["--duration", "25h"],
        ["--venue-core", "1"], ["--peak", "0"], ["--nothing"], ["stray"],
    ])
    func `what makes no sense is refused`(arguments: [String]) {
        #expect(throws: UsageError.self) { try EchoOptions.parse(arguments) }
        #expect(SimulatorCommand.run(["--echo"] + arguments) == ExitStatus.usage)
    }

    @Test func `a machine with one core, or without the cores named, is refused with the reason`()
        throws
    {
        let options = try EchoOptions.parse([])
        #expect(options.refusal(usableCores: [0, 1]) == nil)
        #expect(options.refusal(usableCores: [1])?.contains("two cores") == true)
        #expect(options.refusal(usableCores: [])?.contains("may use 0") == true)
        #expect(options.refusal(usableCores: [2, 3])?.contains("core 0") == true)
    }

    @Test func `a program that is not there is refused before anything starts`() throws {
        let engine = try EchoOptions.parse(["--engine", "/nonexistent"])
        #expect(engine.missingProgram == "apus: /nonexistent is no program")
        let client = ["--targets", "client", "--peer"]
        #expect(try EchoOptions.parse(client + ["/nonexistent"]).missingProgram != nil)
        #expect(try EchoOptions.parse(client + ["/bin/sh"]).missingProgram == nil)
    }

    @Test func `the peer is for the measurement to start`() {
        #expect(SimulatorCommand.run(["--echo-peer", "1"]) == ExitStatus.usage)
        #expect(SimulatorCommand.run(["--echo-peer", "x", "y", "z"]) == ExitStatus.usage)
    }
}

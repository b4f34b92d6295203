//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Simulator

@Suite("Command line")
struct SimulatorOptionsTests {
    @Test func `every option has its effect`() throws {
        let options = try SimulatorOptions.parse([
            "--venue", "binance-usdm", "--replay", "a.gz", "b.gz", "--speed", "max", "--seed", "9",
            "--rest-port", "8443", "--stream-port", "9443", "--ca-out", "ca.pem", "--ready-file",
            "ready", "--exit-at-end", "--wallet", "5", "--message-limit", "0",
            "--ca-keep", "kept", "--certificate", "expired",
        ])
        #expect(options.replayPaths == ["a.gz", "b.gz"])
        #expect(options.speed == nil)
        #expect(options.seed == 9)
        #expect(options.restPort == 8443)
        #expect(options.streamPort == 9443)
        #expect(options.caPath == "ca.pem")
        #expect(options.readyPath == "ready")
        #expect(options.exitsAtEnd)
        #expect(options.wallet == 5)
        #expect(options.messageRateMax == 0)
        #expect(options.keptPath == "kept")
        #expect(options.fault == .expired)
    }

    @Test(arguments: [
        ["--speed", "0"], ["--speed", "fast"], ["--rest-port", "70000"], ["--venue", "kraken"], ["--venue", "okx,okx"],
        ["--venue", "okx", "--replay", "a.gz"],
        ["--seed", "-1"], ["--replay"], ["--seed"], ["--nonsense"], ["--nonsense", "1"], ["x"],
        ["--rate", "nan"], ["--certificate", "good"],
    ])
    func `a wrong argument is refused with its name`(arguments: [String]) {
        #expect(throws: SimulatorError.self) { try SimulatorOptions.parse(arguments) }
    }

    @Test func `a missing value is told from an unknown option`() {
        #expect(throws: SimulatorError("--seed needs N")) {
            try SimulatorOptions.parse(["--seed"])
        }
        #expect(throws: SimulatorError("unknown option --nonsense")) {
            try SimulatorOptions.parse(["--nonsense"])
        }
    }
}

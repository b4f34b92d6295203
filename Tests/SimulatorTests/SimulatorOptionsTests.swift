//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
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
        ["--speed", "0"], ["--speed", "fast"], ["--rest-port", "70000"], ["--venue", "kraken"],
        ["--venue", "okx,okx"],
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

    private static func write(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "apus-sim-\(UInt64.random(in: 0...UInt64.max)).yaml").path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func `a file says the same as the command line, which wins`() throws {
        let path = try Self.write(
            """
            venue: [okx, binance-usdm]
            seed: 7
            okx_vip: 2
            okx_checksum: true
            old_fields: false
            fault_seed: 5
            faults:
              - {name: gap, probability: 0.5}
            """)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let options = try SimulatorOptions.parse(["--config", path, "--seed", "9"])
        #expect(options.venues == [.okx, .binanceUSDM])
        #expect(options.seed == 9)
        #expect(options.okx.vipLevel == 2)
        #expect(options.okx.hasChecksum)
        #expect(options.hasFieldsOf2026)
        #expect(options.faultSeed == 5)
        #expect(options.faults.map(\.name) == [.gap])
    }

    @Test(arguments: ["seeds: 1", "seed: x", "venue: kraken", "okx_vip: [1]", "- 1"])
    func `a file with a wrong key or value is refused`(text: String) throws {
        let path = try Self.write(text)
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: SimulatorError.self) {
            try SimulatorOptions.parse(["--config", path])
        }
    }

    @Test func `keys of a venue are set all or none`() throws {
        let okx = ["OKX_API_KEY": "k", "OKX_API_SECRET": "s", "OKX_API_PASSPHRASE": "p"]
        #expect(try VenueKeys(environment: okx).okx.key == "k")
        #expect(try VenueKeys(environment: [:]).okx.key == OKXCredentials.demonstration.key)
        for name in okx.keys {
            var some = okx
            some[name] = nil
            #expect(throws: SimulatorError.self) { try VenueKeys(environment: some) }
        }
        #expect(throws: SimulatorError.self) {
            try VenueKeys(environment: ["BINANCE_API_KEY": "k"])
        }
    }
}

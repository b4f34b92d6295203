//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform
import TestSupport
import Testing

extension ProgramTests {
    /// A start that must fail: what is asked, and what the one line has to name.
    struct Refusal: CustomTestStringConvertible {
        let name: String
        var arguments: [String] = ["run"]
        /// Text of a file that takes the place of FILE in the arguments.
        var file: String?
        var environment: [String: String] = [:]
        var lockedKiB: Int?
        var status: Int32 = 1
        let words: [String]

        var testDescription: String { name }

        static func set(_ assignments: String..., words: String...) -> Refusal {
            Refusal(
                name: "--set \(assignments.joined(separator: " "))",
                arguments: ["run"] + assignments.flatMap { ["--set", $0] }, words: words)
        }

        static func yaml(_ name: String, _ text: String, words: String...) -> Refusal {
            Refusal(
                name: name, arguments: ["run", "--config", "FILE"], file: text,
                environment: Program.keys, words: words)
        }

        static func usage(_ arguments: String..., words: String...) -> Refusal {
            Refusal(
                name: "apus \(arguments.joined(separator: " "))", arguments: arguments, status: 2,
                words: words)
        }

        static func endpoints(_ address: String) -> String {
            """
            endpoints:
              binance-usdm:
                rest: https://\(address)
                stream: wss://\(address)
                api: wss://\(address)/ws-fapi/v1

            """
        }

        static let all =
            inConfiguration + ofSpot + inPlacement + ofTheMachine + ofTheVenue + ofUsage

        static let inConfiguration: [Refusal] = [
            .yaml("an unknown key", "strategy:\n  nam: reflex\n", words: "line 2", "strategy.nam"),
            .yaml("an unknown section", "foo: {bar: 1}\n", words: "line 1", "foo"),
            .yaml(
                "an ill-typed value", "strategy:\n  cooldown: soon\n", words: "line 2",
                "strategy.cooldown", "duration"),
            .yaml(
                "a mapping for a list", "trading:\n  symbols: {a: 1}\n", words: "trading.symbols"),
            .yaml("no YAML", "a: [1,\n b: }{", words: "line 2"),
            .yaml(
                "a text without keys", "hello\n", words: "mapping"),
            Refusal(
                name: "a missing file", arguments: ["run", "--config", "absent.yaml"],
                words: ["absent.yaml", "No such file"]),
            .set("foo.bar=1", words: "foo.bar"),
            .set("strategy.cooldown=abc", words: "strategy.cooldown", "duration"),
            .set("strategy.score_max=0", words: "strategy.score_max"),
            .set("strategy.buy_probability=0.4", words: "strategy.buy_probability"),
            .set("strategy.sell_probability=0.6", words: "strategy.sell_probability"),
            .set("strategy.minimum_agreement=60", words: "strategy.minimum_agreement"),
            .set("trading.symbols=DOGE-USDT", words: "DOGE-USDT"),
            .set(
                "trading.venues=binance-spot", "trading.symbols=DOGE-USDT",
                words: "binance-spot", "DOGE-USDT", "Invalid symbol"),
            .set("trading.timeframes=1s,1s", words: "trading.timeframes", "twice"),
            .set("trading.timeframes=1s,ticks:0", words: "trading.timeframes", "ticks:0"),
            .set("trading.timeframes=1s,8d", words: "trading.timeframes", "8d"),
            .set("trading.timeframes=ticks:5", words: "trading.timeframes", "at least one"),
            .set("features.schema=spread,nosuch(3)", words: "features.schema", "nosuch(3)"),
            .set("features.schema=ofi(levels=11,tau=1s)", words: "ofi(levels=11,tau=1s)", "1...10"),
            .set("features.schema=bar(rsi(14),7s)", words: "bar(rsi(14),7s)", "7s"),
            .set("features.schema=spread,spread", words: "spread", "twice"),
            .set("features.tracker_horizons=1s,1s", words: "tracker_horizons", "different"),
            .set("features.indicators=ema(9),nosuch(3)", words: "features.indicators", "nosuch"),
            .set("trading.dead_man=4s", words: "trading.dead_man", "5s"),
            .set(
                "trading.venues=okx", "trading.dead_man=10500ms", words: "trading.dead_man", "okx",
                "whole seconds"),
            .set("risk.order_quantity_max=x", words: "risk.order_quantity_max"),
            .yaml(
                "limits that let no order pass",
                "risk: {order_quantity_max: \"0.1\", position_max: \"0.05\"}\n",
                words: "BTC-USDT", "positionMax"),
            .yaml(
                "a damaged model", "models:\n  - {file: FILE}\n", words: "model", "cut short"),
            .yaml(
                "an absent model", "models:\n  - {file: absent.model}\n", words: "absent.model"),
            .set("system.instance=a/b", words: "system.instance"),
            Refusal(
                name: "half a key", environment: ["BINANCE_API_KEY": "x"],
                words: ["BINANCE_API_SECRET"]),
            Refusal(
                name: "a private key beside a secret",
                environment: [
                    "BINANCE_API_KEY": "x", "BINANCE_API_SECRET": "y",
                    "BINANCE_API_PRIVATE_KEY_FILE": "absent.pem",
                ], words: ["BINANCE_API_SECRET", "BINANCE_API_PRIVATE_KEY_FILE", "both set"]),
            Refusal(
                name: "an absent private key",
                environment: [
                    "BINANCE_API_KEY": "x", "BINANCE_API_PRIVATE_KEY_FILE": "absent.pem",
                ], words: ["BINANCE_API_PRIVATE_KEY_FILE", "absent.pem", "cannot be read"]),
            Refusal(
                name: "a private key without its name",
                environment: ["BINANCE_API_PRIVATE_KEY_FILE": "absent.pem"],
                words: ["BINANCE_API_KEY must be set"]),
        ]

        private static let spot = """
            trading: {venues: [binance-spot], symbols: [BTC-USDT], spot_encoding: sbe}
            endpoints:
              binance-spot:
                rest: https://localhost:1

            """

        static let ofSpot: [Refusal] = [
            Refusal(
                name: "binary messages without their address",
                arguments: ["run", "--config", "FILE"], file: spot,
                words: ["endpoints.binance-spot", "needs rest and sbe"]),
            Refusal(
                name: "binary messages without a key", arguments: ["run", "--config", "FILE"],
                file: spot + "    sbe: wss://localhost:1\n",
                words: ["trading.spot_encoding", "BINANCE_API_KEY is not set"]),
            Refusal(
                name: "binary messages for a recording",
                arguments: [
                    "record", "--out", "/tmp", "--venue", "binance-spot", "--set",
                    "trading.spot_encoding=sbe",
                ], words: ["trading.spot_encoding", "captures hold JSON"]),
        ]

        static let inPlacement: [Refusal] = [
            .yaml(
                "reader and gateway apart",
                """
                placement:
                  mode: custom
                  threads:
                    - {name: a, stages: [reader, parser, kernel, inference, strategy, risk]}
                    - {name: b, stages: [gateway]}

                """, words: "placement", "reader and gateway"),
            .yaml(
                "a stage without a thread",
                """
                placement:
                  mode: custom
                  threads:
                    - {name: a, stages: [reader, parser, gateway]}

                """, words: "placement", "kernel"),
            .yaml(
                "a core that does not exist",
                """
                placement:
                  mode: custom
                  threads:
                    - name: a
                      core: 1000
                      stages: [reader, parser, kernel, inference, strategy, risk, gateway]

                """, words: "core 1000"),
        ]

        static let ofTheMachine: [Refusal] = [
            Refusal(
                name: "production with little lockable memory",
                arguments: ["run", "--set", "system.mode=production"], lockedKiB: 64,
                words: ["locked memory limit"]),
            Refusal(
                name: "a summary that cannot be written",
                arguments: ["run", "--summary", "/proc/absent/summary.json"],
                words: ["/proc/absent/summary.json", "No such file"]),
        ]

        static let ofTheVenue: [Refusal] = [
            .yaml(
                "a venue that cannot be reached", endpoints("localhost:1"),
                words: "https://localhost:1", "connect"),
            .yaml(
                "a simulated account elsewhere", endpoints("venue.test"), words: "simulated",
                "not this machine"),
            .yaml(
                "half the addresses",
                "endpoints:\n  binance-usdm:\n    rest: https://localhost:1\n",
                words: "endpoints.binance-usdm", "stream"),
            .yaml(
                "an address without TLS",
                "endpoints:\n  binance-usdm: {rest: \"http://localhost:1\", stream: \"wss://x\","
                    + " api: \"wss://x\"}\n", words: "https://"),
            .yaml(
                "an unknown venue",
                "endpoints:\n  kraken: {rest: \"https://localhost:1\", stream: \"wss://x\","
                    + " api: \"wss://x\"}\n", words: "kraken"),
            Refusal(
                name: "addresses without keys", arguments: ["run", "--config", "FILE"],
                file: endpoints("localhost:1"), words: ["BINANCE_API_KEY", "not set"]),
        ]

        static let ofUsage: [Refusal] = [
            .usage("frobnicate", words: "frobnicate"),
            .usage("run", "--frobnicate", words: "--frobnicate"),
            .usage("run", "extra", words: "extra"),
            .usage("run", "--duration", "5x", words: "--duration", "5x"),
            .usage("run", "--config", words: "--config"),
            .usage("replay", words: "FILE"),
            .usage("replay", "a", "--emit", "nothing", words: "--emit"),
            .usage("replay", "a", "--venue", "nowhere", words: "--venue"),
            .usage("replay", "a", "--timeframe", "0s", words: "--timeframe"),
            .usage("model", "frobnicate", words: "frobnicate"),
            .usage("model", "info", words: "FILE"),
            Refusal(
                name: "replay of an absent file", arguments: ["replay", "absent.gz"],
                words: ["absent.gz", "No such file"]),
            Refusal(
                name: "replay of no capture", arguments: ["replay", "FILE"], file: "hello\n",
                words: ["no market data"]),
            Refusal(
                name: "status of no engine", arguments: ["status", "--instance", "absent"],
                words: ["absent"]),
            Refusal(
                name: "halt of no engine", arguments: ["halt", "--instance", "absent"],
                words: ["absent"]),
            Refusal(
                name: "verify of no model", arguments: ["model", "verify", "FILE"], file: "x",
                words: ["cut short"]),
        ]
    }

    @Suite("A start that must fail")
    struct Refusals {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        /// Goal: each cause is named in one line on standard error, with status 1, or 2 for wrong
        /// usage; nothing is left behind.
        @Test(arguments: Refusal.all)
        func `one line names the cause and nothing is left`(_ refusal: Refusal) throws {
            var file = ""
            if let text = refusal.file {
                file = workplace.file("given.yaml")
                _ = try workplace.write(
                    text.replacingOccurrences(of: "FILE", with: file), to: "given.yaml")
            }
            let instance = EngineProgram.name("refused")
            var environment = refusal.environment
            environment["APUS_SYSTEM_INSTANCE"] = instance
            if refusal.name.contains("system.instance") { environment = refusal.environment }
            let (status, output, errors) = try Program.run(
                "apus", refusal.arguments.map { $0 == "FILE" ? file : $0 }, in: workplace,
                environment: environment, lockedKiB: refusal.lockedKiB)
            let lines = errors.split(separator: "\n").filter { !$0.hasPrefix("ts=") }
            #expect(status == refusal.status, "\(errors)")
            #expect(lines.count == 1, "\(errors)")
            #expect(lines.first?.hasPrefix("apus") == true, "\(errors)")
            for word in refusal.words {
                #expect(lines.first?.contains(word) == true, "\(word) in \(errors)")
            }
            #expect(output == "")
            expectNothingLeft(instance, errors)
        }

        private func expectNothingLeft(_ instance: String, _ errors: String) {
            #expect(!FileManager.default.fileExists(atPath: "/dev/shm/apus.\(instance)"))
            if let process = errors.firstMatch(of: /msg="simulator started" pid=([0-9]+)/),
                let number = Int32(process.1)
            {
                #expect(!isProcessAlive(number))
            }
        }

        @Test(arguments: [
            ("expired", "certificate expired"), ("wrong-host", "wrong host name"),
            ("unknown-issuer", "unknown issuer"),
        ])
        func `a venue with a bad certificate is refused`(kind: String, word: String) throws {
            let venue = try VenueProgram(["--certificate", kind], in: workplace)
            let engine = try EngineProgram("certificate", venue, in: workplace)
            #expect(try engine.program.exitStatus() == 1)
            let lines = engine.program.plainErrors
            #expect(lines.count == 1, "\(engine.program.errors)")
            #expect(lines.first?.lowercased().contains("certificate") == true, "\(lines)")
            #expect(lines.first?.contains(word) == true, "\(lines)")
            #expect(engine.sharedMemoryIsGone)
        }

        @Test func `a wrong secret is refused by the venue and never printed`() throws {
            let venue = try VenueProgram(in: workplace)
            let file = try workplace.write(venue.endpoints, to: "secret.yaml")
            let (status, _, errors) = try Program.run(
                "apus",
                [
                    "run", "--config", file, "--set",
                    "system.instance=\(EngineProgram.name("secret"))",
                ], in: workplace,
                environment: ["BINANCE_API_KEY": "test-key", "BINANCE_API_SECRET": "wr0ng-words"])
            #expect(status == 1)
            #expect(errors.contains("-1022"), "\(errors)")
            #expect(!errors.contains("wr0ng-words"))
            let lines = errors.split(separator: "\n").filter { !$0.hasPrefix("ts=") }
            #expect(lines.count == 1, "\(errors)")
        }

        @Test(.enabled(if: Program.mayMount, "this user may not mount"))
        func `shared memory that is too small is refused`() throws {
            let instance = EngineProgram.name("small")
            let engine = try Program(
                "apus", ["run", "--set", "system.instance=\(instance)"], in: workplace,
                wrapper: Program.smallSharedMemory)
            #expect(try engine.exitStatus() == 1)
            #expect(engine.plainErrors.count == 1, "\(engine.errors)")
            #expect(engine.errors.contains("No space left on device"), "\(engine.errors)")
            expectNothingLeft(instance, engine.errors)
        }
    }
}

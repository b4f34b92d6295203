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
    /// Goal: an engine with a private key logs every order session on, and keeps the key to itself.
    ///
    /// Method: the simulator knows the public half alone, so that what it takes was signed or sent
    /// on a session that is logged on. The keys are the first two of RFC 8032, section 7.1.
    @Suite("Binance by a private key")
    struct Logon {
        let workplace: Workplace
        private static let first =
            "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"
        private static let second =
            "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7"
        private static let firstPublic =
            "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

        init() throws { workplace = try Workplace() }

        private func pem(_ kind: String, _ text: String) -> String {
            "-----BEGIN \(kind) KEY-----\n\(text)\n-----END \(kind) KEY-----\n"
        }

        /// The environment of an engine whose private key is `text`.
        private func keys(_ text: String, mode: Int = 0o600) throws -> [String: String] {
            let path = try workplace.write(pem("PRIVATE", text), to: "private.pem")
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            return ["BINANCE_API_KEY": "test-key", "BINANCE_API_PRIVATE_KEY_FILE": path]
        }

        private func venue(faults: String? = nil) throws -> VenueProgram {
            var arguments: [String] = []
            if let faults {
                arguments = ["--faults", try workplace.write(faults, to: "faults.yaml")]
            }
            let path = try workplace.write(pem("PUBLIC", Self.firstPublic), to: "public.pem")
            return try VenueProgram(
                arguments, in: workplace,
                environment: ["BINANCE_API_KEY": "test-key", "BINANCE_API_PUBLIC_KEY_FILE": path])
        }

        private func expectSecret(_ texts: String...) {
            for text in texts {
                #expect(!text.contains(Self.first.suffix(40)))
                #expect(!text.contains(Self.second.suffix(40)))
                #expect(!text.contains("signature"))
            }
        }

        @Test func `every new order session is logged on, and trades go on`() throws {
            let venue = try venue()
            let engine = try EngineProgram(
                "logon", venue, ["strategy.interval=500ms"], in: workplace,
                environment: try keys(Self.first))
            try engine.awaitReady()
            try engine.awaitOrders(after: 0)
            let fills = "gateway_fills_total"
            try engine.awaitThat("a fill") { engine.counter(fills) > 0 }
            venue.program.child.signal(SIGUSR1)
            try engine.awaitThat("every connection is made again") {
                engine.counter("reader_connects_total") >= 8
            }
            let filled = engine.counter(fills)
            try engine.awaitOrders(after: engine.ordersSent, "an order after the reconnect")
            try engine.awaitThat("a fill after the reconnect") { engine.counter(fills) > filled }
            let (status, summary) = try engine.stop()
            #expect(status == 0, "\(engine.program.errors)")
            try summary.expectConsistent()
            #expect(try summary.counters["gateway_rejects_total"] == 0)
            expectSecret(engine.program.errors, engine.program.output)
        }

        @Test func `the simulator of a run without addresses knows the key`() throws {
            let engine = try EngineProgram(
                "own", nil, ["strategy.interval=300ms"], in: workplace,
                environment: try keys(Self.first))
            try engine.awaitReady()
            try engine.awaitThat("a fill") { engine.counter("gateway_fills_total") > 0 }
            let (status, summary) = try engine.stop()
            #expect(status == 0, "\(engine.program.errors)")
            try summary.expectConsistent()
        }

        @Test func `a refused log-on is a failed connection, which is tried again`() throws {
            let venue = try venue(
                faults: "faults:\n  - {name: login-refused, venue: binance-usdm, count_max: 2}\n")
            let engine = try EngineProgram(
                "refused", venue, in: workplace, environment: try keys(Self.first))
            try engine.awaitReady()
            let told = engine.program.errors.split(separator: "\n").filter {
                $0.contains("binance-usdm.orders")
                    && $0.contains("session.logon: the venue answered -2015")
            }
            #expect(told.count == 2, "\(engine.program.errors)")
            try engine.awaitOrders(after: 0)
            #expect(try engine.stop().status == 0, "\(engine.program.errors)")
            expectSecret(engine.program.errors)
        }

        @Test func `another key is refused by the venue's word, in one line`() throws {
            let venue = try venue()
            let engine = try EngineProgram(
                "wrong", venue, in: workplace, environment: try keys(Self.second))
            #expect(try engine.program.exitStatus() == 1)
            #expect(engine.program.plainErrors.count == 1, "\(engine.program.errors)")
            #expect(engine.program.errors.contains("-1022"), "\(engine.program.errors)")
            expectSecret(engine.program.errors)
        }

        @Test(arguments: [
            (0o644, "mode 0600"), (0o640, "mode 0600"), (0o604, "mode 0600"),
        ])
        func `a key file that others can read is refused`(mode: Int, word: String) throws {
            let (status, output, errors) = try Program.run(
                "apus",
                ["run", "--set", "system.instance=\(EngineProgram.name("loose"))"],
                in: workplace, environment: try keys(Self.first, mode: mode))
            let lines = errors.split(separator: "\n").filter { !$0.hasPrefix("ts=") }
            #expect(status == 1)
            #expect(lines.count == 1, "\(errors)")
            #expect(errors.contains("BINANCE_API_PRIVATE_KEY_FILE"), "\(errors)")
            #expect(errors.contains(word), "\(errors)")
            expectSecret(errors, output)
        }
    }
}

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

/// Goal: an engine that lives through everything at once never shows a valid book that is not the
/// venue's, never loses a fill, and grows nowhere; and `apus soak` says so.
///
/// Method: `apus soak` from outside, short and with many faults, whose end comes before its own, so
/// that every book can be compared level by level.
extension ProgramTests {
    @Suite("Soak")
    struct SoakTests {
        let workplace: Workplace
        private static let seed = 20
        private static let seconds = 26

        init() throws { workplace = try Workplace() }

        /// Chances are of some twelve connections each second, six books each tenth of a second,
        /// three hundred messages a second.
        private static let faults: String = {
            let chances: [(String, Double, String)] = [
                ("disconnect", 0.02, ""), ("notice-64008", 0.03, ", venue: okx, duration: 3s"),
                ("gap", 0.01, ""), ("silent-channel", 0.0005, ", duration: 3s"),
                ("book-reset", 0.0005, ", venue: okx"),
                ("listen-key-expiry", 0.1, ", venue: binance-usdm"),
                ("ack-lost", 0.06, ""), ("ack-late", 0.05, ", duration: 300ms"),
                ("duplicate-message", 0.005, ""), ("reordered-keys", 0.02, ""),
                ("unknown-keys", 0.02, ""),
            ]
            let window = "from: 4s, until: 24s"
            var lines = ["seed: \(seed)", "faults:"]
            lines += chances.map { "  - {name: \($0), probability: \($1), \(window)\($2)}" }
            lines.append("  - {name: lifetime, duration: 12s, \(window)}")
            return lines.joined(separator: "\n") + "\n"
        }()

        /// One instrument, with orders in each second.
        private static let busyMarket = [
            "trading.venues=binance-usdm", "trading.symbols=BTC-USDT", "strategy.interval=100ms",
        ].flatMap { ["--set", $0] }

        private func soak(_ arguments: [String]) throws -> (status: Int32, errors: String) {
            let program = try Program(
                "apus", ["soak", "--report", workplace.path, "--seed", "\(Self.seed)"] + arguments,
                in: workplace)
            return (try program.exitStatus(within: 300), program.errors)
        }

        private var report: [String: Any] {
            get throws { try jsonObject(workplace.text("soak.json")) }
        }

        /// The outcome of each line of the verdict.
        private func outcomes() throws -> [String: String] {
            let lines = try #require(try report["lines"] as? [[String: Any]])
            return Dictionary(
                uniqueKeysWithValues: try lines.map {
                    (
                        try #require($0["name"] as? String),
                        try #require($0["outcome"] as? String)
                    )
                })
        }

        @Test func `books and positions are the venues' own whatever goes wrong`() throws {
            let (status, errors) = try soak([
                "--duration", "\(Self.seconds)s", "--interval", "5s", "--set",
                "strategy.interval=300ms", "--set", "trading.connection_lifetime=9s",
                "--faults", try workplace.write(Self.faults, to: "short.yaml"),
            ])
            #expect(status == 0, "seed \(Self.seed): \(errors)")
            let outcomes = try outcomes()
            for name in [
                "every invariant held", "no allocation on a hot thread",
                "no event lost inside the engine", "trading went on", "faults came",
                "the engine ended cleanly",
            ] { #expect(outcomes[name] == "PASS", "\(name): \(errors)") }
            let counts = try #require(try report["faults"] as? [String: Int])
            for name in ["disconnect", "gap", "ack-lost"] { #expect(counts[name] ?? 0 > 0) }
            #expect(try report["verdict"] as? String == "PASS")
            #expect(try #require(try report["violations"] as? [Any]).isEmpty)
            try expectConstant()
            try RunSummary(workplace).expectConsistent()
            let page = workplace.text("soak.html")
            #expect(page.hasPrefix("<!doctype html>"))
            #expect(page.contains("<svg"))
            for word in ["http://", "https://", "<script src", "<link"] {
                #expect(!page.contains(word), "an asset from elsewhere: \(word)")
            }
        }

        /// Descriptors, threads and memory of the last sample against the first.
        private func expectConstant() throws {
            let lines = workplace.text("samples.csv").split(separator: "\n").map {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
            try #require(lines.count > 3)
            func value(_ name: String, _ line: [Substring]) throws -> Int {
                let place = try #require(lines[0].firstIndex { $0 == name }, "\(name)")
                return try #require(Int(line[place]), "\(name)")
            }
            let (first, last) = (lines[1], lines[lines.count - 1])
            // Of each of the three groups of lines a spare one may be about to take over.
            #expect(try value("descriptors", last) <= value("descriptors", first) + 3)
            #expect(try value("threads", last) == value("threads", first))
            #expect(try value("rss_kib", last) <= value("rss_kib", first) + 16 * 1_024)
        }

        @Test func `a soak that is told to stop reports what ran, and is gone on with`() throws {
            let program = try Program(
                "apus",
                [
                    "soak", "--report", workplace.path, "--faults", "none", "--interval", "1s",
                ] + Self.busyMarket, in: workplace)
            func samples() -> Int { workplace.text("samples.csv").split(separator: "\n").count }
            try waitUntil("two samples", seconds: 90) {
                guard program.child.isRunning else { throw Overdue(description: program.errors) }
                return samples() > 2
            }
            program.child.signal(SIGINT)
            #expect(try program.exitStatus(within: 60) == 0, "\(program.errors)")
            #expect(try report["end_reason"] as? String == "stopped by a signal")
            #expect(try report["is_finished"] as? Bool == true)
            let before = samples()
            let (status, errors) = try soak([
                "--faults", "none", "--interval", "1s", "--duration", "\(before + 4)s", "--resume",
            ] + Self.busyMarket)
            #expect(status == 0, "\(errors)")
            let rows = workplace.text("samples.csv").split(separator: "\n")
            #expect(rows.count > before)
            #expect(rows.last?.split(separator: ",").dropFirst().first == "1", "the second segment")
        }

        @Test func `what cannot be run is refused before anything starts`() throws {
            for arguments in [
                ["--interval", "1ms"], ["--duration", "1s"], ["--duration", "soon"], ["--unknown"],
            ] { #expect(try soak(arguments).status == 2, "\(arguments)") }
            #expect(try soak(["--faults", workplace.file("absent.yaml")]).status == 1)
        }
    }
}

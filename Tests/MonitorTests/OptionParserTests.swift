//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Testing

@Suite("Command line")
struct OptionParserTests {
    private static let parser = OptionParser(
        command: "apus try", summary: "Tries things.",
        options: [
            .value("config", "FILE", help: "Configuration."),
            .value("duration", "TIME", kind: .duration, default: "60s", help: "How long."),
            .value("seed", "N", kind: .integer(0...9), default: "1", help: "Seed."),
            .value("speed", "X", kind: .number(0...100), default: "1.0", help: "Speed."),
            .value("venue", "A,B", kind: .list, default: "okx", help: "Venues."),
            .choice("format", of: ["table", "json"], default: "table", help: "Format."),
            .many("replay", "CAPTURE", help: "Captures."),
            .assignment("set", help: "Overrides a key."),
            .flag("once", help: "Once only."),
        ],
        positional: Positional("FILE", count: 0...2, help: "Inputs."))

    @Test func `defaults stand in for what is not given`() throws {
        let parsed = try Self.parser.parse([])
        #expect(parsed.text("config") == nil)
        #expect(parsed.durationNs("duration") == 60_000_000_000)
        #expect(parsed.integer("seed") == 1)
        #expect(parsed.number("speed") == 1.0)
        #expect(parsed.list("venue") == ["okx"])
        #expect(parsed.text("format") == "table")
        #expect(!parsed.isGiven("once"))
        #expect(!parsed.isGiven("duration"))
        #expect(parsed.positional.isEmpty)
    }

    @Test func `each form of option is read`() throws {
        let parsed = try Self.parser.parse([
            "--config", "a.yaml", "x", "--duration=500ms", "--once", "--set", "a.b=c=d",
            "--set=e.f=", "--venue", "okx,binance-usdm", "--speed", "2.5", "--", "--y",
        ])
        #expect(parsed.text("config") == "a.yaml")
        #expect(parsed.durationNs("duration") == 500_000_000)
        #expect(parsed.isGiven("once"))
        #expect(parsed.assignments("set").map(\.key) == ["a.b", "e.f"])
        #expect(parsed.assignments("set").map(\.value) == ["c=d", ""])
        #expect(parsed.list("venue") == ["okx", "binance-usdm"])
        #expect(parsed.number("speed") == 2.5)
        #expect(parsed.positional == ["x", "--y"])
    }

    @Test func `an option for many values ends at the next option`() throws {
        let parsed = try Self.parser.parse(["--replay", "a", "b", "--once", "--replay", "c"])
        #expect(parsed.texts("replay") == ["a", "b", "c"])
        #expect(parsed.positional.isEmpty)
    }

    @Test(arguments: [
        (["--nothing"], "unknown option --nothing"),
        (["-x"], "unknown option -x"),
        (["--config"], "--config needs FILE"),
        (["--config", "--once"], "--config needs FILE"),
        (["--config", "a", "--config", "b"], "--config is given twice"),
        (["--once=1"], "--once takes no value"),
        (["--seed", "x"], "--seed needs a whole number, not 'x'"),
        (["--seed", "10"], "--seed needs a whole number in 0...9, not '10'"),
        (["--speed", "nan"], "--speed needs a number, not 'nan'"),
        (["--duration", "5"], "--duration needs a duration such as 500ms, 60s or 2m, not '5'"),
        (["--format", "xml"], "--format is one of table, json, not 'xml'"),
        (["--venue", "a,,b"], "--venue needs a list such as a,b without empty items, not 'a,,b'"),
        (["--set", "a.b"], "--set needs KEY=VALUE, not 'a.b'"),
        (["--set", "=b"], "--set needs KEY=VALUE, not '=b'"),
        (["a", "b", "c"], "unexpected argument 'c'"),
    ])
    func `a wrong command line is refused in one clear line`(
        _ arguments: [String], _ message: String
    ) {
        #expect(throws: UsageError(message)) { try Self.parser.parse(arguments) }
    }

    @Test func `what is required is asked for by name`() {
        let parser = OptionParser(
            command: "x", summary: "X.",
            options: [.value("venue", "V", required: true, help: "Venue.")],
            positional: Positional("FILE", count: 1..., help: "Inputs."))
        #expect(throws: UsageError("--venue V is required")) { try parser.parse(["a"]) }
        #expect(throws: UsageError("at least one FILE is needed")) {
            try parser.parse(["--venue", "okx"])
        }
    }

    @Test func `help is granted whatever else is wrong`() throws {
        let parser = OptionParser(
            command: "x", summary: "X.",
            options: [.value("venue", "V", required: true, help: "Venue.")])
        #expect(try parser.parse(["--help"]).isHelpRequested)
        #expect(try parser.parse(["-h"]).isHelpRequested)
    }

    @Test func `the help text has one line for each option, with its default`() {
        let help = Self.parser.help
        #expect(help.hasPrefix("Usage: apus try [options] [FILE…]\n\nTries things.\n"))
        for option in Self.parser.options {
            let lines = help.split(separator: "\n").filter { $0.contains("--\(option.name)") }
            #expect(lines.count == 1)
            if let value = option.defaultValue {
                #expect(lines[0].hasSuffix("(default: \(value))"))
            }
        }
    }

    @Test func `arguments that each have a name stand in the help text as they are`() {
        let parser = OptionParser(
            command: "x", summary: "X.", options: [],
            positional: Positional("NAME [FILE]", count: 1...2, help: "Both."))
        #expect(parser.help.hasPrefix("Usage: x [options] NAME [FILE]\n"))
    }

    @Test(arguments: [
        ("0", 0 as UInt64?), ("250ns", 250), ("10us", 10_000), ("500ms", 500_000_000),
        ("60s", 60_000_000_000), ("1.5s", 1_500_000_000), ("2m", 120_000_000_000),
        ("1h", 3_600_000_000_000), ("7d", 604_800_000_000_000), ("0.5us", 500),
        ("", nil), ("s", nil), ("1", nil), ("-1s", nil), ("1..5s", nil), ("1.s", nil),
        (".5s", nil), ("1 s", nil), ("1e3s", nil), ("99999999999999999999s", nil),
        ("9999999999999d", nil), ("+1s", nil),
    ])
    func `a duration is digits and a unit`(_ text: String, _ ns: UInt64?) {
        #expect(Durations.nanoseconds(text) == ns)
    }

    @Test(arguments: [
        (0 as UInt64, "0ns"), (999, "999ns"), (1_500, "1.50us"), (15_040, "15.0us"),
        (150_999, "150us"), (2_050_000, "2.05ms"), (59_990_000_000, "59.9s"),
        (185_000_000_000, "3m05s"), (7_800_000_000_000, "2h10m"),
        (176_400_000_000_000, "2d1h"),
    ])
    func `a duration is shown with three digits`(_ ns: UInt64, _ text: String) {
        #expect(Durations.text(ns: ns) == text)
    }
}

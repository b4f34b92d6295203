//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Foundation
import SeededRandom
import Testing

@testable import Alerts

@Suite("Rule files")
struct RuleFileTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let exampleText: String? = try? String(
        contentsOf: root.appending(path: "tuning/profiles/alerts.yaml"), encoding: .utf8)
    private static let environment = ["APUS_ALERT_URL": "https://hooks.example/T0/s3cr3t"]

    private func refusal(
        _ text: String, _ environment: [String: String] = environment
    ) -> String? {
        do throws(ConfigurationError) {
            _ = try AlertPlan(yaml: text, source: "alerts.yaml", environment: environment)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `the example is taken, and shows every key`() throws {
        let text = try #require(Self.exampleText)
        #expect(refusal(text) == nil)
        let keys = AlertKeys.rule + AlertKeys.action
        for key in keys {
            #expect(text.contains(try Regex("(^|[-#{, ])\(key.path):")), "\(key.path)")
        }
        let plan = try AlertPlan(yaml: text, source: "e", environment: Self.environment)
        #expect(Set(plan.rules.map(\.quantity)) == Set(Quantity.allCases), "each quantity once")
    }

    private static let rule = "- {name: a, quantity: gauge, of: x, when: above, threshold: 1"

    /// What a rule is refused for: the text of its line 2, and the end of the refusal.
    static let badRules: [(String, String)] = [
        ("- {quantity: engine_dead}", "name is missing"),
        ("- {name: A, quantity: engine_dead}", "name must be up to 64 lower-case letters"),
        ("- {name: 'a b', quantity: engine_dead}", "name must be up to 64"),
        ("- {name: a}", "quantity is missing"),
        ("- {name: a, quantity: engine}", "quantity must be one of engine_dead, trading_state"),
        ("- {name: a, quantity: engine_dead, colour: red}", "unknown key 'colour'"),
        ("- {name: a, quantity: engine_dead, naem: b}", "did you mean 'name'?"),
        ("- {name: a, name: b, quantity: engine_dead}", "key 'name' stands twice"),
        ("- {name: a, quantity: engine_dead, threshold: 1}", "threshold does not belong to"),
        ("- {name: a, quantity: engine_dead, of: x}", "of does not belong to engine_dead"),
        ("- {name: a, quantity: engine_dead, over: 1s}", "over does not belong to engine_dead"),
        ("- {name: a, quantity: gauge, when: above, threshold: 1}", "of is missing"),
        ("- {name: a, quantity: gauge, of: '', when: above, threshold: 1}", "of is missing"),
        ("- {name: a, quantity: gauge, of: x, threshold: 1}", "when is missing"),
        ("- {name: a, quantity: gauge, of: x, when: above}", "threshold is missing"),
        ("- {name: a, quantity: gauge, of: x, when: is, threshold: 1}", "when must be above"),
        ("- {name: a, quantity: gauge, of: x, when: over, threshold: 1}", "when must be one of"),
        ("- {name: a, quantity: gauge, of: x, when: above, threshold: 1s}", "a plain number"),
        ("- {name: a, quantity: gauge, of: x, when: above, threshold: .nan}", "a plain number"),
        ("- {name: a, quantity: gauge, of: x, when: above, threshold: inf}", "a plain number"),
        ("- {name: a, quantity: gauge, of: x, when: above, threshold: 0x10}", "a plain number"),
        ("- {name: a, quantity: gauge, of: x, when: above, threshold: [1]}", "must be a text"),
        (rule + ", clear: 2}", "clear must not be above the threshold"),
        (rule + ", for: soon}", "for must be a duration"),
        (rule + ", for: -1s}", "for must be a duration"),
        (rule + ", for: 8d}", "for must be at most 7d"),
        (rule + ", percentile: 99}", "percentile belongs to quantity: percentile alone"),
        (rule + ", samples: 9}", "samples belongs to quantity: percentile alone"),
        (rule + ", severity: fatal}", "severity must be one of info, warning, critical"),
        (rule + ", actions: [pager]}", "actions names no action 'pager'"),
        (rule + ", actions: pager}", "actions must be a list"),
        (rule + ", inhibited_by: [b]}", "inhibited_by: no rule 'b'"),
        (rule + ", inhibited_by: [a]}", "'a' would keep itself quiet"),
        (rule + ", tell_end: maybe}", "tell_end must be true or false"),
        (rule + ", message: '{symbol}'}", "message has no placeholder 'symbol'"),
        (rule + ", message: '{value'}", "message has a brace without its partner"),
        (rule + ", message: 'value}'}", "message has a brace without its partner"),
        (
            "- {name: a, quantity: percentile, of: x, over: 1s, when: above, threshold: 1us}",
            "percentile is missing"
        ),
        (
            "- {name: a, quantity: percentile, of: x, percentile: 101, over: 1s}",
            "percentile must be a number"
        ),
        (
            "- {name: a, quantity: percentile, of: x, percentile: 9, when: above, threshold: 1us}",
            "over is missing"
        ),
        (
            "- {name: a, quantity: counter_rate, of: x, over: 1ms, when: above, threshold: 1/s}",
            "over must be from 100ms to 7d"
        ),
        (
            "- {name: a, quantity: counter_rate, of: x, over: 1s, when: above, threshold: 1}",
            "threshold must be a rate like 5/s"
        ),
        ("- {name: a, quantity: ring_fill, when: above, threshold: 5}", "a percentage like 80%"),
        ("- {name: a, quantity: book_age, when: above, threshold: 5}", "a duration like"),
        (
            "- {name: a, quantity: trading_state, when: is, threshold: ready}",
            "threshold must be one of READY"
        ),
        ("- {name: a, quantity: trading_state, when: above, threshold: READY}", "is or is_not"),
        ("- a", "rules must be a list of mappings"),
        ("- [a]", "rules must be a list of mappings"),
        ("- &x {name: a, quantity: engine_dead}", "anchors and aliases are not supported"),
        ("- {name: a, quantity: percentile, of: *}", "expected alphabetic"),
    ]

    @Test(arguments: badRules)
    func `a bad rule is refused with its file, line and key`(bad: (String, String)) {
        let reason = refusal("rules:\n\(bad.0)\n")
        #expect(reason?.hasPrefix("alerts.yaml: line 2: ") == true, "\(reason ?? "taken")")
        #expect(reason?.contains(bad.1) == true, "\(reason ?? "taken")")
    }

    static let badActions: [(String, String)] = [
        ("{type: log}", "name is missing"),
        ("{name: a}", "type is missing"),
        ("{name: a, type: mail}", "type must be one of log, webhook, command"),
        ("{name: a, type: log, argv: [/bin/true]}", "argv does not belong to type: log"),
        ("{name: a, type: log, timeout: 1s}", "timeout does not belong to type: log"),
        ("{name: a, type: log, size_max: 1}", "size_max must be at least 4KiB"),
        ("{name: a, type: log, file: /dev/null}", "file cannot be used: not a plain file"),
        ("{name: a, type: log, backlog: 0}", "backlog must be a whole number"),
        ("{name: a, type: webhook}", "url_env or url_file must be given"),
        ("{name: a, type: webhook, url_env: A, url_file: b}", "or url_file must be given"),
        ("{name: a, type: webhook, url: 'https://x'}", "unknown key 'url'"),
        ("{name: a, type: webhook, url_env: NOBODY}", "names a variable that is not set"),
        ("{name: a, type: webhook, url_env: PLAIN}", "holds no https:// URL"),
        ("{name: a, type: webhook, url_env: NAMED}", "or one with a user name"),
        ("{name: a, type: webhook, url_env: SPLIT}", "holds no https:// URL"),
        ("{name: a, type: webhook, url_file: /dev/null}", "url_file is no plain file"),
        ("{name: a, type: webhook, url_env: GOOD, timeout: 2h}", "from 100ms to 60s"),
        ("{name: a, type: command}", "argv is missing"),
        ("{name: a, type: command, argv: [true]}", "absolute path of a program"),
        ("{name: a, type: command, argv: [/etc/passwd]}", "no program that may be run"),
        ("{name: a, type: command, argv: [/bin/true], concurrency: 9}", "whole number 1...8"),
        ("{name: a, type: command, argv: [/bin/true], retries: 1}", "retries does not belong"),
    ]

    @Test(arguments: badActions)
    func `a bad action is refused with its file, line and key`(bad: (String, String)) {
        let text = "rules:\n- {name: a, quantity: engine_dead}\nactions:\n- \(bad.0)\n"
        let environment = [
            "PLAIN": "http://hooks.example/s3cr3t", "NAMED": "https://u:s3cr3t@hooks.example/",
            "SPLIT": "https://hooks.example/s3cr3t\r\nX: y", "GOOD": "https://hooks.example/",
        ]
        let reason = refusal(text, environment)
        #expect(reason?.hasPrefix("alerts.yaml: line ") == true, "\(reason ?? "taken")")
        #expect(reason?.contains(bad.1) == true, "\(reason ?? "taken")")
        #expect(reason?.contains("s3cr3t") != true)
    }

    @Test func `rules that keep each other quiet are refused`() {
        let text = """
            rules:
            - {name: a, quantity: engine_dead, inhibited_by: [b]}
            - {name: b, quantity: engine_dead, inhibited_by: [c]}
            - {name: c, quantity: engine_dead, inhibited_by: [b]}
            """
        #expect(refusal(text)?.contains("'b' would keep itself quiet") == true)
    }

    @Test func `a file without rules, or with too many, is refused`() {
        #expect(refusal("")?.contains("there are no rules") == true)
        #expect(refusal("rules: []\n")?.contains("there are no rules") == true)
        let many = (0...AlertKeys.rulesMax).map { "- {name: r\($0), quantity: engine_dead}\n" }
        #expect(refusal("rules:\n" + many.joined())?.contains("over 256 rules") == true)
        #expect(refusal("rules:\n" + many.dropLast().joined()) == nil)
    }

    @Test func `changed bytes of the example are refused by line, or taken`() throws {
        let example = try #require(Self.exampleText)
        let seed: UInt64 = 20_261_127
        var random = SplitMix64(seed: seed)
        let marks = Array("{}[]:-,\"'#*&%\n\t \0a0".utf8)
        var refusals = 0
        let rounds = ProcessInfo.processInfo.environment["APUS_MUTATIONS"].flatMap(Int.init) ?? 200
        for round in 0..<rounds {
            var bytes = Array(example.utf8)
            for _ in 0...random.below(3) {
                let place = random.below(bytes.count)
                switch random.below(3) {
                case 0: bytes[place] = marks[random.below(marks.count)]
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + random.below(40)))
                default: bytes.insert(marks[random.below(marks.count)], at: place)
                }
            }
            let reason = refusal(String(decoding: bytes, as: UTF8.self))
            if let reason {
                refusals += 1
                #expect(reason.hasPrefix("alerts.yaml: "), "seed \(seed), round \(round)")
                #expect(!reason.contains("s3cr3t"), "seed \(seed), round \(round)")
            }
        }
        #expect(refusals > rounds / 4, "seed \(seed)")
    }

    @Test func `a message has its values in, and braces by two`() throws {
        let names = ["rule", "value"]
        let template = try MessageTemplate("{{{rule}}} is {value}, {value}", names: names)
        #expect(template.text { "<\($0)>" } == "{<rule>} is <value>, <value>")
        #expect(throws: ConfigurationError.self) {
            try MessageTemplate(String(repeating: "x", count: 1_001), names: names)
        }
    }
}

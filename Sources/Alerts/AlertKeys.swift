//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration

/// What a file of rules may say. `tuning/profiles/alerts.yaml` shows every key.
enum AlertKeys {
    static let rulesMax = 256
    static let actionsMax = 32

    static let all: [Key] = [
        Key("rules", .items(rule), nil, "What is looked at, and when that is an alert."),
        Key("actions", .items(action), nil, "Who is told."),
    ]

    static let rule: [Key] = [
        Key("name", .text, nil, "Lower-case letters, digits, '-' and '_'; once in the file."),
        Key("quantity", .word(Quantity.allCases.map(\.rawValue)), nil, "What is measured."),
        Key("of", .text, nil, "Whose: a name, or a pattern with '*'."),
        Key("percentile", .number(0...100), nil, "Of `quantity: percentile`."),
        Key("over", .duration, nil, "The last span that a count or percentile is taken over."),
        Key("samples", .integer(1...1_000_000_000), "1", "Values that a percentile needs."),
        Key("when", .word(Comparison.allCases.map(\.rawValue)), nil, "The comparison."),
        Key("threshold", .text, nil, "With the quantity's unit."),
        Key("clear", .text, nil, "Value that ends the alert; default: the threshold."),
        Key("for", .duration, "0", "How long the condition must hold."),
        Key("clear_for", .duration, "0", "How long it must not, to end the alert."),
        Key("severity", .word(Severity.allCases.map(\.rawValue)), "warning", "How bad it is."),
        Key("actions", .texts, "", "Names of the actions that are told."),
        Key("message", .text, "{rule}: {condition}, now {value}", "With placeholders."),
        Key("repeat", .duration, "0", "Told again so often while it fires; 0: never."),
        Key("cooldown", .duration, "0", "Least time between two beginnings that are told."),
        Key("tell_end", .boolean, "true", "Whether the end is told."),
        Key(
            "no_data", .word(AlertRule.Absence.allCases.map(\.rawValue)), "clear",
            "What a firing alert does whose quantity has no value."),
        Key("inhibited_by", .texts, "", "Rules that keep this one quiet while they fire."),
    ]

    static let action: [Key] = [
        Key("name", .text, nil, "As a rule's."),
        Key("type", .word(["log", "webhook", "command"]), nil, "How it is told."),
        Key("backlog", .integer(1...10_000), "64", "Notices that may wait; more are dropped."),
        Key("file", .text, nil, "log: a file of mode 0600; default: standard error."),
        Key("size_max", .size, "10MiB", "log: a larger file is put aside."),
        Key("keep", .integer(1...100), "3", "log: files put aside that are kept."),
        Key("url_env", .text, nil, "webhook: environment variable that holds the URL."),
        Key("url_file", .text, nil, "webhook: file of mode 0600 that holds the URL."),
        Key("ca_file", .text, nil, "webhook: PEM of trust roots to add to the system's."),
        Key("retries", .integer(0...10), "3", "webhook: further attempts."),
        Key("argv", .texts, "", "command: program (absolute path) and arguments."),
        Key("concurrency", .integer(1...ActionOutbox.workersMax), "1", "command: at a time."),
        Key("timeout", .duration, "5s", "webhook, command: for one attempt."),
    ]

    /// Keys that only actions of that type have.
    static let ownKeys: [String: [String]] = [
        "log": ["file", "size_max", "keep"],
        "webhook": ["url_env", "url_file", "ca_file", "retries", "timeout"],
        "command": ["argv", "concurrency", "timeout"],
    ]
}

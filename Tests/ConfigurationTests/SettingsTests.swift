//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Testing

@Suite("Settings")
struct SettingsTests {
    static let schema = [
        Key("system.instance", .text, "default", "name"),
        Key("system.cores", .integer(1...8), "2", "count"),
        Key("trading.symbols", .texts, "BTC-USDT,ETH-USDT", "list"),
        Key("trading.period", .duration, "1s", "time"),
        Key("risk.band", .number(0...100), "50", "bps"),
        Key("risk.limit", .decimal, nil, "exact"),
        Key("endpoints.*.rest", .text, nil, "address"),
        Key(
            "models",
            .items([Key("file", .text, nil, "path"), Key("weight", .number(0...1), "1", "")]), nil,
            "models"),
    ]

    private func read(_ yaml: String) throws(ConfigurationError) -> Settings {
        var settings = Settings(schema: Self.schema)
        try settings.read(yaml: yaml, source: "test.yaml")
        return settings
    }

    @Test func `an empty file leaves every default`() throws {
        let settings = try read("")
        #expect(settings.text("system.instance") == "default")
        #expect(settings.list("trading.symbols") == ["BTC-USDT", "ETH-USDT"])
        #expect(settings.durationNs("trading.period") == 1_000_000_000)
        #expect(settings.optionalText("risk.limit") == nil)
    }

    @Test func `the fingerprint names what is configured, however it was said`() throws {
        let defaults = try read("").fingerprint
        #expect(try read("system: {instance: default}").fingerprint == defaults)
        var prints: Set<UInt64> = [defaults]
        for yaml in [
            "system: {instance: live}", "trading: {symbols: [ETH-USDT, BTC-USDT]}",
            "endpoints: {okx: {rest: \"https://localhost:1\"}}", "models: [{file: a}]",
            "models: [{file: a, weight: 0.5}]", "models: [{file: a}, {file: b}]",
        ] {
            #expect(prints.insert(try read(yaml).fingerprint).inserted, "\(yaml)")
            #expect(try read(yaml).fingerprint == read(yaml).fingerprint)
        }
    }

    @Test(arguments: [
        "", "system: {instance: live}", "trading: {symbols: [ETH-USDT, BTC-USDT]}",
        "endpoints: {okx: {rest: \"https://localhost:1\"}}",
        "models: [{file: \"a, b: {c} \\\\ \\\" d\"}, {file: b, weight: 0.5}]",
    ])
    func `what was given comes back from its text`(yaml: String) throws {
        let settings = try read(yaml)
        let again = try read(settings.text)
        #expect(again.fingerprint == settings.fingerprint)
        #expect(again.text == settings.text)
        #expect(
            again.items("models").map { $0.optionalText("file") }
                == settings.items("models").map { $0.optionalText("file") })
    }

    @Test func `values of every type are read`() throws {
        let settings = try read(
            """
            system: {instance: live, cores: 4}
            trading:
              symbols: [SOL-USDT]
              period: 250ms
            risk: {band: 12.5, limit: "0.001"}
            endpoints:
              binance-usdm: {rest: "https://localhost:1"}
            models:
              - {file: a.model, weight: 0.5}
              - {file: b.model}
            """)
        #expect(settings.integer("system.cores") == 4)
        #expect(settings.list("trading.symbols") == ["SOL-USDT"])
        #expect(settings.durationNs("trading.period") == 250_000_000)
        #expect(settings.text("risk.limit") == "0.001")
        #expect(settings.names(at: "endpoints.*.rest") == ["binance-usdm"])
        #expect(settings.text("endpoints.binance-usdm.rest") == "https://localhost:1")
        #expect(settings.items("models").map { $0.text("file") } == ["a.model", "b.model"])
        #expect(settings.items("models").map { $0.number("weight") } == [0.5, 1])
    }

    @Test(arguments: [
        ("system: {instanse: x}", "test.yaml: line 1: unknown key 'system.instanse'"),
        ("system:\n  cores: many", "test.yaml: line 2: system.cores must be a whole number 1...8"),
        ("system:\n  cores: 9", "line 2: system.cores must be"),
        ("trading: {period: 5}", "trading.period must be a duration"),
        ("trading: {symbols: BTC}", "trading.symbols must be a list"),
        ("risk: {limit: -1}", "risk.limit must be a plain decimal"),
        ("risk: {band: nan}", "risk.band must be a number"),
        ("models: [{files: x}]", "unknown key 'files'"),
        ("models: {file: x}", "models must be a list of mappings"),
        ("system: [1, 2]", "unknown key 'system'"),
        ("- a\n- b", "not a mapping"),
        ("a: &x 1\nb: *x", "anchors"),
        ("system: {cores: 1}\nsystem: {cores: 2}", "stands twice"),
        ("system: {cores: 1", "test.yaml: line"),
    ])
    func `a bad file is refused with line and key`(_ yaml: String, _ reason: String) {
        let error = #expect(throws: ConfigurationError.self) { try read(yaml) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "none")")
    }

    @Test func `a close misspelling is answered with the right key`() {
        let error = #expect(throws: ConfigurationError.self) {
            try read("risk: {bnad: 1}")
        }
        #expect(error?.description.contains("did you mean 'risk.band'") == true)
    }

    @Test func `the environment overrides the file and an assignment overrides both`() throws {
        var settings = try read("system: {cores: 4, instance: file}")
        try settings.read(environment: ["APUS_SYSTEM_CORES": "5", "APUS_UNRELATED": "x"])
        #expect(settings.integer("system.cores") == 5)
        try settings.read(assignment: "system.cores=6")
        try settings.read(assignment: "trading.symbols=A,B")
        #expect(settings.integer("system.cores") == 6)
        #expect(settings.list("trading.symbols") == ["A", "B"])
        #expect(settings.text("system.instance") == "file")
        try settings.read(assignment: "trading.symbols=A(1,2),B,C(D(3,4),5)")
        #expect(settings.list("trading.symbols") == ["A(1,2)", "B", "C(D(3,4),5)"])
        try settings.read(assignment: "trading.symbols=A(1,2")
        #expect(settings.list("trading.symbols") == ["A(1,2"])
    }

    @Test(arguments: ["system.cores", "=x", "system.nothing=1", "models=a"])
    func `an assignment that fits no key is refused`(_ assignment: String) {
        var settings = Settings(schema: Self.schema)
        #expect(throws: ConfigurationError.self) { try settings.read(assignment: assignment) }
    }
}

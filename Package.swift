// swift-tools-version: 6.2
import PackageDescription

/// Test builds whose bugs `TortureTests` must find: in a folder of their own, never shipped.
let isPlanted = Context.environment["APUS_PLANTED"] == "1"

let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // A ring hop costs 11.6 cycles and no call with it, 20 cycles and five calls without.
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
] + (isPlanted
    ? [.define("APUS_PLANTED_BUGS"), .unsafeFlags(["-Xcc", "-DAPUS_PLANTED_BUGS"])] : [])

/// `Tests/fuzz` sets it; what is undefined in C then ends the program.
let isFuzzing = Context.environment["APUS_FUZZ"] != nil

let cStrict: [CSetting] = [
    .define("_GNU_SOURCE"),
    .unsafeFlags(["-Wall", "-Wextra", "-Werror", "-Wconversion", "-ffp-contract=off"]),
    .unsafeFlags(isFuzzing ? ["-fsanitize=undefined", "-fsanitize-trap=undefined"] : []),
    .unsafeFlags(isPlanted ? ["-DAPUS_PLANTED_BUGS"] : []),
]

/// A C target under `CSupport`: one folder, one module, system headers only in its `.c` files.
func c(
    _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [],
    libraries: [String] = [], debugFlags: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "CSupport/\(name)", exclude: exclude,
        cSettings: cStrict + [.unsafeFlags(debugFlags, .when(configuration: .debug))],
        linkerSettings: libraries.map { .linkedLibrary($0) })
}

func swift(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(name)", swiftSettings: strict)
}

/// A module beside the path whose tests look inside it, in release builds too.
func beside(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(name)",
        swiftSettings: strict + [
            .unsafeFlags(["-enable-testing"], .when(configuration: .release))
        ])
}

func tool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Sources/\(name)", swiftSettings: strict)
}

/// Every test may draw from the one seeded generator.
func test(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["SeededRandom"], path: "Tests/\(name)",
        swiftSettings: strict)
}

/// What every stage of the path may know: its messages, its rings, its counters, its contract.
let foundations: [Target.Dependency] = [
    "CBase", "CMessages", "CTelemetry", "Messages", "Pipeline", "Rings", "Telemetry",
]

/// What others' libraries are measured with: APUS_PEERS=1 and Debian's libsimdjson-dev,
/// libboost-dev and libreaderwriterqueue-dev.
let hasPeers = Context.environment["APUS_PEERS"] == "1"
let peers: [Target] = hasPeers
    ? [
        .target(
            name: "CSimdjson", path: "Bench/peers/simdjson",
            cxxSettings: [.unsafeFlags(["-O3", "-march=native", "-std=c++17"])],
            linkerSettings: [.linkedLibrary("simdjson")]),
        .target(
            name: "CRingPeers", path: "Bench/peers/rings",
            cxxSettings: [.unsafeFlags(["-O3", "-march=native", "-std=c++17"])]),
    ] : []

let targets: [Target] = peers + [
    // MARK: - C: layouts and primitives, no library but libc
    c("CBase"),
    c("CMessages", ["CBase"]),
    c("CRing", ["CBase"]),
    c("CTelemetry", ["CBase"]),
    // Tests of numbers take minutes without.
    c("CKernels", ["CBase"], debugFlags: ["-O2"]),
    // MARK: - C: one wrapper per system library, whose headers stay inside it
    c("CPlatform", ["CBase"]),
    c("CHeap", ["CBase"]),
    c("CUring", ["CBase"], libraries: ["uring"]),
    // Its loops measure, in tests of a debug build too.
    c("CDoctor", ["CBase"], libraries: ["uring"], debugFlags: ["-O2"]),
    c("CTLS", ["CBase"], libraries: ["ssl", "crypto"]),
    c("CJournal", ["CBase", "CKernels", "CTLS"], libraries: ["uring"]),
    c("CCurl", ["CBase"], libraries: ["curl"]),
    c("CYAML", ["CBase"], libraries: ["yaml"]),
    c("CCurses", ["CBase"], libraries: ["ncursesw", "tinfo"]),
    c("CZlib", ["CBase"], libraries: ["z"]),
    c("CZstd", ["CBase"], libraries: ["zstd"]),
    c("CHTTPD", ["CBase"], libraries: ["microhttpd"]),
    // The monitor's dashboard: `page` becomes part of the program.
    c("CDashboard", ["CBase"], exclude: ["page"]),
    c("CWire", libraries: ["ssl", "crypto"]),
    // MARK: - Swift: foundations
    swift("Messages", ["CBase", "CMessages"]),
    swift("Platform", ["CBase", "CPlatform"]),
    swift("Rings", ["CBase", "CMessages", "CRing", "Platform"]),
    swift("Telemetry", ["CBase", "CTelemetry", "Platform"]),
    swift("Pipeline", ["CBase", "CPlatform", "CTelemetry", "Platform", "Rings", "Telemetry"]),
    swift("Options", []),
    swift("SeededRandom", []),
    swift("Configuration", ["CBase", "CYAML", "JSON", "Options"]),
    swift("JSON", ["CBase", "CKernels"]),
    // MARK: - Swift: accounts over REST, for the engine's cold threads and its watchdog
    swift("HTTP", ["CCurl", "CTLS"]),
    swift("VenueREST", ["CKernels", "CTLS", "JSON", "Messages"]),
    beside(
        "Accounts", ["CTLS", "Configuration", "HTTP", "Messages", "Platform", "VenueREST"]),
    // MARK: - Swift: the path, one module per concern
    swift("WebSocket", ["CBase"]),
    swift(
        "Transport",
        foundations + [
            "CPlatform", "CRing", "CTLS", "CUring", "HTTP", "Platform", "WebSocket",
        ]),
    swift("Venues", foundations + ["CKernels", "JSON", "VenueREST"]),
    swift("MarketData", foundations + ["CKernels"]),
    swift("Technical", ["CBase", "CKernels"]),
    swift(
        "Indicators",
        foundations + ["CKernels", "MarketData", "Options", "Technical"]),
    swift("Networks", ["CBase", "CKernels"]),
    swift("Forests", ["CBase", "CKernels", "CMessages", "JSON"]),
    swift(
        "Inference",
        foundations + ["CKernels", "CRing", "Forests", "JSON", "Networks", "Platform"]),
    swift("Strategy", foundations + ["CKernels"]),
    swift("Execution", foundations + ["CKernels"]),
    swift("Risk", foundations + ["CKernels"]),
    swift("Gateway", foundations + ["CTLS"]),
    swift(
        "Journal",
        foundations + ["CJournal", "CKernels", "CZlib", "CZstd", "Options", "Platform"]),
    swift("Quality", ["CMessages", "CTelemetry", "Messages", "Telemetry"]),
    swift(
        "TradingCore",
        foundations + [
            "Accounts", "CHeap", "CKernels", "CPlatform", "CTLS", "Configuration",
            "Execution", "Forests", "Gateway", "HTTP", "Indicators", "Inference", "JSON",
            "Journal", "MarketData", "Networks", "Options", "Platform", "Quality",
            "Rendering", "Risk", "Strategy", "Technical", "Transport", "Venues",
            "WebSocket",
        ]),
    // MARK: - Swift: beside the path
    beside(
        "Simulator",
        [
            "CBase", "CHTTPD", "CTLS", "CWire", "Configuration", "Journal", "Options",
            "Platform", "Rendering", "SeededRandom", "WebSocket",
        ]),
    swift("Rendering", ["CTelemetry", "Messages", "Options", "Telemetry"]),
    beside(
        "Alerts",
        [
            "CTelemetry", "Configuration", "HTTP", "Options", "Platform", "Rendering",
            "Telemetry",
        ]),
    beside(
        "Monitor",
        [
            "Alerts", "CCurses", "CDashboard", "CHTTPD", "CPlatform", "CTLS", "CTelemetry",
            "CZlib", "Options", "Platform", "Rendering", "Rings", "Telemetry",
        ]),
    beside(
        "Doctor",
        [
            "CBase", "CDoctor", "CPlatform", "CTelemetry", "JSON", "Pipeline", "Platform",
            "Rendering", "Telemetry",
        ]),
    beside(
        "Watchdog",
        [
            "Accounts", "CPlatform", "CTelemetry", "Configuration", "JSON", "Messages",
            "Options", "Platform", "Telemetry",
        ]),
    swift(
        "Torture",
        foundations + [
            "Accounts", "CTLS", "Gateway", "HTTP", "JSON", "Platform", "Risk", "SeededRandom",
            "Simulator", "VenueREST", "Venues",
        ]),
    beside("Reports", ["JSON", "Options", "Platform", "Rendering"]),
    beside(
        "Soak",
        [
            "CTelemetry", "HTTP", "JSON", "Messages", "Monitor", "Options", "Platform", "Rendering",
            "Telemetry",
        ]),
    beside(
        "Optimise",
        ["CTLS", "Configuration", "JSON", "Options", "Platform", "Reports", "SeededRandom"]),
    beside("VenueModel", ["Messages", "SeededRandom"]),
    beside(
        "Backtest",
        [
            "CMessages", "CTelemetry", "Configuration", "JSON", "Journal", "Messages", "Options",
            "Pipeline", "Platform", "Rendering", "Reports", "Telemetry", "TradingCore",
            "VenueModel",
        ]),
    beside(
        "Paper",
        [
            "Backtest", "CTelemetry", "Configuration", "Messages", "Options", "Pipeline",
            "Platform", "Rendering", "Telemetry", "TradingCore",
        ]),
    // The golden runs' loop around the venue model, for the tests and for the benchmark.
    .target(
        name: "GoldenDriver", dependencies: ["Journal", "Messages", "VenueModel"],
        path: "Bench/Golden", swiftSettings: strict),
    .target(
        name: "BenchSuites",
        dependencies: foundations + [
            "CKernels", "CPlatform", "CRing", "CTLS", "Configuration", "Forests", "Gateway",
            "GoldenDriver", "Indicators", "Inference", "JSON", "Journal", "MarketData", "Networks",
            "Options", "Platform", "Quality", "Rendering", "Risk", "Strategy", "Technical",
            "TradingCore", "Transport", "VenueModel", "Venues",
        ] + (hasPeers ? ["CRingPeers", "CSimdjson"] : []),
        path: "Bench/Suites",
        swiftSettings: strict + (hasPeers ? [.define("APUS_PEERS")] : [])),
    // MARK: - Executables
    tool(
        "apus",
        [
            "Backtest", "CTelemetry", "Configuration", "Doctor", "Inference", "Journal", "Messages",
            "Optimise", "Options", "Paper", "Platform", "Rendering", "Reports", "Simulator", "Soak",
            "Technical", "Telemetry", "Torture", "TradingCore",
        ]),
    tool("apus-sim", ["Options", "Simulator"]),
    tool("apus-monitor", ["Monitor", "Options", "Watchdog"]),
    tool("apus-bench", ["BenchSuites", "Options"]),
    // MARK: - Tests
    .target(
        name: "CHostileTLS", dependencies: ["CBase", "CTLS"], path: "Tests/HostileTLS",
        cSettings: cStrict, linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    .target(
        name: "TestSupport",
        dependencies: foundations + [
            "CTLS", "CUring", "Networks", "Platform", "SeededRandom", "Transport", "WebSocket",
        ],
        path: "Tests/Support", swiftSettings: strict),
    test("MessagesTests", ["CBase", "CMessages", "Messages", "Platform"]),
    test(
        "RingsTests",
        ["CBase", "CMessages", "CPlatform", "CRing", "Messages", "Platform", "Rings"]),
    test("TelemetryTests", ["CTelemetry", "Platform", "Telemetry"]),
    test("PipelineTests", foundations + ["CPlatform", "Platform"]),
    test("ConfigurationTests", ["Configuration", "Options"]),
    test("WebSocketTests", ["CTLS", "WebSocket"]),
    test(
        "TransportTests",
        foundations + [
            "CHostileTLS", "CPlatform", "CTLS", "CUring", "HTTP", "Platform", "TestSupport",
            "Transport", "WebSocket",
        ]),
    test("VenuesTests", foundations + ["CKernels", "JSON", "Journal", "Platform", "Venues"]),
    test("AccountsTests", ["Accounts", "HTTP", "Messages", "VenueREST"]),
    test("MarketDataTests", foundations + ["Journal", "MarketData", "Platform", "Venues"]),
    test(
        "IndicatorsTests",
        foundations + [
            "Indicators", "Journal", "MarketData", "Options", "Platform", "Technical", "Venues",
        ]),
    test("NetworksTests", ["CKernels", "Networks"]),
    test("TechnicalTests", ["CKernels", "Technical", "TestSupport"]),
    test("ForestsTests", ["Forests", "TestSupport"]),
    test(
        "InferenceTests",
        foundations + [
            "CKernels", "Forests", "Inference", "Networks", "Platform", "TestSupport",
        ]),
    test("StrategyTests", foundations + ["Platform", "Strategy"]),
    test("ExecutionTests", foundations + ["CKernels", "Execution", "Platform"]),
    test("RiskTests", foundations + ["Platform", "Risk"]),
    test(
        "GatewayTests",
        foundations + ["Accounts", "CTLS", "CZlib", "Gateway", "Platform", "Strategy", "Venues"]),
    test(
        "JournalTests",
        foundations + ["CKernels", "CTLS", "Journal", "Options", "Platform", "TestSupport"]),
    test("QualityTests", ["CMessages", "CTelemetry", "Messages", "Quality"]),
    test(
        "SimulatorTests",
        [
            "CMessages", "Configuration", "CTelemetry", "CTLS", "Indicators", "Journal",
            "MarketData", "Messages", "Simulator", "Telemetry", "TradingCore", "Venues",
        ]),
    test(
        "AlertsTests",
        ["Alerts", "CTelemetry", "HTTP", "Options", "Platform", "Telemetry", "TestSupport"]),
    test(
        "MonitorTests",
        [
            "Alerts", "CHTTPD", "CMessages", "CTelemetry", "Monitor", "Options", "Platform",
            "Rendering", "Rings", "Telemetry", "TestSupport",
        ]),
    test(
        "DoctorTests",
        [
            "Configuration", "Doctor", "Pipeline", "Platform", "TradingCore",
        ]),
    test(
        "WatchdogTests",
        [
            "Accounts", "CMessages", "CTelemetry", "HTTP", "Messages", "Options", "Platform",
            "Telemetry", "Watchdog",
        ]),
    test(
        "TradingCoreTests",
        foundations
            + [
                "Accounts", "CKernels", "Configuration", "HTTP", "Inference", "Journal",
                "Networks", "Optimise", "Options", "Platform", "Risk", "Strategy", "TestSupport",
                "TradingCore", "Transport",
            ]),
    test(
        "VenueModelTests",
        ["GoldenDriver", "Journal", "Messages", "TestSupport", "VenueModel"]),
    test(
        "BacktestTests",
        [
            "Backtest", "CMessages", "Configuration", "Messages", "Options", "Reports",
            "TestSupport", "TradingCore", "VenueModel",
        ]),
    test(
        "PaperTests",
        [
            "Backtest", "Configuration", "Messages", "Options", "Paper", "Platform", "TestSupport",
            "TradingCore",
        ]),
    test("TortureTests", ["CBase", "Torture"]),
    test("WireTests", ["CWire", "Options", "Simulator"]),
    test("ReportsTests", ["Options", "Platform", "Rendering", "Reports", "TestSupport"]),
    test("SoakTests", ["Platform", "Soak", "TestSupport"]),
    test("OptimiseTests", ["Configuration", "Optimise", "Platform", "Reports", "TestSupport"]),
    test("BenchSmokeTests", ["BenchSuites"]),
    test("CodegenTests", []),
    test("TidyTests", []),
]

/// The targets named in `APUS_TARGETS` and everything that they depend on: to work on one module,
/// or to run the thread sanitizer on `RingsTests` alone (Swift 6.3.1 makes an invalid module of
/// some others when it instruments optimised code).
func closure(of names: [String], in targets: [Target]) -> [Target] {
    let byName = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0) })
    var wanted: Set<String> = []
    var open = names
    while let name = open.popLast() {
        guard wanted.insert(name).inserted, let target = byName[name] else { continue }
        for case .byNameItem(let name, _) in target.dependencies { open.append(name) }
    }
    return targets.filter { wanted.contains($0.name) }
}

/// `Tests/fuzz` builds this program, and nothing else that has an entry point.
let fuzzer: Target = .executableTarget(
    name: "apus-fuzz",
    dependencies: foundations + [
        "CJournal", "CKernels", "Configuration", "Inference", "Journal", "Networks", "Platform",
        "SeededRandom", "TestSupport", "TradingCore", "Transport", "Venues",
    ],
    path: "Tests/Fuzz", swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])

let chosen: [Target] =
    if let names = Context.environment["APUS_TARGETS"] {
        closure(of: names.split(separator: ",").map(String.init), in: targets)
    } else if isFuzzing {
        targets.filter { $0.type == .regular } + [fuzzer]
    } else {
        targets
    }

let package = Package(
    name: "apus",
    targets: chosen,
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu17
)

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A group of measurements whose names begin with the suite's name and a slash.
public struct BenchSuite: Sendable {
    public let name: String
    /// Names of its measurements, for `--list` and for choosing by a filter.
    public let measurements: [String]
    public let run: @Sendable (Bench) throws -> Void
}

extension Bench {
    /// Every suite. A new one is one line here and one file beside this one.
    public static let suites: [BenchSuite] = [
        telemetrySuite,
        memorySuite,
        ringSuite,
        parseSuite,
        kernelSuite,
        technicalSuite,
        forestSuite,
        networkSuite,
        tlsSuite,
        qualitySuite,
        orderSuite,
        observationSuite,
        replaySuite,
        backtestSuite,
        journalSuite, journalCostSuite,
    ] + decisionSuites + [pathSuite, monitorSuite] + peerSuites

    /// Those that need a library of somebody else: built with APUS_PEERS=1.
    private static var peerSuites: [BenchSuite] {
        #if APUS_PEERS
        [peerSuite, ringPeerSuite]
        #else
        []
        #endif
    }
}

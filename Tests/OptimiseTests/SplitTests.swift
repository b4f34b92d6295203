//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Optimise

@Suite("Division of time")
struct SplitTests {
    private static func range(_ start: UInt64, _ end: UInt64) -> TimeRange {
        TimeRange(startNs: start, endNs: end)
    }

    private static func validation(
        _ kind: Validation.Kind, folds: Int, _ change: (inout Validation) -> Void = { _ in }
    ) -> Validation {
        var validation = Validation()
        validation.kind = kind
        validation.folds = folds
        change(&validation)
        return validation
    }

    @Test func `walk-forward trains before each test, purged, and moves on`() throws {
        let rolling = try Splits.folds(
            of: Self.range(1_000, 2_000),
            Self.validation(.walkForward, folds: 5) { $0.purgeNs = 10 })
        #expect(rolling.count == 5)
        #expect(rolling[0].train == [Self.range(1_000, 1_490)])
        #expect(rolling[0].test == [Self.range(1_500, 1_600)])
        #expect(rolling[4].train == [Self.range(1_400, 1_890)])
        #expect(rolling[4].test == [Self.range(1_900, 2_000)])
        let anchored = try Splits.folds(
            of: Self.range(1_000, 2_000),
            Self.validation(.walkForward, folds: 2) {
                $0.isAnchored = true
                $0.trainShare = 0.2
            })
        #expect(anchored.map(\.train) == [[Self.range(1_000, 1_200)], [Self.range(1_000, 1_600)]])
        #expect(anchored.map(\.test) == [[Self.range(1_200, 1_600)], [Self.range(1_600, 2_000)]])
    }

    @Test func `purged groups leave out what touches a test, and more behind it`() throws {
        let folds = try Splits.folds(
            of: Self.range(0, 100),
            Self.validation(.purged, folds: 5) {
                $0.purgeNs = 3
                $0.embargoNs = 4
            })
        #expect(folds.count == 5)
        #expect(folds[0] == Fold(train: [Self.range(27, 100)], test: [Self.range(0, 20)]))
        #expect(
            folds[2]
                == Fold(
                    train: [Self.range(0, 37), Self.range(67, 100)], test: [Self.range(40, 60)]))
        #expect(folds[4] == Fold(train: [Self.range(0, 77)], test: [Self.range(80, 100)]))
    }

    @Test func `every combination of tested groups comes once, neighbours as one range`() throws {
        let folds = try Splits.folds(
            of: Self.range(0, 60), Self.validation(.purged, folds: 6) { $0.tested = 2 })
        #expect(folds.count == 15)
        #expect(folds[0].test == [Self.range(0, 20)])
        #expect(folds[0].train == [Self.range(20, 60)])
        #expect(folds[1].test == [Self.range(0, 10), Self.range(20, 30)])
        #expect(folds[1].train == [Self.range(10, 20), Self.range(30, 60)])
        // Each group judges as often as the others.
        for group in 0..<6 as Range<UInt64> {
            let count = folds.count { fold in
                fold.test.contains { $0.startNs <= group * 10 && group * 10 < $0.endNs }
            }
            #expect(count == 5)
        }
    }

    @Test(arguments: [0, 1, 7, 60, 1_000] as [UInt64], [0, 5, 2_000] as [UInt64])
    func `no training touches its test, whatever the gaps`(purgeNs: UInt64, embargoNs: UInt64) {
        for tested in 1...3 {
            let validation = Self.validation(.purged, folds: 6) {
                $0.tested = tested
                $0.purgeNs = purgeNs
                $0.embargoNs = embargoNs
            }
            guard let folds = try? Splits.folds(of: Self.range(500, 1_100), validation) else {
                // Such gaps leave nothing to train on.
                #expect(purgeNs >= 60 || embargoNs >= 60)
                continue
            }
            for fold in folds {
                for (train, test) in fold.train.flatMap({ a in fold.test.map { (a, $0) } }) {
                    let isBefore = train.endNs + purgeNs <= test.startNs
                    let isBehind = train.startNs >= test.endNs + purgeNs + embargoNs
                    #expect(isBefore || isBehind)
                }
            }
        }
    }

    @Test func `windows that would be empty are refused`() {
        #expect(throws: OptimiseError.self) {
            try Splits.folds(of: Self.range(0, 3), Self.validation(.walkForward, folds: 9))
        }
        #expect(throws: OptimiseError.self) {
            try Splits.folds(of: Self.range(0, 3), Self.validation(.purged, folds: 9))
        }
        #expect(throws: OptimiseError.self) {
            try Splits.folds(
                of: Self.range(0, 1_000), Self.validation(.purged, folds: 40) { $0.tested = 20 })
        }
        #expect(throws: OptimiseError.self) {
            try Splits.folds(
                of: Self.range(0, 1_000),
                Self.validation(.walkForward, folds: 2) { $0.purgeNs = 500 })
        }
    }
}

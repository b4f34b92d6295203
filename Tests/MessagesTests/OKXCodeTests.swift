//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Testing

@Suite("Codes of OKX")
struct OKXCodeTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let outcome: RequestOutcome
        let codes: [Int32]

        init(_ outcome: RequestOutcome, _ codes: [Int32]) {
            self.outcome = outcome
            self.codes = codes
        }
        var testDescription: String { "\(outcome)" }
    }

    /// Every code of the protocol sheet, section 10, in its order, and two that samples have.
    static let rows = [
        Row(.accepted, [0]),
        // WebSocket.
        Row(
            .rejected,
            [
                60_004, 60_005, 60_006, 60_007, 60_008, 60_009, 60_011, 60_012, 60_013, 60_018,
                60_019, 60_020, 60_021, 60_022, 60_024, 60_026, 60_027, 60_028, 60_029, 60_030,
                60_031, 60_032, 63_999, 64_000, 64_001, 64_002, 64_003, 64_004,
            ]),
        Row(.throttled, [60_014, 60_023]),
        Row(.unknown, [64_008]),
        // General and REST.
        Row(
            .rejected,
            [
                1, 50_002, 50_014, 50_015, 50_016, 50_027, 50_030, 50_120, 50_036, 50_037, 50_038,
                50_101, 50_102, 50_103, 50_104, 50_105, 50_106, 50_107, 50_110, 50_111, 50_113,
                50_119,
            ]),
        Row(.unknown, [2, 50_001, 50_004, 50_026]),
        Row(.throttled, [50_011, 50_013, 50_040, 50_061]),
        // Trade.
        Row(
            .rejected,
            [
                51_000, 51_001, 51_003, 51_004, 51_005, 51_101, 51_202, 51_203, 51_006, 51_137,
                51_138, 51_116, 51_007, 51_020, 51_120, 51_008, 51_127, 51_131, 51_010, 51_015,
                51_021, 51_022, 51_027, 51_028, 51_029, 51_030, 51_023, 51_112, 51_169, 51_170,
                51_025, 51_102, 51_103, 51_174, 51_034, 51_035, 54_008, 51_071, 51_109, 51_140,
                51_110, 51_124, 51_404, 51_508, 51_111, 51_501, 51_406, 51_121, 51_122, 51_150,
                51_185, 51_201, 51_204, 51_400, 51_401, 51_402, 51_405, 51_410, 51_500, 51_503,
                51_506, 51_511, 51_512, 51_502, 51_603, 54_004, 54_012, 51_019, 54_084, 54_085,
            ]),
        // Time-outs; an order of this id is there.
        Row(.unknown, [51_054, 51_149, 51_412, 51_011, 51_016]),
        // More than three amends of one order in flight.
        Row(.throttled, [51_513]),
    ]

    @Test(arguments: rows)
    func `every code of the sheet has its outcome`(row: Row) {
        for code in row.codes { #expect(OKXCode.outcome(code) == row.outcome, "\(code)") }
    }

    @Test func `no code is listed twice`() {
        let all = Self.rows.flatMap(\.codes)
        #expect(Set(all).count == all.count)
        #expect(all.count == 138)
    }

    /// The safe side: an order that may live is held for one that does.
    @Test func `a code that nobody listed leaves the outcome open`() {
        for code in [Int32.min, -1, 3, 50_000, 50_003, 51_002, 51_999, 55_000, 61_000, .max] {
            #expect(OKXCode.outcome(code) == .unknown, "\(code)")
        }
    }

    @Test func `some refusals of a cancel say that the order is gone`() {
        for row in Self.rows {
            for code in row.codes {
                let isGone = [51_400, 51_401, 51_402, 51_405, 51_503, 51_603].contains(code)
                #expect(OKXCode.isOrderGone(code) == isGone, "\(code)")
                if isGone { #expect(OKXCode.outcome(code) == .rejected) }
            }
        }
    }
}

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
        Row(.retry, [60_014, 60_023]),
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
        Row(.retry, [50_011, 50_013, 50_040, 50_061]),
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
        Row(.retry, [51_513]),
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

@Suite("Outcomes of requests")
struct OutcomeTests {
    /// Every code of Binance's protocol sheet, sections 4.4, 6 and 9, for a new order.
    static let rows = [
        OKXCodeTests.Row(.unknown, [-1000, -1001, -1006, -1007, -4116]),
        OKXCodeTests.Row(.retry, [-1003, -1008, -1015, -4117, -5043]),
        OKXCodeTests.Row(
            .rejected,
            [
                -1013, -1014, -1016, -1020, -1021, -5028, -1022, -1100, -1101, -1102, -1103, -1104,
                -1105, -1106, -1111, -1115, -1116, -1117, -1121, -1125, -1130, -1136, -2010, -2011,
                -2013, -2014, -2015, -2018, -2019, -2024, -2027, -2028, -2020, -2021, -2022, -2023,
                -2025, -4045, -4000, -4001, -4002, -4003, -4004, -4005, -4013, -4014, -4015, -4016,
                -4023, -4024, -4028, -4046, -4047, -4048, -4059, -4067, -4068, -4060, -4061, -4062,
                -4087, -4088, -4105, -4106, -4107, -4189, -4400, -4401, -4109, -4118, -4120, -4130,
                -4131, -4164, -5029, -4192, -4202, -4531, -5021, -5022, -5024, -5025, -5026, -5027,
                -5037, -5038, -5041, -5039, -5040,
            ]),
    ]

    @Test func `every code of Binance's sheet has its outcome`() {
        for row in Self.rows {
            for code in row.codes {
                #expect(VenueCode.outcome(code, of: .place) == row.outcome, "\(code)")
                #expect(VenueCode.outcome(code, of: .modify) == row.outcome, "\(code)")
            }
        }
        let all = Self.rows.flatMap(\.codes)
        #expect(Set(all).count == all.count)
    }

    /// The two venues number apart: none of one's codes means anything of the other's.
    @Test func `the sign of a code tells its venue`() {
        for row in Self.rows {
            for code in row.codes {
                #expect(BinanceCode.outcome(code) == row.outcome)
                #expect(OKXCode.outcome(code) == .unknown)
            }
        }
        for row in OKXCodeTests.rows {
            for code in row.codes {
                #expect(VenueCode.outcome(code, of: .place) == row.outcome, "\(code)")
            }
        }
        #expect(VenueCode.outcome(-50_004, of: .place) == .unknown)
        #expect(VenueCode.outcome(-900, of: .place) == .unknown, "nobody listed it")
    }

    @Test func `a cancel whose time was refused is tried again, an order is not`() {
        for code in [Int32(-1021), -5028, 50_036, 50_037, 50_102, 60_004, 60_006] {
            #expect(VenueCode.isClockRefusal(code))
            #expect(VenueCode.outcome(code, of: .place) == .rejected)
            #expect(VenueCode.outcome(code, of: .modify) == .rejected)
            #expect(VenueCode.outcome(code, of: .cancel) == .retry)
        }
        #expect(!VenueCode.isClockRefusal(-1022))
    }

    @Test func `a query that taught nothing is asked again`() {
        for row in Self.rows + OKXCodeTests.rows where row.outcome == .unknown {
            for code in row.codes { #expect(VenueCode.outcome(code, of: .query) == .retry) }
        }
        #expect(VenueCode.outcome(-2013, of: .query) == .rejected)
        #expect(VenueCode.outcome(51_603, of: .query) == .rejected)
    }

    @Test func `only an unknown order is gone`() {
        for row in Self.rows {
            for code in row.codes {
                #expect(VenueCode.isOrderGone(code) == (code == -2011 || code == -2013))
            }
        }
        #expect(VenueCode.isOrderGone(51_400))
        #expect(!VenueCode.isOrderGone(0))
    }

    @Test(arguments: [
        (TransportFailure.nameResolution, RequestOutcome.retry, RequestOutcome.retry),
        (.connect, .retry, .retry), (.write, .rejected, .retry),
        (.connectionLost, .unknown, .unknown), (.timeout, .unknown, .unknown),
    ])
    func `every transport failure has its outcome`(
        failure: TransportFailure, ofPlace: RequestOutcome, ofCancel: RequestOutcome
    ) {
        #expect(TransportFailure.allCases.count == 5)
        #expect(failure.outcome(of: .place) == ofPlace)
        #expect(failure.outcome(of: .modify) == ofPlace)
        #expect(failure.outcome(of: .cancel) == ofCancel)
        #expect(failure.outcome(of: .query) == .retry)
    }

    @Test(arguments: [
        (UInt64(200), Int32(0), false, RequestOutcome.accepted), (200, -1007, false, .unknown),
        (200, -2010, false, .rejected), (400, -2010, false, .rejected), (400, 0, false, .rejected),
        (401, -2015, false, .rejected), (403, 0, false, .retry), (408, 0, false, .unknown),
        (409, 0, false, .unknown), (418, -1003, false, .retry), (429, -1015, false, .retry),
        (500, 0, false, .unknown), (500, -1000, true, .retry), (503, 0, false, .unknown),
        (503, 0, true, .retry), (503, -1008, false, .retry), (504, 0, false, .unknown),
        (400, -4116, false, .unknown), (400, -1000, false, .unknown), (0, 0, false, .unknown),
    ])
    func `every status has its outcome`(
        status: UInt64, code: Int32, isNotExecuted: Bool, outcome: RequestOutcome
    ) {
        for request in RequestKind.allCases {
            let found = HTTPStatus.outcome(
                status, code: code, isNotExecuted: isNotExecuted, of: request)
            let isOpen = request == .query && outcome == .unknown
            #expect(found == (isOpen ? .retry : outcome), "\(status) \(code) \(request)")
        }
    }
}

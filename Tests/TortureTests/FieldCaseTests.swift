//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#if !APUS_PLANTED_BUGS
    import Testing
    import Torture

    /// A case that was seen in the field, and the faults that bring it about.
    struct FieldCase: CustomTestStringConvertible, Sendable {
        let name: String
        let faults: [(fault: TortureFault, chance: Double)]

        var testDescription: String { "field case: \(name)" }

        init(_ name: String, _ faults: (TortureFault, Double)...) {
            self.name = name
            self.faults = faults.map { (fault: $0.0, chance: $0.1) }
        }

        static let all = [
            FieldCase(
                "accepted orders dropped in an outage", (.reset, 0.1), (.ackLost, 0.3),
                (.restFailure, 0.3)),
            FieldCase("a duplicate after a client time-out", (.ackLate, 0.5)),
            FieldCase("a status query overtakes creation", (.ackLost, 0.5), (.slowVenue, 0.5)),
            FieldCase("an unknown error taken for a failure", (.unknownOutcome, 0.5)),
            FieldCase("a cancel lost and its order forgotten", (.halfOpen, 0.02), (.ackLost, 0.3)),
            FieldCase("an in-flight time-out rejects a live order", (.ackLost, 0.7)),
            FieldCase(
                "the venue tells no end of an order", (.venueExpiry, 0.3), (.latePush, 0.3),
                (.ackLost, 0.2)),
            FieldCase(
                "a late NEW behind the fill", (.fillBeforeAck, 0.7), (.ackLate, 0.2)),
            FieldCase("filled, then a refused cancel", (.latePush, 0.7)),
            FieldCase("the same fill twice", (.duplicatePush, 1)),
            FieldCase(
                "the old order filled while it is replaced", (.slowNetwork, 1), (.slowVenue, 0.3)),
            FieldCase("a partial fill, then a cancel", (.slowVenue, 0.5)),
            FieldCase("a replace half seen", (.reset, 0.05), (.ackLost, 0.3), (.latePush, 0.3)),
            FieldCase("a restart drops working orders", (.restart, 0.02)),
            FieldCase(
                "a partial snapshot taken for flat", (.restart, 0.02), (.restFailure, 0.3)),
            FieldCase(
                "a fill replayed after a restart", (.restart, 0.02), (.duplicatePush, 0.5),
                (.latePush, 0.3)),
            FieldCase("a failed position query taken for flat", (.restFailure, 0.7)),
            FieldCase(
                "a restart beside a liquidation", (.restart, 0.05), (.liquidation, 0.3),
                (.externalOrder, 0.3)),
            FieldCase("the user stream dead after its key expired", (.listenKeyExpiry, 0.1)),
            FieldCase("a half-open connection", (.halfOpen, 0.05)),
            FieldCase("requests of a lost connection arrive late", (.lateDelivery, 0.1)),
            FieldCase("clocks apart", (.clockStep, 0.1)),
        ]
    }

    /// Goal: each case that order and position truth was lost by, brought about on purpose. Method:
    /// its faults alone, often, for hours on Binance, on OKX, and on both.
    @Suite("Field cases")
    struct FieldCaseTests {
        @Test(arguments: FieldCase.all)
        func `a case seen in the field breaks no promise`(_ field: FieldCase) throws {
            var torture = Torture()
            torture.settings.fixedPlan = field.faults
            var told = 0
            // Binance logged on, OKX, both, and Binance signing each request.
            for seed in [UInt64(1), 2, 4, 11] {
                let report = try torture.run(seed: seed, hours: 1)
                #expect(report.violations.map(\.text) == [], "seed \(seed)")
                #expect(report.fills > 0)
                told += report.faults.reduce(0, +)
            }
            #expect(told > 0, "its faults struck")
        }
    }
#endif

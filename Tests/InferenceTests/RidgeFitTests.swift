//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Inference
import SeededRandom
import Testing

@Suite("Ridge fit")
struct RidgeFitTests {
    static let second: UInt64 = 1_000_000_000

    static func configuration(features: Int = 4) -> RidgeConfiguration {
        RidgeConfiguration(
            schemaHash: Fixtures.schemaHash,
            featureNames: (0..<features).map { $0 == 0 ? "imbalance_l1" : "feature_\($0)" },
            featureUnits: [String](repeating: "ratio", count: features), horizonNs: second)
    }

    /// Features and the return that follows them: 1.5 z0 - 0.5 z1 + noise, z2 without meaning,
    /// z3 the return just past.
    struct Market {
        var features: [[Float]] = []
        var returnsBps: [Double] = []

        init(rows: Int, seed: UInt64, noise: Double = 1) {
            var random = SplitMix64(seed: seed)
            var last = 0.0
            for _ in 0..<rows {
                let (a, b, c) = (random.normal(), random.normal(), random.normal())
                let next = 1.5 * a - 0.5 * b + noise * random.normal()
                features.append([Float(a * 3 + 10), Float(b * 0.01), Float(c), Float(last)])
                returnsBps.append(next)
                last = next
            }
        }

        /// One row a second; a row's label is the return of its place.
        func rows(instrument: UInt32 = 0) -> [RidgeRow] {
            var mid = 50_000.0
            return features.indices.map { index in
                defer { mid *= 1 + returnsBps[index] / 1e4 }
                return RidgeRow(
                    instrumentID: instrument, timeNs: 5 * second + UInt64(index) * second,
                    mid: mid, values: features[index])
            }
        }
    }

    static func fit(
        _ rows: [RidgeRow], _ configuration: RidgeConfiguration = configuration()
    ) throws -> (LinearModelParameters, RidgeReport) {
        var fit = RidgeFit(configuration)
        for row in rows { fit.add(row) }
        return try fit.finish()
    }

    @Test func `known coefficients are found`() throws {
        let (parameters, report) = try Self.fit(Market(rows: 6_000, seed: 3).rows())
        let expected: [Float] = [1.5, -0.5, 0, 0]
        for (weight, truth) in zip(parameters.weights, expected) {
            #expect(abs(weight - truth) < 0.06, "seed 3: \(parameters.weights)")
        }
        #expect(abs(parameters.mean[0] - 10) < 0.2)
        #expect(abs(1 / parameters.inverseSigma[0] - 3) < 0.15)
        // Var(signal) 2.5 of 3.5 in all.
        #expect(abs(report.r2AgainstZero - 2.5 / 3.5) < 0.04, "\(report.r2AgainstZero)")
        #expect(abs(report.r2AgainstTrainMean - report.r2AgainstZero) < 0.01)
        #expect(abs(parameters.residualSigmaBps - 1) < 0.05)
        #expect(abs(report.imbalanceR2 - 2.25 / 3.5) < 0.05)
        #expect(report.informationCoefficient > 0.8)
        #expect(report.signAccuracy > 0.75)
        #expect(report.moveRate > 0.99)
        #expect(abs(report.persistence - 0.5) < 0.05)
        #expect(report.coefficients.map(\.name).prefix(2) == ["imbalance_l1", "feature_1"])
    }

    @Test func `a symmetric fit mirrors its forecast when the market is mirrored`() throws {
        var configuration = Self.configuration()
        // The first feature lies about 10: taken as undirected, it must not be used.
        configuration.directional = [false, true, true, true]
        var drifting = Market(rows: 6_000, seed: 5).rows()
        for index in drifting.indices { drifting[index].mid *= 1 + 3e-5 * Double(index) }
        let (parameters, _) = try Self.fit(drifting, configuration)
        #expect(parameters.bias == 0)
        #expect(parameters.weights[0] == 0)
        #expect(parameters.mean == [0, 0, 0, 0])
        #expect(abs(parameters.weights[1] + 0.5) < 0.06, "seed 5: \(parameters.weights)")
        let model = parameters.makeModel()
        func score(_ values: [Float]) -> Float {
            let padded = values + [Float](repeating: 0, count: 124 - values.count)
            return unsafe padded.withUnsafeBufferPointer {
                unsafe model.evaluate($0.baseAddress!).score
            }
        }
        #expect(score([11, 0.02, -1, 3]) == -score([7, -0.02, 1, -3]))
    }

    @Test func `the deciles grow and hold every test row`() throws {
        let (_, report) = try Self.fit(Market(rows: 6_000, seed: 4).rows())
        #expect(report.deciles.count == 10)
        #expect(report.deciles.reduce(0) { $0 + $1.rows } == report.counts.test)
        for (lower, upper) in zip(report.deciles, report.deciles.dropFirst()) {
            #expect(lower.meanScoreBps <= upper.meanScoreBps)
            #expect(lower.meanLabelBps < upper.meanLabelBps)
        }
    }

    @Test func `shuffled labels cannot be predicted`() throws {
        var market = Market(rows: 6_000, seed: 5)
        var random = SplitMix64(seed: 6)
        market.returnsBps.shuffle(using: &random)
        let (_, report) = try Self.fit(market.rows())
        #expect(report.r2AgainstZero < 0.005, "seeds 5, 6: \(report.r2AgainstZero)")
        #expect(abs(report.informationCoefficient) < 0.06)
    }

    @Test func `features from one row later raise R2`() throws {
        let market = Market(rows: 6_000, seed: 8)
        let honest = try Self.fit(market.rows()).1
        var leak = market
        leak.features.removeFirst()
        leak.returnsBps.removeLast()
        let leaked = try Self.fit(leak.rows()).1
        #expect(leaked.r2AgainstZero > honest.r2AgainstZero + 0.2)
        #expect(leaked.r2AgainstZero > 0.99)
    }

    @Test func `no training label reaches the test part and the embargo is kept`() throws {
        var configuration = Self.configuration()
        configuration.horizonNs = 7 * Self.second
        configuration.embargoNs = 20 * Self.second
        var fit = RidgeFit(configuration)
        for row in Market(rows: 3_000, seed: 9).rows() { fit.add(row) }
        let (_, report) = try fit.finish()
        // One row a second: rows whose label ends behind the boundary, then 20 s left out.
        #expect(report.counts.purged == 7)
        #expect(report.counts.embargoed == 20)
        #expect(report.counts.unlabelled == 7)
        let total = report.counts.train + report.counts.test + 7 + 20 + 7
        #expect(total == 3_000)
        for cut in [RidgeCut(boundaryNs: 100, embargoNs: 10)] {
            #expect(cut.part(time: 95, labelTime: 100) == .train)
            #expect(cut.part(time: 95, labelTime: 101) == .purged)
            #expect(cut.part(time: 101, labelTime: 105) == .embargoed)
            #expect(cut.part(time: 110, labelTime: 115) == .embargoed)
            #expect(cut.part(time: 111, labelTime: 115) == .test)
        }
    }

    @Test func `the label is the first sample at or after the horizon`() throws {
        var fit = RidgeFit(Self.configuration(features: 1))
        func add(_ time: UInt64, _ mid: Double, _ instrument: UInt32 = 0) {
            fit.add(RidgeRow(instrumentID: instrument, timeNs: time, mid: mid, values: [1]))
        }
        add(0, 100)
        add(400_000_000, 200)
        add(500_000_000, 7, 1)
        add(1_000_000_000, 101)
        add(1_500_000_000, 202)
        add(9_000_000_000, 300)
        #expect(abs(fit.labels[0] - 100) < 1e-9)
        #expect(abs(fit.labels[1] - 100) < 1e-9)
        #expect(fit.labelTimes[1] == 1_500_000_000)
        #expect(fit.labels[2].isNaN, "the other instrument has one sample only")
        #expect(fit.labels[3].isNaN, "the sample after the gap comes too late")
    }

    @Test func `unusable rows are counted and leave no trace`() throws {
        let rows = Market(rows: 3_000, seed: 12).rows()
        let clean = try Self.fit(rows)
        var spoilt: [RidgeRow] = []
        for (index, row) in rows.enumerated() {
            spoilt.append(row)
            var bad = row
            switch index % 500 {
            case 100: bad.values[2] = .nan
            case 200: bad.mid = 0
            case 300: bad.timeNs = 1
            case 400: bad.values.removeLast()
            default: continue
            }
            spoilt.append(bad)
        }
        let (parameters, report) = try Self.fit(spoilt)
        #expect(report.counts.refused == 24)
        #expect(parameters.weights == clean.0.weights)
        #expect(report.r2AgainstZero == clean.1.r2AgainstZero)
    }

    @Test func `a constant feature gets no weight`() throws {
        var rows = Market(rows: 3_000, seed: 13).rows()
        for index in rows.indices { rows[index].values[2] = 0.1 }
        let (parameters, _) = try Self.fit(rows)
        #expect(parameters.inverseSigma[2] == 0)
        #expect(parameters.weights[2] == 0)
    }

    @Test func `data that is too short or does not move gives a clear error`() throws {
        let rows = Market(rows: 3_000, seed: 14).rows()
        func error(_ rows: [RidgeRow]) -> RidgeError? {
            var fit = RidgeFit(Self.configuration())
            for row in rows { fit.add(row) }
            do throws(RidgeError) {
                _ = try fit.finish()
                return nil
            } catch { return error }
        }
        #expect(error([]) == .noLabels(rows: 0, horizonNs: Self.second))
        #expect(error([rows[0]]) == .noLabels(rows: 1, horizonNs: Self.second))
        for count in [2, 20, 150, 300] {
            guard case .tooFewRows = error(Array(rows.prefix(count))) else {
                Issue.record("\(count) rows made a model")
                return
            }
        }
        #expect(
            error(
                rows.map {
                    var row = $0; row.mid = 5; return row
                }) == .labelsDoNotVary)
        #expect("\(RidgeError.labelsDoNotVary)".contains("longer"))
    }

    @Test func `a fitted model passes through its file and serves what the fit predicted`() throws {
        var configuration = Self.configuration()
        configuration.sources = [RidgeSource(name: "a \"capture\"\n", hash: "00ff")]
        let (parameters, report) = try Self.fit(Market(rows: 3_000, seed: 15).rows(), configuration)
        let model = try ModelFile.decode(
            ModelFile.encode(parameters.contents), expectedSchemaHash: Fixtures.schemaHash)
        #expect(model.description.metadata == report.json)
        #expect(report.json.contains("\"hash\":\"00ff\""))
        #expect(!report.json.contains("\n"))
        let score = model.scorer.evaluate([parameters.goldenInputs[3]])
        let again = LinearModelTests.evaluate(parameters.makeModel(), parameters.goldenInputs[3])
        #expect(score == again)
        #expect(parameters.goldenInputs.count == ModelFile.goldenCount)
    }

    @Test func `the same rows give the same bytes, and the report is a table`() throws {
        let rows = Market(rows: 3_000, seed: 16).rows()
        let (first, report) = try Self.fit(rows)
        let second = try Self.fit(rows).0
        #expect(try ModelFile.encode(first.contents) == ModelFile.encode(second.contents))
        for line in ["R2 against zero", "R2 against train mean", "P(move)", "decile", "bps/sigma"] {
            #expect(report.text.contains(line))
        }
    }

    @Test func `the factorisation refuses a matrix that is not positive definite`() {
        var matrix = [1.0, 2, 1]
        #expect(!NormalEquations.factorise(&matrix, 2))
        var good = [4.0, 2, 5]
        #expect(NormalEquations.factorise(&good, 2))
        #expect(good == [2, 1, 2])
    }
}

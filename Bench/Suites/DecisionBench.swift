//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTLS
import Gateway
import Inference
import Messages

/// From a feature vector to the bytes of an order: model, risk, encoder (targets P7, P8).
let decisionSuites = [
    BenchSuite(name: "inference", measurements: ["inference/linear"], run: linearBench),
    BenchSuite(name: "risk", measurements: ["risk/evaluate"], run: riskBench),
    BenchSuite(
        name: "gateway",
        measurements: [
            "gateway/encode-sign", "gateway/encode-session", "gateway/encode-cancel",
            "gateway/encode-okx", "gateway/encode-okx-cancel",
        ],
        run: { bench in
            try encodeBench(bench)
            try encodeOKXBench(bench)
        }),
]

/// A linear model on 26 normalised features.
@Sendable private func linearBench(_ bench: Bench) throws {
    var random = BenchRandom(state: 21)
    func float() -> Float { Float(random.next() >> 40) / Float(1 << 23) - 1 }
    let count = 26
    let model = LinearModel(
        mean: (0..<count).map { _ in float() }, inverseSigma: (0..<count).map { _ in 1 + float() },
        weights: (0..<count).map { _ in float() }, bias: 0.1, clip: 5, residualSigmaBps: 2)
    let vectors = (0..<64).flatMap { _ in
        (0..<Int(APUS_FEATURE_COUNT_MAX)).map { $0 < count ? float() : 0 }
    }
    let operations = bench.parameter(smoke: 64, full: 8_192)
    unsafe vectors.withUnsafeBufferPointer { vectors in
        guard let first = vectors.baseAddress else { return }
        bench.measure(
            "inference/linear", samples: bench.parameter(smoke: 2, full: 100),
            operations: operations
        ) {
            var sum: UInt64 = 0
            for index in 0..<operations {
                let vector = unsafe first + (index & 63) * Int(APUS_FEATURE_COUNT_MAX)
                sum = unsafe sum &* 31 &+ UInt64(model.evaluate(vector).score.bitPattern)
            }
            return sum
        }
    }
}

func benchIntent(_ index: Int, _ random: inout BenchRandom) -> OrderIntent {
    var intent = OrderIntent()
    let isBuy = index % 2 == 0
    intent.sequence = UInt64(index)
    intent.ingressTimeNs = BenchMarket.startTimeNs + 1_000_000
    intent.orderID = 0x0123_4567_89ab_0000 &+ UInt64(index)
    intent.limitPrice = PriceTicks(
        rawValue: BenchMarket.midTicks + Int64(random.next() % 40) - 20)
    intent.quantity = QuantityLots(rawValue: Int64(2 + random.next() % 90))
    intent.kind = .place
    intent.side = isBuy ? .buy : .sell
    intent.type = .limit
    intent.timeInForce = .ioc
    return intent
}

/// One order (or cancel) from the record to the masked, signed frame.
@Sendable private func encodeBench(_ bench: Bench) throws {
    let configuration = GatewayConfiguration(
        apiKey: "k3y", secret: "s3cret", maskSeed: 1)
    var encoder = try BinanceOrderEncoder(
        configuration: configuration, instruments: .standalone([BenchMarket.instrument()]))
    var session = try BinanceOrderEncoder(
        configuration: GatewayConfiguration(
            apiKey: "", secret: "", maskSeed: 1, isSessionAuthenticated: true),
        instruments: .standalone([BenchMarket.instrument()]))
    var random = BenchRandom(state: 41)
    let intents = (0..<64).map { benchIntent($0, &random) }
    let operations = bench.parameter(smoke: 16, full: 2_048)
    let samples = bench.parameter(smoke: 2, full: 50)
    unsafe intents.withUnsafeBufferPointer { intents in
        guard let first = intents.baseAddress else { return }
        // The masking key differs each time, so the lengths are what can be compared.
        bench.measure("gateway/encode-sign", samples: samples, operations: operations) {
            var sum: UInt64 = 0
            for index in 0..<operations {
                let time = 1_723_161_256_000 + Int64(index)
                unsafe sum &+= UInt64(encoder.encodePlace(first + (index & 63), timeMs: time))
            }
            return sum
        }
        bench.measure("gateway/encode-session", samples: samples, operations: operations) {
            var sum: UInt64 = 0
            for index in 0..<operations {
                let time = 1_723_161_256_000 + Int64(index)
                unsafe sum &+= UInt64(session.encodePlace(first + (index & 63), timeMs: time))
            }
            return sum
        }
        bench.measure("gateway/encode-cancel", samples: samples, operations: operations) {
            var sum: UInt64 = 0
            for index in 0..<operations {
                let time = 1_723_161_256_000 + Int64(index)
                let orderID = unsafe first[index & 63].orderID
                sum &+= UInt64(
                    encoder.encodeCancel(orderID: orderID, instrumentID: 0, timeMs: time))
            }
            return sum
        }
    }
}

/// The same for OKX, whose orders are not signed: the check before it leaves is part of it.
@Sendable private func encodeOKXBench(_ bench: Bench) throws {
    var instrument = BenchMarket.instrument()
    instrument.venue = .okx
    instrument.venueCode = 10_459
    var encoder = try OKXOrderEncoder(
        configuration: OKXOrderConfiguration(accountMode: .futures, maskSeed: 1),
        instruments: .standalone([instrument]))
    var random = BenchRandom(state: 41)
    let intents = (0..<64).map { benchIntent($0, &random) }
    let operations = bench.parameter(smoke: 16, full: 2_048)
    let samples = bench.parameter(smoke: 2, full: 50)
    unsafe intents.withUnsafeBufferPointer { intents in
        guard let first = intents.baseAddress else { return }
        bench.measure("gateway/encode-okx", samples: samples, operations: operations) {
            var sum: UInt64 = 0
            for index in 0..<operations {
                let time = 1_723_161_256_000 + Int64(index)
                unsafe sum &+= UInt64(encoder.encodePlace(first + (index & 63), timeMs: time))
                unsafe sum &+= encoder.isPlace(first + (index & 63)) ? 1 : 0
            }
            return sum
        }
        bench.measure("gateway/encode-okx-cancel", samples: samples, operations: operations) {
            var sum: UInt64 = 0
            for index in 0..<operations {
                let orderID = unsafe first[index & 63].orderID
                sum &+= UInt64(encoder.encodeCancel(orderID: orderID, instrumentID: 0))
            }
            return sum
        }
    }
}

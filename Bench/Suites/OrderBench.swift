//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import CTLS
import Gateway
import Messages

/// An order from its command to the TLS record that leaves: encoded, signed where the venue wants
/// it, read back, masked and sealed (target P8).
let orderSuite = BenchSuite(
    name: "order", measurements: ["order/binance/encode-sign-seal", "order/okx/encode-seal"],
    run: orderBench)

private struct NoSession: Error {}

@Sendable private func orderBench(_ bench: Bench) throws {
    guard let authority = unsafe apus_test_authority_create(nil) else { throw NoSession() }
    defer { unsafe apus_test_authority_destroy(authority) }
    var made: (client: OpaquePointer?, server: OpaquePointer?) = (nil, nil)
    var error = [CChar](repeating: 0, count: Int(APUS_TLS_ERROR_MAX))
    guard unsafe apus_tls_pair_create(authority, &made.client, &made.server, &error) == 0,
        let client = unsafe made.client, let server = unsafe made.server
    else { throw NoSession() }
    defer {
        unsafe apus_tls_session_destroy(client)
        unsafe apus_tls_session_destroy(server)
    }
    var okxInstrument = BenchMarket.instrument()
    okxInstrument.venue = .okx
    okxInstrument.venueCode = 10_459
    var binance = try BinanceOrderEncoder(
        configuration: GatewayConfiguration(apiKey: "k3y", secret: "s3cret", maskSeed: 1),
        instruments: .standalone([BenchMarket.instrument()]))
    var okx = try OKXOrderEncoder(
        configuration: OKXOrderConfiguration(accountMode: .futures, maskSeed: 1),
        instruments: .standalone([okxInstrument]))
    var random = BenchRandom(state: 41)
    let intents = (0..<64).map { benchIntent($0, &random) }
    let operations = bench.parameter(smoke: 16, full: 1_024)
    let samples = bench.parameter(smoke: 2, full: 100)
    unsafe intents.withUnsafeBufferPointer { intents in
        guard let first = intents.baseAddress else { return }
        bench.measure(
            "order/binance/encode-sign-seal", samples: samples, operations: operations
        ) {
            var sum: UInt64 = 0
            for index in 0..<operations {
                let order = unsafe first + (index & 63)
                let time = 1_723_161_256_000 + Int64(index)
                let length = unsafe binance.encodePlace(order, timeMs: time)
                unsafe sum &+= binance.isPlace(order) ? 1 : 0
                unsafe sum &+= seal(client, binance.frameBytes, length)
            }
            return sum
        }
        bench.measure("order/okx/encode-seal", samples: samples, operations: operations) {
            var sum: UInt64 = 0
            for index in 0..<operations {
                let order = unsafe first + (index & 63)
                let time = 1_723_161_256_000 + Int64(index)
                let length = unsafe okx.encodePlace(order, timeMs: time)
                unsafe sum &+= okx.isPlace(order) ? 1 : 0
                unsafe sum &+= seal(client, okx.frameBytes, length)
            }
            return sum
        }
    }
}

/// Seals a frame and throws its record away.
///
/// - Returns: Bytes of the record.
private func seal(
    _ session: OpaquePointer, _ frame: UnsafePointer<UInt8>, _ length: Int
) -> UInt64 {
    _ = unsafe apus_tls_session_write(session, frame, length)
    let sealed = unsafe apus_tls_session_output_length(session)
    unsafe apus_tls_session_consume(session, sealed)
    return UInt64(sealed)
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CTLS

/// One TLS 1.3 record, and the signature of an order.
let tlsSuite = BenchSuite(
    name: "tls",
    measurements: ["tls/open-180B", "tls/open-500B", "tls/seal-300B", "tls/hmac-176B"],
    run: tlsBench)

private struct NoSession: Error {}

@Sendable private func tlsBench(_ bench: Bench) throws {
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
    let samples = bench.parameter(smoke: 2, full: 200)
    let operations = bench.parameter(smoke: 4, full: 100)
    var plain = [UInt8](repeating: 0x61, count: 16_384)
    for size in [180, 500] {
        unsafe measureOpen(
            bench, "tls/open-\(size)B", unsafe client, unsafe server, size, samples, operations)
    }
    bench.measure("tls/seal-300B", samples: samples, operations: operations) {
        var sum: UInt64 = 0
        for _ in 0..<operations {
            unsafe sum &+= UInt64(bitPattern: Int64(apus_tls_session_write(client, plain, 300)))
            let sealed = unsafe apus_tls_session_output_length(client)
            sum &+= UInt64(sealed)
            unsafe apus_tls_session_consume(client, sealed)
        }
        return sum
    }
    var state = HMACState()
    unsafe apus_hmac_init(&state, plain, 64)
    unsafe apus_hmac_extend(&state, plain, 93)
    var hex = [UInt8](repeating: 0, count: Int(APUS_HMAC_HEX_LENGTH))
    bench.measure("tls/hmac-176B", samples: samples, operations: operations) {
        var sum: UInt64 = 0
        for index in 0..<operations {
            plain[0] = UInt8(truncatingIfNeeded: index)
            unsafe apus_hmac_sign(&state, plain, 176, &hex)
            sum = sum &* 31 &+ UInt64(hex[5])
        }
        return sum
    }
    unsafe apus_hmac_destroy(&state)
}

/// Opens records that were sealed in advance; the sealing is not timed.
private func measureOpen(
    _ bench: Bench, _ name: String, _ client: OpaquePointer, _ server: OpaquePointer,
    _ size: Int, _ samples: Int, _ operations: Int
) {
    var plain = [UInt8](repeating: 0x61, count: 16_384)
    let received = UnsafeMutablePointer<UInt8>.allocate(capacity: 131_072)
    defer { unsafe received.deallocate() }
    let run = { () -> (ticks: UInt64, hash: UInt64) in
        var total = 0
        for index in 0..<operations {
            plain[0] = UInt8(truncatingIfNeeded: index)
            _ = unsafe apus_tls_session_write(server, plain, size)
            var length = 0
            while let bytes = unsafe apus_tls_session_output(server, &length), length > 0 {
                unsafe (received + total).update(from: bytes, count: length)
                unsafe apus_tls_session_consume(server, length)
                total += length
            }
        }
        let record = total / operations
        var sum: UInt64 = 0
        let start = apus_tsc()
        for index in 0..<operations {
            unsafe apus_tls_session_feed(client, received + index * record, record)
            let count = unsafe apus_tls_session_read(client, &plain, 16_384)
            sum = sum &* 31 &+ UInt64(count) &+ UInt64(plain[0])
        }
        return (apus_tsc() &- start, sum)
    }
    bench.measure([Bench.Candidate(name: name, operations: operations, run: run)], samples: samples)
}

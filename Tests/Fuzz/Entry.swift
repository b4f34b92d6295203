//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// One thing that takes in hostile bytes. Whatever they are, `run` must return: a trap, a read
/// outside of them or a broken promise between two ways of reading them is a finding.
protocol FuzzTarget: AnyObject {
    func run(_ input: UnsafeBufferPointer<UInt8>)
}

/// The targets by the name that `APUS_FUZZ_TARGET` gives.
private func makeTarget(_ name: String) throws -> (any FuzzTarget)? {
    switch name {
    case "reader": try ReaderTarget()
    case "binance-market": try MarketTarget(connection: ParserFeed.binanceMarket)
    case "binance-account":
        try AccountTarget(connections: [ParserFeed.userStream, ParserFeed.orderEntry])
    case "binance-rest": try BinanceRESTTarget()
    case "okx-market": try MarketTarget(connection: ParserFeed.okxMarket)
    case "okx-private": try AccountTarget(connections: [ParserFeed.okxPrivate])
    case "okx-rest": try OKXRESTTarget()
    case "upgrade": UpgradeTarget()
    case "configuration": ConfigurationTarget()
    case "capture": CaptureTarget()
    default: nil
    }
}

// SAFETY: set once, before the first input, by the one thread there is.
nonisolated(unsafe) private var target: (any FuzzTarget)?

@_cdecl("LLVMFuzzerInitialize")
public func initializeFuzzer(
    _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutableRawPointer
) -> Int32 {
    let name = unsafe getenv("APUS_FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    do { unsafe target = try makeTarget(name) } catch { fatalError("\(name): \(error)") }
    guard unsafe target != nil else { fatalError("APUS_FUZZ_TARGET names no target: \(name)") }
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    unsafe target?.run(UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
    return 0
}

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

    /// Good inputs to begin with, of formats that no recording holds.
    var seeds: [(name: String, bytes: [UInt8])] { get }
}

extension FuzzTarget {
    var seeds: [(name: String, bytes: [UInt8])] { [] }
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
    case "journal": JournalTarget()
    case "model": ModelTarget()
    case "trained": TrainedTarget()
    default: nil
    }
}

// SAFETY: set once, before the first input, by the one thread there is.
nonisolated(unsafe) private var target: (any FuzzTarget)?

private func write(_ bytes: [UInt8], to path: String) {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { fatalError("cannot write \(path)") }
    let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
    guard count == bytes.count, close(file) == 0 else { fatalError("cannot write \(path)") }
}

@_cdecl("LLVMFuzzerInitialize")
public func initializeFuzzer(
    _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutableRawPointer
) -> Int32 {
    let name = unsafe getenv("APUS_FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    do { unsafe target = try makeTarget(name) } catch { fatalError("\(name): \(error)") }
    guard let chosen = unsafe target else {
        fatalError("APUS_FUZZ_TARGET names no target: \(name)")
    }
    if let folder = unsafe getenv("APUS_FUZZ_SEEDS").map({ unsafe String(cString: $0) }) {
        for (name, bytes) in chosen.seeds { write(bytes, to: "\(folder)/\(name)") }
    }
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    unsafe target?.run(UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
    return 0
}

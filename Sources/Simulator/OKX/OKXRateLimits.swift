//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The venue's counters of order requests, in windows of two seconds.
///
/// Placing, amending and cancelling are counted apart, by instrument; new and amended orders of
/// swaps together by account. REST and WebSocket share them.
struct OKXRateLimits {
    enum Kind: Hashable { case place, amend, cancel }

    private struct Bucket: Hashable {
        let kind: Kind
        let instrument: Int
        let isBatch: Bool
    }

    static let windowMs: Int64 = 2_000
    static let requestsMax = 60
    static let batchOrdersMax = 300
    static let accountOrdersMax = 1_000

    private var window: Int64 = 0
    private var counts: [Bucket: Int] = [:]
    private var accountCount = 0

    /// Counts one order of a request.
    ///
    /// - Parameter isBatch: The request holds more than one; a batch of one counts as none.
    mutating func count(
        _ kind: Kind, instrument: Int, isBatch: Bool, isSpot: Bool, nowMs: Int64
    ) throws(OKXError) {
        if nowMs / Self.windowMs != window {
            window = nowMs / Self.windowMs
            counts.removeAll(keepingCapacity: true)
            accountCount = 0
        }
        let bucket = Bucket(kind: kind, instrument: instrument, isBatch: isBatch)
        counts[bucket, default: 0] += 1
        let limit = isBatch ? Self.batchOrdersMax : Self.requestsMax
        guard counts[bucket, default: 0] <= limit else { throw .rateLimit }
        guard kind != .cancel, !isSpot else { return }
        accountCount += 1
        guard accountCount <= Self.accountOrdersMax else { throw .accountRateLimit }
    }
}

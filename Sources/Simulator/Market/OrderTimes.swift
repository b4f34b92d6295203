//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// When a venue last heard of a new order, and when it last had none open: the truth that drills of
/// a kill switch are measured by. Monotonic ns, as of the loop's turn; 0: never.
struct OrderTimes {
    private(set) var lastPlaceNs: UInt64 = 0
    private(set) var emptySinceNs: UInt64 = 0
    private(set) var placeCount: UInt64 = 0

    /// A request for a new order has come, whatever becomes of it.
    mutating func notePlace(nowNs: UInt64) {
        lastPlaceNs = nowNs
        placeCount += 1
    }

    mutating func noteOpen(count: Int, nowNs: UInt64) {
        if count == 0 { emptySinceNs = nowNs }
    }

    func json(open: Int, nowNs: UInt64) -> String {
        "{\"now_ns\":\(nowNs),\"last_place_ns\":\(lastPlaceNs),\"places\":\(placeCount),"
            + "\"open\":\(open),\"empty_since_ns\":\(emptySinceNs)}"
    }
}

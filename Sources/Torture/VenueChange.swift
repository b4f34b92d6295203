//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Messages

/// What OKX pushes when it makes a reduce-only order as small as the position is.
struct VenueChange {
    let clientOrderID: String
    /// The new total, 1e-8 of the unit.
    let quantityE8: Int64
    let timeMs: Int64

    /// `nil` for any other bytes.
    init?(_ bytes: [UInt8]) {
        guard Self.isCandidate(bytes), let row = JSONDocument(bytes)?["data"]?.elements?.first,
            row["amendSource"]?.text == "4", let id = row["clOrdId"]?.text, !id.isEmpty,
            let quantity = row["sz"]?.text.flatMap({ Decimals.mantissa($0, decimals: 8) }),
            let time = row["uTime"]?.text.flatMap({ Int64($0) })
        else { return nil }
        clientOrderID = id
        quantityE8 = quantity
        timeMs = time
    }

    /// Most messages are something else, and none of them is parsed.
    private static func isCandidate(_ bytes: [UInt8]) -> Bool {
        let mark: StaticString = "\"amendSource\":\"4\""
        let length = mark.utf8CodeUnitCount
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            var at = 0
            while at + length <= bytes.count {
                var same = 0
                while same < length, unsafe bytes[at + same] == mark.utf8Start[same] { same += 1 }
                if same == length { return true }
                at += 1
            }
            return false
        }
    }
}

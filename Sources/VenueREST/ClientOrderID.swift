//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

/// Client order ids: "apus" and 16 hexadecimal digits.
public enum ClientOrderID {
    public static func text(_ orderID: UInt64) -> String {
        let digits = String(orderID, radix: 16)
        return "apus" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Ours of a client order id; 0 when it is none of ours.
    public static func orderID(_ text: String) -> UInt64 {
        let bytes = Array(text.utf8)
        guard bytes.count == 20, bytes.starts(with: "apus".utf8) else { return 0 }
        var isHex: Int32 = 0
        let value = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe apus_hex16(bytes.baseAddress! + 4, &isHex)
        }
        return isHex != 0 ? value : 0
    }
}

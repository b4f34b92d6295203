//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Texts in fields of a fixed size in shared memory.
enum FixedText {
    /// Up to the first zero, or all of it.
    static func read(_ bytes: UnsafeRawBufferPointer) -> String {
        let end = unsafe bytes.firstIndex(of: 0) ?? bytes.count
        return unsafe String(decoding: unsafe bytes[..<end], as: UTF8.self)
    }

    /// Zero-terminated, perhaps cut.
    static func write(_ text: String, _ bytes: UnsafeMutableRawBufferPointer) {
        for index in 0..<bytes.count { unsafe bytes[index] = 0 }
        for (place, byte) in text.utf8.prefix(bytes.count - 1).enumerated() {
            unsafe bytes[place] = byte
        }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The bytes of a frame to a venue as the journal has them.
///
/// A frame is masked and may carry the account's key and a signature. The journal has the four
/// bytes of its mask and its text, with those two values left empty: so nothing in it lets anybody
/// trade, and everything else of each byte can be compared.
///
/// Source: RFC 6455, section 5.
enum OrderBytes {
    /// - Parameter frame: One final, masked text frame. Any other comes back as it is.
    static func text(of frame: UnsafeRawBufferPointer) -> [UInt8] {
        guard frame.count >= 6, unsafe frame[0] == 0x81, unsafe frame[1] & 0x80 != 0 else {
            return unsafe Array(frame)
        }
        let short = unsafe Int(frame[1] & 0x7f)
        let headLength = short == 126 ? 4 : 2
        let length = unsafe short == 126 ? Int(frame[2]) << 8 | Int(frame[3]) : short
        guard short < 127, frame.count == headLength + 4 + length else {
            return unsafe Array(frame)
        }
        let mask = unsafe Array(frame[headLength..<headLength + 4])
        var text = mask
        text.reserveCapacity(4 + length)
        for index in 0..<length {
            unsafe text.append(frame[headLength + 4 + index] ^ mask[index & 3])
        }
        blank("\"apiKey\":\"", in: &text)
        blank("\"signature\":\"", in: &text)
        return text
    }

    /// Leaves every value behind `key` empty.
    private static func blank(_ key: StaticString, in text: inout [UInt8]) {
        let wanted = Array("\(key)".utf8)
        var start = 4
        while start + wanted.count <= text.count {
            guard text[start...].starts(with: wanted) else {
                start += 1
                continue
            }
            let value = start + wanted.count
            let end = text[value...].firstIndex(of: UInt8(ascii: "\"")) ?? text.endIndex
            text.removeSubrange(value..<end)
            start = value
        }
    }
}

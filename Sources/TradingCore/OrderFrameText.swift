//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import WebSocket

/// The text of an order frame as the venue would read it.
public enum OrderFrameText {
    /// Unmasks the client frames that `bytes` holds one behind the other.
    ///
    /// - Precondition: whole frames, as the gateway writes them.
    public static func decode(_ bytes: [UInt8]) -> [String] {
        var texts: [String] = []
        var bytes = bytes
        var start = 0
        unsafe bytes.withUnsafeMutableBufferPointer { frame in
            while start < frame.count {
                var header = WebSocketFrameHeader()
                let result = unsafe WebSocketFrameHeader.decode(
                    UnsafePointer(frame.baseAddress! + start), available: frame.count - start,
                    into: &header)
                let end = start + header.headerLength + header.payloadLength
                precondition(result == .complete && end <= frame.count, "whole frames")
                let payload = unsafe frame.baseAddress! + start + header.headerLength
                unsafe WebSocketFrame.mask(
                    payload, count: header.payloadLength, key: header.maskingKey)
                unsafe texts.append(
                    String(
                        decoding: UnsafeBufferPointer(start: payload, count: header.payloadLength),
                        as: UTF8.self))
                start = end
            }
        }
        return texts
    }
}

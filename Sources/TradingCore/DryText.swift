//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import WebSocket

/// A WebSocket frame of the venue in which numbers of fixed width are replaced in place.
///
/// In the text a run of 16 H stands for an order id, of 13 T for a time in milliseconds, and of
/// 12 U, V or W for a number of twelve digits.
///
/// SAFETY: the memory is made in `init` and kept until the process ends; places lie inside it.
@safe
struct DryText {
    /// The values of one sending.
    struct Values {
        var orderID: UInt64 = 0
        var timeMs: UInt64 = 0
        var u: UInt64 = 0
        var v: UInt64 = 0
        var w: UInt64 = 0

        @_noAllocation @_noLocks
        init() {}
    }

    private struct Place {
        let at: Int
        let letter: UInt8
        let width: Int
    }

    let frame: UnsafeMutablePointer<UInt8>
    let length: Int
    private let places: UnsafeMutablePointer<Place>
    private let placeCount: Int

    init(_ text: String) {
        let payload = Array(text.utf8)
        unsafe frame = .allocate(capacity: payload.count + WebSocketFrame.headerLengthMax)
        let start = unsafe WebSocketFrame.writeHeader(
            to: frame, opcode: WebSocketOpcode.text, payloadLength: payload.count,
            maskingKey: nil)
        for (index, byte) in payload.enumerated() { unsafe frame[start + index] = byte }
        length = start + payload.count
        var found: [Place] = []
        var at = 0
        while at < payload.count {
            let letter = payload[at]
            let run = payload[at...].prefix { $0 == letter }.count
            let width = Self.width(letter)
            if width > 0, run == width {
                found.append(Place(at: start + at, letter: letter, width: width))
            }
            at += run
        }
        unsafe places = .allocate(capacity: max(found.count, 1))
        for (index, place) in found.enumerated() { unsafe (places + index).initialize(to: place) }
        placeCount = found.count
    }

    private static func width(_ letter: UInt8) -> Int {
        switch letter {
        case UInt8(ascii: "H"): 16
        case UInt8(ascii: "T"): 13
        case UInt8(ascii: "U"), UInt8(ascii: "V"), UInt8(ascii: "W"): 12
        default: 0
        }
    }

    /// Puts the values in.
    @_noAllocation @_noLocks
    func patch(_ values: Values) {
        var index = 0
        while index < placeCount {
            let place = unsafe places[index]
            let to = unsafe frame + place.at
            switch place.letter {
            case 0x48: unsafe Self.write(values.orderID, base: 16, place.width, to)
            case 0x54: unsafe Self.write(values.timeMs, base: 10, place.width, to)
            case 0x55: unsafe Self.write(values.u, base: 10, place.width, to)
            case 0x56: unsafe Self.write(values.v, base: 10, place.width, to)
            default: unsafe Self.write(values.w, base: 10, place.width, to)
            }
            index &+= 1
        }
    }

    @_noAllocation @_noLocks
    private static func write(
        _ number: UInt64, base: UInt64, _ width: Int, _ to: UnsafeMutablePointer<UInt8>
    ) {
        var rest = number
        var at = width
        while at > 0 {
            at &-= 1
            let digit = UInt8(truncatingIfNeeded: rest % base)
            unsafe to[at] = digit < 10 ? 0x30 &+ digit : 0x57 &+ digit
            rest /= base
        }
    }
}

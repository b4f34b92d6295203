//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Messages

/// From a venue's symbol to the instrument: an open-addressing hash table over the symbol's first
/// 16 bytes, never more than a quarter full.
///
/// SAFETY: the memory is written in `init` alone and kept until the process ends.
@safe
struct SymbolIndex: @unchecked Sendable {
    // SAFETY: `scale` points into `scales`, which is kept until the process ends.
    @safe
    private struct Entry {
        /// The symbol, zero-padded; a length of 0 marks a free place.
        var words: (UInt64, UInt64, UInt64, UInt64)
        var length: UInt64
        var scale: UnsafePointer<InstrumentScale>?
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let mask: UInt64
    private let scales: UnsafeMutablePointer<InstrumentScale>
    /// Instruments of the table, all venues counted.
    let count: UInt32

    /// - Precondition: No two instruments of `venue` have the same symbol.
    init(_ instruments: InstrumentTable, venue: Venue) {
        count = UInt32(instruments.count)
        var capacity = 16
        while capacity < instruments.count * 4 { capacity *= 2 }
        mask = UInt64(capacity - 1)
        unsafe entries = .allocate(capacity: capacity)
        unsafe entries.initialize(
            repeating: Entry(words: (0, 0, 0, 0), length: 0, scale: nil), count: capacity)
        unsafe scales = .allocate(capacity: max(1, instruments.count))
        for id in 0..<count {
            let instrument = instruments[id]
            unsafe (scales + Int(id)).initialize(to: InstrumentScale(instrument))
            if instrument.venue == venue { insert(instrument) }
        }
    }

    private func insert(_ instrument: Instrument) {
        let name = instrument.venueSymbolText
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for (index, character) in name.utf8.enumerated() {
            let byte = UInt64(character) << UInt64(8 * (index & 7))
            switch index >> 3 {
            case 0: words.0 |= byte
            case 1: words.1 |= byte
            case 2: words.2 |= byte
            default: words.3 |= byte
            }
        }
        let length = UInt64(name.utf8.count)
        precondition(length > 0, "an instrument with a symbol of its venue")
        // Options agree in their beginnings; of a short symbol the second half is zero.
        var place = Self.hash(words.0 ^ words.2, words.1 ^ words.3) & mask
        while unsafe entries[Int(place)].length != 0 {
            let same = unsafe entries[Int(place)].words == words
            precondition(!same, "a symbol named once: \(instrument.venueSymbolText)")
            place = (place + 1) & mask
        }
        unsafe entries[Int(place)] = Entry(
            words: words, length: length, scale: scales + Int(instrument.instrumentID))
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private static func hash(_ low: UInt64, _ high: UInt64) -> UInt64 {
        let mixed = (low ^ (high &* 0x9e37_79b9_7f4a_7c15)) &* 0xbf58_476d_1ce4_e5b9
        return mixed &>> 32
    }

    /// The instrument of a symbol of at most 15 bytes.
    @_noAllocation @_noLocks
    @inline(__always)
    func find(_ text: ScannedText) -> UnsafePointer<InstrumentScale>? {
        var place = Self.hash(text.low, text.high) & mask
        while true {
            let entry = unsafe entries + Int(truncatingIfNeeded: place)
            if unsafe entry.pointee.words.0 == text.low, unsafe entry.pointee.words.1 == text.high,
                unsafe entry.pointee.length == text.length
            {
                return unsafe entry.pointee.scale
            }
            if unsafe entry.pointee.length == 0 { return nil }
            place = (place &+ 1) & mask
        }
    }

    /// The instrument of a symbol of any length.
    @_noAllocation @_noLocks
    func find(_ bytes: UnsafePointer<UInt8>, count: Int) -> UnsafePointer<InstrumentScale>? {
        unsafe find(bytes, count: count, caseMask: 0xff)
    }

    /// The instrument of a symbol that is written in lower case.
    @_noAllocation @_noLocks
    func find(lowerCase bytes: UnsafePointer<UInt8>, count: Int) -> UnsafePointer<InstrumentScale>?
    {
        unsafe find(bytes, count: count, caseMask: 0xdf)
    }

    /// - Parameter caseMask: What letters are masked with.
    @_noAllocation @_noLocks
    @inline(__always)
    private func find(
        _ bytes: UnsafePointer<UInt8>, count: Int, caseMask: UInt8
    ) -> UnsafePointer<InstrumentScale>? {
        if count == 0 || count > 31 { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for index in 0..<count {
            let character = unsafe bytes[index]
            let isLower = character >= UInt8(ascii: "a") && character <= UInt8(ascii: "z")
            let written = isLower ? character & caseMask : character
            let byte = UInt64(written) &<< UInt64(8 &* (index & 7))
            switch index &>> 3 {
            case 0: words.0 |= byte
            case 1: words.1 |= byte
            case 2: words.2 |= byte
            default: words.3 |= byte
            }
        }
        var place = Self.hash(words.0 ^ words.2, words.1 ^ words.3) & mask
        while true {
            let entry = unsafe entries + Int(truncatingIfNeeded: place)
            if unsafe entry.pointee.length == 0 { return nil }
            if unsafe entry.pointee.words.0 == words.0, unsafe entry.pointee.words.1 == words.1,
                unsafe entry.pointee.words.2 == words.2, unsafe entry.pointee.words.3 == words.3
            {
                return unsafe entry.pointee.scale
            }
            place = (place &+ 1) & mask
        }
    }

    /// The scale of instrument `id`; `nil` for an id outside the table.
    @_noAllocation @_noLocks
    func scale(_ id: UInt32) -> UnsafePointer<InstrumentScale>? {
        id < count ? unsafe UnsafePointer(scales + Int(id)) : nil
    }
}

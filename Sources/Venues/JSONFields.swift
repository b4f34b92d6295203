//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import JSON

/// One member of an object: its key's first 16 bytes and where its value lies.
struct JSONField {
    var keyLow: UInt64
    var keyHigh: UInt64
    var keyLength: Int
    var start: Int
    var length: Int
    var kind: JSONToken
    var hasEscapes: Bool
    var isKnown: Bool
}

/// The members of one JSON object in any order, without a copy of their values.
///
/// The memory is allocated once and kept until the process ends.
///
/// SAFETY: one owner, on one thread.
@safe
struct JSONFields: @unchecked Sendable {
    /// Members beyond this make the message malformed: no message of the venue has half as many.
    static var countMax: Int {
        @_noAllocation @_noLocks
        get { 128 }
    }
    /// Longest text, bytes, that `text` can resolve escapes in.
    static var textMax: Int {
        @_noAllocation @_noLocks
        get { 256 }
    }

    private let fields: UnsafeMutablePointer<JSONField>
    private let scratch: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private(set) var bytes: UnsafePointer<UInt8>

    init() {
        unsafe fields = .allocate(capacity: Self.countMax)
        unsafe scratch = .allocate(capacity: Self.textMax + 8)
        unsafe scratch.initialize(repeating: 0, count: Self.textMax + 8)
        unsafe fields.initialize(
            repeating: JSONField(
                keyLow: 0, keyHigh: 0, keyLength: 0, start: 0, length: 0, kind: .null,
                hasEscapes: false, isKnown: false),
            count: Self.countMax)
        unsafe bytes = unsafe UnsafePointer(scratch)
    }

    /// Reads a whole document that is one object.
    ///
    /// - Returns: `false` when it is not, or has a key of at most 16 bytes twice.
    @_noAllocation @_noLocks
    mutating func read(_ bytes: UnsafePointer<UInt8>, from start: Int = 0, count end: Int) -> Bool {
        unsafe self.bytes = unsafe bytes
        count = 0
        var parser = unsafe JSONPull(bytes, from: start, count: end)
        guard parser.next() == .objectStart else { return false }
        while true {
            switch parser.next() {
            case .objectEnd: return parser.next() == .end
            case .key: if !member(&parser) { return false }
            default: return false
            }
        }
    }

    @_noAllocation @_noLocks
    private mutating func member(_ parser: inout JSONPull) -> Bool {
        guard count < Self.countMax else { return false }
        var length = parser.length
        var text = unsafe bytes + parser.start
        if parser.hasEscapes {
            let written = unsafe JSONEscapes.unescape(
                text, count: length, into: scratch, limit: Self.textMax)
            // A longer key is none that anything looks for.
            length = written < 0 ? Self.textMax : written
            unsafe text = unsafe UnsafePointer(scratch)
        }
        var low: UInt64 = 0
        var high: UInt64 = 0
        for index in 0..<min(length, 16) {
            let byte = unsafe UInt64(text[index]) &<< UInt64(8 &* (index & 7))
            if index < 8 { low |= byte } else { high |= byte }
        }
        if length <= 16, unsafe find(low, high, length) != nil { return false }
        let kind = parser.next()
        let start = parser.start
        var size = parser.length
        let hasEscapes = parser.hasEscapes
        switch kind {
        case .objectStart, .arrayStart:
            guard parser.skipContainer() else { return false }
            size = parser.offset &- start
        case .string, .number, .true, .false, .null: break
        default: return false
        }
        unsafe fields[count] = JSONField(
            keyLow: low, keyHigh: high, keyLength: length, start: start, length: size, kind: kind,
            hasEscapes: kind == .string && hasEscapes, isKnown: false)
        count &+= 1
        return true
    }

    @_noAllocation @_noLocks
    func find(
        _ low: UInt64, _ high: UInt64, _ length: Int
    ) -> UnsafeMutablePointer<JSONField>? {
        for index in 0..<count {
            let field = unsafe fields + index
            if unsafe field.pointee.keyLow == low, unsafe field.pointee.keyHigh == high,
                unsafe field.pointee.keyLength == length
            {
                return unsafe field
            }
        }
        return nil
    }

    /// The member named `key`, at most 16 bytes of ASCII; marks it as known.
    @_noAllocation @_noLocks
    func field(_ key: StaticString) -> JSONField? {
        var low: UInt64 = 0
        var high: UInt64 = 0
        let length = key.utf8CodeUnitCount
        assert(length <= 16)
        for index in 0..<length {
            let byte = unsafe UInt64(key.utf8Start[index]) &<< UInt64(8 &* (index & 7))
            if index < 8 { low |= byte } else { high |= byte }
        }
        guard let found = unsafe find(low, high, length) else { return nil }
        unsafe found.pointee.isKnown = true
        return unsafe found.pointee
    }

    /// Marks the blank-separated `keys`, of at most 8 bytes each, as known.
    @_noAllocation @_noLocks
    func know(_ keys: StaticString) {
        var word: UInt64 = 0
        var length = 0
        let size = keys.utf8CodeUnitCount
        for index in 0..<(size &+ 1) {
            let isEnd = index == size
            let byte = isEnd ? UInt8(ascii: " ") : unsafe keys.utf8Start[index]
            if byte == UInt8(ascii: " ") {
                if let found = unsafe find(word, 0, length) {
                    unsafe found.pointee.isKnown = true
                }
                word = 0
                length = 0
            } else {
                assert(length < 8)
                word |= UInt64(byte) &<< UInt64(8 &* (length & 7))
                length &+= 1
            }
        }
    }

    /// Members that nothing has asked for.
    var unknownCount: Int {
        @_noAllocation @_noLocks
        get {
            var unknown = 0
            for index in 0..<count {
                if unsafe !fields[index].isKnown { unknown &+= 1 }
            }
            return unknown
        }
    }

    /// What kind of value the member named `key` has; `end` when there is none.
    @_noAllocation @_noLocks
    func kind(_ key: StaticString) -> JSONToken {
        if let field = field(key) { return field.kind }
        return .end
    }

    /// The text of a string with its escapes resolved, valid until the next call; `nil` for any
    /// other kind of value, or when it has escapes and is longer than `textMax`.
    @_noAllocation @_noLocks
    func text(_ field: JSONField?) -> UnsafeBufferPointer<UInt8>? {
        guard let field, field.kind == .string else { return nil }
        let start = unsafe bytes + field.start
        guard field.hasEscapes else {
            return unsafe UnsafeBufferPointer(start: start, count: field.length)
        }
        let written = unsafe JSONEscapes.unescape(
            start, count: field.length, into: scratch, limit: Self.textMax)
        guard written >= 0 else { return nil }
        return unsafe UnsafeBufferPointer(start: UnsafePointer(scratch), count: written)
    }

    /// True when the member named `key` is the string `value`.
    @_noAllocation @_noLocks
    func has(_ key: StaticString, _ value: StaticString) -> Bool {
        guard let text = unsafe text(field(key)), let start = text.baseAddress else {
            return false
        }
        let size = value.utf8CodeUnitCount
        return unsafe text.count == size && apus_same_bytes(start, value.utf8Start, size) != 0
    }

    /// The unsigned integer of a member; `nil` when it is missing or anything else.
    @_noAllocation @_noLocks
    func unsigned(_ key: StaticString) -> UInt64? {
        guard let field = field(key), field.kind == .number else { return nil }
        return unsafe JSONText.unsigned(bytes + field.start, count: field.length)
    }

    /// The decimal of a string member; not valid when it is missing or anything else.
    @_noAllocation @_noLocks
    func decimal(_ key: StaticString) -> JSONText.Decimal {
        guard let text = unsafe text(field(key)), let start = text.baseAddress else {
            return JSONText.Decimal()
        }
        return unsafe JSONText.decimal(start, count: text.count)
    }
}

extension JSONFields {
    /// The decimal that the parser's last token, a string of the same document, writes.
    @_noAllocation @_noLocks
    func decimal(_ parser: JSONPull) -> JSONText.Decimal {
        let field = JSONField(
            keyLow: 0, keyHigh: 0, keyLength: 0, start: parser.start, length: parser.length,
            kind: .string, hasEscapes: parser.hasEscapes, isKnown: true)
        guard let text = unsafe text(field), let start = text.baseAddress else {
            return JSONText.Decimal()
        }
        return unsafe JSONText.decimal(start, count: text.count)
    }
}

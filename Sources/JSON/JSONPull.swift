//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase

/// What the pull parser found.
public enum JSONToken: UInt8 {
    case objectStart
    case objectEnd
    case arrayStart
    case arrayEnd
    case key
    case string
    case number
    case `true`
    case `false`
    case null
    /// The document is complete and nothing but blanks follows it.
    case end
    /// The text is no JSON document; every further call says so again.
    case refused

    // Written out, because the derived operators are not known to be free of locks.
    @_noAllocation @_noLocks
    @inline(__always)
    public static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }
    @_noAllocation @_noLocks
    @inline(__always)
    public static func != (a: Self, b: Self) -> Bool { a.rawValue != b.rawValue }
}

/// A pull parser of RFC 8259 documents: validates everything, allocates nothing, reads no byte
/// outside its range. It is the slow path and the measure of the schema scanner.
///
/// Documents nested deeper than `depthMax` are refused. Cost: O(bytes).
///
/// SAFETY: the caller keeps `bytes[0 ..< count]` readable while the value is used.
@safe
public struct JSONPull {
    public static var depthMax: Int {
        @_noAllocation @_noLocks
        get { 32 }
    }

    private enum Expected {
        case value
        /// Behind `[`.
        case valueOrEnd
        /// Behind `{`.
        case keyOrEnd
        /// Behind a value inside of something.
        case commaOrEnd
        case end
        case nothing
    }

    public let bytes: UnsafePointer<UInt8>
    public let count: Int
    private var at: Int
    private var depth = 0
    /// Bit n tells whether the container at depth n is an object.
    private var objects: UInt64 = 0
    private var expected = Expected.value

    /// The last token: a key's or string's text without its quotes, or all of a number or bracket.
    public private(set) var start = 0
    public private(set) var length = 0
    /// The last key or string holds a backslash.
    public private(set) var hasEscapes = false

    @_noAllocation @_noLocks
    public init(_ bytes: UnsafePointer<UInt8>, from start: Int = 0, count: Int) {
        unsafe self.bytes = unsafe bytes
        at = start
        self.count = count
    }

    @_noAllocation @_noLocks
    public mutating func next() -> JSONToken {
        skipBlanks()
        switch expected {
        case .nothing: return .refused
        case .end: return at == count ? .end : refuse()
        case .value: return value()
        case .valueOrEnd: return byte() == UInt8(ascii: "]") ? close(.arrayEnd) : value()
        case .keyOrEnd: return byte() == UInt8(ascii: "}") ? close(.objectEnd) : key()
        case .commaOrEnd: return afterValue()
        }
    }

    /// Passes over the rest of the container just opened.
    ///
    /// - Returns: `false` when that is not valid.
    @_noAllocation @_noLocks
    public mutating func skipContainer() -> Bool {
        let outside = depth &- 1
        while depth > outside {
            if next() == .refused { return false }
        }
        return true
    }

    /// 0...15, or 255 for any other character.
    @_noAllocation @_noLocks
    public static func hexDigit(_ character: UInt8) -> UInt8 {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character &- UInt8(ascii: "A") &+ 10
        default: 255
        }
    }

    /// Offset of the next unread byte.
    public var offset: Int {
        @_noAllocation @_noLocks
        get { at }
    }

    @_noAllocation @_noLocks
    private func byte() -> UInt8 { at < count ? unsafe bytes[at] : 0 }

    @_noAllocation @_noLocks
    private mutating func refuse() -> JSONToken {
        expected = .nothing
        return .refused
    }

    @_noAllocation @_noLocks
    private mutating func skipBlanks() {
        while at < count {
            let byte = unsafe bytes[at]
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
            at &+= 1
        }
    }

    @_noAllocation @_noLocks
    private mutating func afterValue() -> JSONToken {
        let isObject = objects &>> UInt64(depth) & 1 == 1
        switch byte() {
        case UInt8(ascii: ","):
            at &+= 1
            skipBlanks()
            return isObject ? key() : value()
        case UInt8(ascii: "}"): return isObject ? close(.objectEnd) : refuse()
        case UInt8(ascii: "]"): return isObject ? refuse() : close(.arrayEnd)
        default: return refuse()
        }
    }

    @_noAllocation @_noLocks
    private mutating func close(_ token: JSONToken) -> JSONToken {
        start = at
        length = 1
        at &+= 1
        depth &-= 1
        return taken(token)
    }

    @_noAllocation @_noLocks
    private mutating func taken(_ token: JSONToken) -> JSONToken {
        expected = depth == 0 ? .end : .commaOrEnd
        return token
    }

    @_noAllocation @_noLocks
    private mutating func open(_ isObject: Bool) -> JSONToken {
        guard depth < Self.depthMax else { return refuse() }
        start = at
        length = 1
        at &+= 1
        depth &+= 1
        let bit: UInt64 = 1 &<< UInt64(depth)
        objects = isObject ? objects | bit : objects & ~bit
        expected = isObject ? .keyOrEnd : .valueOrEnd
        return isObject ? .objectStart : .arrayStart
    }

    @_noAllocation @_noLocks
    private mutating func key() -> JSONToken {
        guard byte() == UInt8(ascii: "\""), string() else { return refuse() }
        skipBlanks()
        guard byte() == UInt8(ascii: ":") else { return refuse() }
        at &+= 1
        expected = .value
        return .key
    }

    @_noAllocation @_noLocks
    private mutating func value() -> JSONToken {
        switch byte() {
        case UInt8(ascii: "{"): return open(true)
        case UInt8(ascii: "["): return open(false)
        case UInt8(ascii: "\""): return string() ? taken(.string) : refuse()
        case UInt8(ascii: "t"): return word("true") ? taken(.true) : refuse()
        case UInt8(ascii: "f"): return word("false") ? taken(.false) : refuse()
        case UInt8(ascii: "n"): return word("null") ? taken(.null) : refuse()
        default: return number() ? taken(.number) : refuse()
        }
    }

    @_noAllocation @_noLocks
    private mutating func word(_ text: StaticString) -> Bool {
        let size = text.utf8CodeUnitCount
        guard count &- at >= size else { return false }
        guard unsafe apus_same_bytes(bytes + at, text.utf8Start, size) != 0 else { return false }
        start = at
        length = size
        at &+= size
        return true
    }

    @_noAllocation @_noLocks
    private mutating func digits() -> Bool {
        let first = at
        while at < count, unsafe bytes[at] &- UInt8(ascii: "0") <= 9 { at &+= 1 }
        return at > first
    }

    @_noAllocation @_noLocks
    private mutating func number() -> Bool {
        start = at
        if byte() == UInt8(ascii: "-") { at &+= 1 }
        if byte() == UInt8(ascii: "0") {
            at &+= 1
        } else if !digits() {
            return false
        }
        if byte() == UInt8(ascii: ".") {
            at &+= 1
            if !digits() { return false }
        }
        if byte() | 0x20 == UInt8(ascii: "e") {
            at &+= 1
            if byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") { at &+= 1 }
            if !digits() { return false }
        }
        length = at &- start
        return true
    }

    /// A string from its opening quote on.
    @_noAllocation @_noLocks
    private mutating func string() -> Bool {
        at &+= 1
        start = at
        hasEscapes = false
        while at < count {
            let byte = unsafe bytes[at]
            if byte == UInt8(ascii: "\"") {
                length = at &- start
                at &+= 1
                return true
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                guard escape() else { return false }
            } else if byte < 0x20 {
                return false
            } else if byte < 0x80 {
                at &+= 1
            } else {
                guard scalar() else { return false }
            }
        }
        return false
    }

    @_noAllocation @_noLocks
    private mutating func escape() -> Bool {
        guard count &- at >= 2 else { return false }
        switch unsafe bytes[at &+ 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            at &+= 2
            return true
        case UInt8(ascii: "u"):
            guard count &- at >= 6 else { return false }
            for index in 2..<6 {
                if unsafe Self.hexDigit(bytes[at &+ index]) > 15 { return false }
            }
            at &+= 6
            return true
        default:
            return false
        }
    }

    /// One UTF-8 scalar beyond ASCII: shortest form, no surrogate, at most U+10FFFF.
    @_noAllocation @_noLocks
    private mutating func scalar() -> Bool {
        let lead = unsafe bytes[at]
        var low: UInt8 = 0x80
        var high: UInt8 = 0xbf
        let size: Int
        switch lead {
        case 0xc2...0xdf: size = 2
        case 0xe0...0xef:
            size = 3
            if lead == 0xe0 { low = 0xa0 }
            if lead == 0xed { high = 0x9f }
        case 0xf0...0xf4:
            size = 4
            if lead == 0xf0 { low = 0x90 }
            if lead == 0xf4 { high = 0x8f }
        default: return false
        }
        guard count &- at >= size else { return false }
        let second = unsafe bytes[at &+ 1]
        guard second >= low, second <= high else { return false }
        var index = 2
        while index < size {
            guard unsafe bytes[at &+ index] & 0xc0 == 0x80 else { return false }
            index &+= 1
        }
        at &+= size
        return true
    }
}

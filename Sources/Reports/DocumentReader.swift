//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

/// Reads a JSON document once, from front to back, and says where something is wrong.
struct DocumentReader {
    private var parser: JSONPull

    /// Longer texts are refused.
    static let textMax = 256
    /// Numbers beyond are refused, and below what must be above 0: the fourth powers of their
    /// quotients are finite.
    static let numberMax = 1e18
    static let positiveMin = 1e-18
    /// The end of the year 2099: times beyond are refused.
    static let timeNsMax: UInt64 = 4_102_444_800_000_000_000

    init(_ parser: JSONPull) { self.parser = parser }

    mutating func next() -> JSONToken { parser.next() }

    /// - Parameter place: "equity[12]".
    private func unexpected(
        _ token: JSONToken, _ place: () -> String, wanted: String
    ) -> RunFileError {
        token == .refused
            ? RunFileError("byte \(parser.offset)", "this is no JSON document")
            : RunFileError(place(), "\(wanted) is needed here")
    }

    mutating func members(
        _ token: JSONToken, at place: @autoclosure () -> String,
        _ take: (inout DocumentReader, String, JSONToken) throws(RunFileError) -> Void
    ) throws(RunFileError) {
        guard token == .objectStart else { throw unexpected(token, place, wanted: "an object") }
        while true {
            let key = parser.next()
            if key == .objectEnd { return }
            guard key == .key else { throw unexpected(key, place, wanted: "a member") }
            let name = try text(.string, at: place())
            let value = parser.next()
            if value == .refused { throw unexpected(value, place, wanted: "a value") }
            try take(&self, name, value)
        }
    }

    mutating func elements(
        _ token: JSONToken, at place: @autoclosure () -> String, countMax: Int,
        _ take: (inout DocumentReader, Int, JSONToken) throws(RunFileError) -> Void
    ) throws(RunFileError) {
        guard token == .arrayStart else { throw unexpected(token, place, wanted: "an array") }
        var count = 0
        while true {
            let element = parser.next()
            if element == .arrayEnd { return }
            if element == .refused { throw unexpected(element, place, wanted: "an element") }
            guard count < countMax else {
                throw RunFileError(place(), "more than \(countMax) elements")
            }
            try take(&self, count, element)
            count += 1
        }
    }

    /// The end of an array of which every element was read.
    mutating func end(of place: @autoclosure () -> String) throws(RunFileError) {
        let token = parser.next()
        guard token == .arrayEnd else {
            throw unexpected(token, place, wanted: "the array's end")
        }
    }

    /// The end of the document.
    mutating func end() throws(RunFileError) {
        let token = parser.next()
        guard token == .end else { throw unexpected(token, { "end" }, wanted: "nothing") }
    }

    func text(
        _ token: JSONToken, at place: @autoclosure () -> String
    ) throws(RunFileError) -> String {
        guard token == .string else { throw unexpected(token, place, wanted: "a text") }
        guard parser.length <= Self.textMax else {
            throw RunFileError(place(), "a text of more than \(Self.textMax) bytes")
        }
        return tokenText
    }

    private var tokenText: String {
        let start = unsafe parser.bytes + parser.start
        let length = parser.length
        guard parser.hasEscapes else {
            return unsafe String(
                decoding: UnsafeBufferPointer(start: start, count: length), as: UTF8.self)
        }
        let limit = length + 4
        return unsafe String(unsafeUninitializedCapacity: limit) { out in
            guard let base = out.baseAddress else { return 0 }
            return unsafe JSONEscapes.unescape(start, count: length, into: base, limit: limit)
        }
    }

    func boolean(
        _ token: JSONToken, at place: @autoclosure () -> String
    ) throws(RunFileError) -> Bool {
        if token == .true { return true }
        if token == .false { return false }
        throw unexpected(token, place, wanted: "true or false")
    }

    /// A number of at most `numberMax` either way.
    func number(
        _ token: JSONToken, at place: @autoclosure () -> String
    ) throws(RunFileError) -> Double {
        guard token == .number else { throw unexpected(token, place, wanted: "a number") }
        let text = unsafe String(
            decoding: UnsafeBufferPointer(
                start: parser.bytes + parser.start, count: parser.length), as: UTF8.self)
        guard let value = Double(text), abs(value) <= Self.numberMax else {
            throw RunFileError(place(), "\(text.prefix(40)) is out of range")
        }
        return value
    }

    /// A number above 0, of at least `positiveMin`.
    func positive(
        _ token: JSONToken, at place: @autoclosure () -> String
    ) throws(RunFileError) -> Double {
        let value = try number(token, at: place())
        guard value >= Self.positiveMin else {
            throw RunFileError(place(), "\(value) is not above 0")
        }
        return value
    }

    /// A whole number from 0 to 2^63 - 1.
    func count(
        _ token: JSONToken, at place: @autoclosure () -> String
    ) throws(RunFileError) -> UInt64 {
        guard token == .number else { throw unexpected(token, place, wanted: "a number") }
        let unsigned = unsafe JSONText.unsigned(
            parser.bytes + parser.start, count: parser.length)
        guard let value = unsigned, value <= UInt64(Int64.max) else {
            throw RunFileError(place(), "a whole number from 0 on is needed here")
        }
        return value
    }

    /// Nanoseconds since 1970 UTC.
    func timeNs(
        _ token: JSONToken, at place: @autoclosure () -> String
    ) throws(RunFileError) -> UInt64 {
        let value = try count(token, at: place())
        guard value <= Self.timeNsMax else {
            throw RunFileError(place(), "\(value) ns is behind the year 2099")
        }
        return value
    }

    /// Passes over the value that begins with `token`.
    mutating func skip(
        _ token: JSONToken, at place: @autoclosure () -> String
    ) throws(RunFileError) {
        guard token == .objectStart || token == .arrayStart else { return }
        guard parser.skipContainer() else {
            throw unexpected(.refused, place, wanted: "a value")
        }
    }

    /// The value that begins with `token` as people read it: a text without its quotes, anything
    /// else as it stands, cut where it is too long.
    mutating func shown(
        _ token: JSONToken, at place: @autoclosure () -> String
    ) throws(RunFileError) -> String {
        if token == .string { return String(tokenText.prefix(Self.textMax)) }
        let start = parser.start
        try skip(token, at: place())
        let isContainer = token == .objectStart || token == .arrayStart
        let end = isContainer ? parser.offset : start + parser.length
        let length = end - start
        let shown = unsafe UnsafeBufferPointer(
            start: parser.bytes + start, count: min(length, Self.textMax))
        let text = unsafe String(decoding: shown, as: UTF8.self)
        return length > Self.textMax ? text + "…" : text
    }
}

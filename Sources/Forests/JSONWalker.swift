//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

/// Reads a JSON document value by value and knows the path to where it is.
///
/// Every call that reads a value begins at the value's first token and ends behind its last one.
///
/// SAFETY: whoever makes it keeps the bytes readable while it is used.
@safe
struct JSONWalker {
    private enum Step {
        case name(String)
        case index(Int)
    }

    private var pull: JSONPull
    /// The first token of the value to be read.
    private var token: JSONToken
    private var path: [Step] = []

    init(_ bytes: UnsafePointer<UInt8>, count: Int) {
        pull = unsafe JSONPull(bytes, count: count)
        token = pull.next()
    }

    func refused(_ reason: String) -> ForestError {
        var text = ""
        for step in path {
            switch step {
            case .name(let name): text += text.isEmpty ? name : ".\(name)"
            case .index(let index): text += "[\(index)]"
            }
        }
        return .json(path: text, reason: reason)
    }

    private func misplaced(_ wanted: String) -> ForestError {
        refused(
            token == .refused
                ? "no JSON from byte \(pull.offset) on; is the file complete?"
                : "\(wanted) belongs here")
    }

    /// Reads an object; `each` reads the value of one member.
    mutating func members(
        _ each: (inout JSONWalker, String) throws(ForestError) -> Void
    ) throws(ForestError) {
        guard token == .objectStart else { throw misplaced("an object") }
        var names: Set<String> = []
        while true {
            token = pull.next()
            if token == .objectEnd { return }
            guard token == .key, !pull.hasEscapes, pull.length <= 80 else {
                throw misplaced("a member with a short plain name")
            }
            let name = text
            guard names.insert(name).inserted else { throw refused("`\(name)` comes twice") }
            path.append(.name(name))
            token = pull.next()
            try each(&self, name)
            path.removeLast()
        }
    }

    /// Reads an array of at most `max` elements; `each` reads one.
    mutating func elements(
        max: Int, _ each: (inout JSONWalker, Int) throws(ForestError) -> Void
    ) throws(ForestError) {
        guard token == .arrayStart else { throw misplaced("an array") }
        var count = 0
        while true {
            token = pull.next()
            if token == .arrayEnd { return }
            guard count < max else { throw refused("over \(max) elements") }
            path.append(.index(count))
            try each(&self, count)
            path.removeLast()
            count += 1
        }
    }

    /// Passes over a value.
    mutating func skip() throws(ForestError) {
        switch token {
        case .objectStart, .arrayStart:
            guard pull.skipContainer() else {
                token = .refused
                throw misplaced("a value")
            }
        case .string, .number, .true, .false, .null: break
        default: throw misplaced("a value")
        }
    }

    /// Nothing may follow.
    mutating func end() throws(ForestError) {
        token = pull.next()
        guard token == .end else { throw misplaced("the document's end") }
    }

    mutating func string() throws(ForestError) -> String {
        guard token == .string, !pull.hasEscapes, pull.length <= 200 else {
            throw misplaced("a short plain string")
        }
        return text
    }

    /// An integer that stands in a string.
    mutating func quotedInteger() throws(ForestError) -> Int {
        guard let value = Int(try string()) else { throw refused("an integer belongs here") }
        return value
    }

    mutating func integers(max: Int) throws(ForestError) -> [Int] {
        var values: [Int] = []
        try elements(max: max) { (walker, _) throws(ForestError) in
            guard walker.token == .number, let value = Int(walker.text) else {
                throw walker.misplaced("an integer")
            }
            values.append(value)
        }
        return values
    }

    mutating func floats(max: Int) throws(ForestError) -> [Float] {
        var values: [Float] = []
        try elements(max: max) { (walker, _) throws(ForestError) in
            guard walker.token == .number, walker.pull.length <= 40,
                let value = Float(walker.text), value.isFinite
            else { throw walker.misplaced("a finite number") }
            values.append(value)
        }
        return values
    }

    private var text: String {
        unsafe String(
            decoding: UnsafeBufferPointer(start: pull.bytes + pull.start, count: pull.length),
            as: UTF8.self)
    }
}

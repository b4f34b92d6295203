//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The last things that happened, and a hash over all of them: the same seed gives the same hash.
struct Trace {
    enum Entry {
        case event(Event)
        /// Bytes of a request, a reply or a push.
        case text(String, [UInt8])
        case note(String, UInt64, Int64)

        var line: String {
            switch self {
            case .event(let event): "event \(event.kind) \(event.a) \(event.b)"
            case .text(let what, let bytes):
                "\(what) \(String(decoding: bytes.prefix(700), as: UTF8.self))"
            case .note(let what, let id, let value): "\(what) \(id) \(value)"
            }
        }
    }

    private static let capacity = 50

    private var entries: [(timeNs: UInt64, number: UInt64, entry: Entry)] = []
    private var at = 0
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    /// Prints each entry as it comes.
    var isPrinted = false
    var print: (String) -> Void = { _ in }

    mutating func add(_ timeNs: UInt64, _ number: UInt64, _ entry: Entry) {
        switch entry {
        case .event(let event): mix(event.timeNs &+ UInt64(event.kind.rawValue))
        case .text(_, let bytes): mix(bytes)
        case .note(_, let id, let value):
            mix(id)
            mix(UInt64(bitPattern: value))
        }
        if entries.count < Self.capacity {
            entries.append((timeNs, number, entry))
        } else {
            entries[at] = (timeNs, number, entry)
            at = at + 1 == Self.capacity ? 0 : at + 1
        }
        if isPrinted { print(Self.line(timeNs, number, entry)) }
    }

    private static func line(_ timeNs: UInt64, _ number: UInt64, _ entry: Entry) -> String {
        "#\(number) \(timeNs / 1_000_000_000).\(padded(timeNs % 1_000_000_000)) \(entry.line)"
    }

    private static func padded(_ value: UInt64) -> String {
        let digits = String(value)
        return String(repeating: "0", count: 9 - digits.count) + digits
    }

    /// Oldest first.
    var lines: [String] {
        (entries[at...] + entries[..<at]).map { Self.line($0.timeNs, $0.number, $0.entry) }
    }

    private mutating func mix(_ value: UInt64) {
        hash = (hash ^ value) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 29
    }

    private mutating func mix(_ bytes: [UInt8]) {
        mix(UInt64(bytes.count))
        var word: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            word = word << 8 | UInt64(byte)
            if index & 7 == 7 { mix(word) }
        }
        mix(word)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a frame of a journal holds. Readers keep and pass over kinds that they do not know.
public struct JournalKind: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A program begins: configuration, hashes and build as JSON text.
    public static let session = JournalKind(rawValue: 1)
    /// The table of instruments, raw records.
    public static let instruments = JournalKind(rawValue: 2)
    /// What a venue sent, before it was interpreted; detail: its `FrameKind`.
    public static let frameIn = JournalKind(rawValue: 3)
    /// The bytes of an order as they go to the venue; detail: flags.
    public static let orderOut = JournalKind(rawValue: 4)
    /// Verdicts of the risk controls, raw records.
    public static let verdict = JournalKind(rawValue: 5)
    /// Trading state and what operators did.
    public static let control = JournalKind(rawValue: 6)
    /// Text for people.
    public static let note = JournalKind(rawValue: 7)
    /// Frames that are missing here, a count of 8 bytes; detail: of which kind, 0 of any;
    /// connection: from which of several taps.
    public static let lost = JournalKind(rawValue: 8)
    /// The journal was closed as intended; another session may follow.
    public static let end = JournalKind(rawValue: 9)
    /// How what is journaled stood at the end, as text.
    public static let state = JournalKind(rawValue: 10)
    /// A frame that describes the session, once more at a segment's begin; detail: its kind.
    public static let head = JournalKind(rawValue: 11)

    /// Those with a name.
    public static let all: [JournalKind] = [
        .session, .instruments, .frameIn, .orderOut, .verdict, .control, .note, .lost, .end,
        .state, .head,
    ]
    private static let names = [
        "session", "instruments", "frame-in", "order-out", "verdict", "control", "note", "lost",
        "end", "state", "head",
    ]

    /// "frame-in"; "kind-17" for one without a name.
    public var description: String {
        let index = Int(rawValue) - 1
        return Self.names.indices.contains(index) ? Self.names[index] : "kind-\(rawValue)"
    }

    /// The kind that has this description.
    public init?(_ text: String) {
        if let index = Self.names.firstIndex(of: text) {
            self = Self.all[index]
        } else if text.hasPrefix("kind-"), let number = UInt8(text.dropFirst(5)) {
            self.init(rawValue: number)
        } else {
            return nil
        }
    }
}

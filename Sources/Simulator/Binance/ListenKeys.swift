//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The account's one listen key: 64 digits, 60 minutes, prolonged by each call.
final class ListenKeys {
    static let lifeMs: Int64 = 3_600_000

    private let makeKey: () -> String
    private var key = ""
    private var expiryMs: Int64 = 0

    init(makeKey: @escaping () -> String = { randomHex(bytes: 32) }) { self.makeKey = makeKey }

    /// The active key, prolonged; a new one when none is active.
    func start(nowMs: Int64) -> String {
        if key.isEmpty || nowMs >= expiryMs { key = makeKey() }
        expiryMs = nowMs + Self.lifeMs
        return key
    }

    func prolong(nowMs: Int64) throws(VenueError) -> String {
        guard isActive(key, nowMs: nowMs) else { throw .noListenKey }
        return start(nowMs: nowMs)
    }

    func stop() { key = "" }

    /// Lets the key run out now.
    func expire() { expiryMs = 0 }

    func isActive(_ candidate: String, nowMs: Int64) -> Bool {
        !candidate.isEmpty && candidate == key && nowMs < expiryMs
    }

    /// The key, once, when its time has run out.
    func takeExpired(nowMs: Int64) -> String? {
        guard !key.isEmpty, nowMs >= expiryMs else { return nil }
        defer { key = "" }
        return key
    }
}

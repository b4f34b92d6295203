//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The life of a user stream's key. It acts on nothing: `act` says what is to be done, and the
/// results are told to it.
///
/// The key is the account's, not the process's. Another process may delete it, and then the
/// stream stays open and silent: a refused keep-alive and a reply with another key are the only
/// signs. Each of them leads to a new connection. Keys are never deleted from here.
///
/// Source: protocol sheet of Binance, section 8.1.
public struct ListenKeyLife: Sendable {
    public struct Times: Sendable {
        public var keepAliveNs: UInt64
        /// From the last extension; the venue's is an hour.
        public var lifetimeNs: UInt64
        public var retryNsMin: UInt64
        public var retryNsMax: UInt64

        /// - Precondition: A failed keep-alive can be tried again before the key ends.
        public init(
            keepAliveNs: UInt64 = 1_800_000_000_000, lifetimeNs: UInt64 = 3_600_000_000_000,
            retryNsMin: UInt64 = 1_000_000_000, retryNsMax: UInt64 = 60_000_000_000
        ) {
            precondition(keepAliveNs + retryNsMax < lifetimeNs, "time to try again")
            precondition(retryNsMin > 0, "a pause between tries")
            precondition(retryNsMin <= retryNsMax, "a shortest pause below the longest")
            self.keepAliveNs = keepAliveNs
            self.lifetimeNs = lifetimeNs
            self.retryNsMin = retryNsMin
            self.retryNsMax = retryNsMax
        }
    }

    public enum Action: Equatable, Sendable {
        /// Ask for a key (POST), and tell the outcome.
        case request
        /// Extend the key (PUT), and tell the outcome.
        case keepAlive
        /// Open the stream of this key, then drop any other.
        case connect(key: String)
    }

    public enum Failure: Sendable {
        /// -1125: the venue does not know the key.
        case unknownKey
        /// Anything that another try may mend.
        case transient
    }

    private enum State {
        case without
        case requesting
        case held
        case extending
    }

    private let times: Times
    private var state = State.without
    private var nextNs: UInt64 = 0
    private var endsNs: UInt64 = 0
    private var failures = 0
    /// The stream on this key has to be opened, again where it is open.
    private var mustConnect = false
    /// The key that is held, if any.
    public private(set) var key: String?
    /// Times that a key was lost; each led to a new connection.
    public private(set) var lossCount = 0

    public init(_ times: Times = Times()) { self.times = times }

    /// What is to be done now; asked again after each answer, and at least every second.
    public mutating func act(nowNs: UInt64) -> Action? {
        if mustConnect, state == .held, let key {
            mustConnect = false
            return .connect(key: key)
        }
        switch state {
        case .requesting, .extending: return nil
        case .without:
            guard nowNs >= nextNs else { return nil }
            state = .requesting
            return .request
        case .held:
            if nowNs >= endsNs {
                lose(nowNs)
                return act(nowNs: nowNs)
            }
            guard nowNs >= nextNs else { return nil }
            state = .extending
            return .keepAlive
        }
    }

    /// The venue answered a request with a key, the same as before or another.
    public mutating func received(_ newKey: String, nowNs: UInt64) {
        if newKey != key {
            if key != nil { lossCount += 1 }
            mustConnect = true
        }
        key = newKey
        extend(nowNs)
    }

    /// The venue extended the key. Some replies name it: another one took its place then.
    public mutating func extended(_ newKey: String? = nil, nowNs: UInt64) {
        guard key != nil else { return }
        if let newKey {
            received(newKey, nowNs: nowNs)
        } else {
            extend(nowNs)
        }
    }

    private mutating func extend(_ nowNs: UInt64) {
        state = .held
        failures = 0
        nextNs = nowNs + times.keepAliveNs
        endsNs = nowNs + times.lifetimeNs
    }

    /// The request that `act` asked for last failed.
    public mutating func failed(_ failure: Failure, nowNs: UInt64) {
        if failure == .unknownKey, state == .extending {
            lose(nowNs)
            return
        }
        state = state == .extending ? .held : .without
        failures += 1
        let doubled = times.retryNsMin << UInt64(min(failures - 1, 20))
        nextNs = nowNs + min(times.retryNsMax, doubled)
    }

    /// The user stream said that a key has expired.
    public mutating func expired(_ expiredKey: String? = nil, nowNs: UInt64) {
        // Told late, of a key that is no longer ours.
        if let expiredKey, let key, expiredKey != key { return }
        // A request on its way brings a key all the same; its answer must not be taken for the old.
        let isRequesting = state == .requesting
        lose(nowNs)
        if isRequesting { state = .requesting }
    }

    /// Whoever opened the stream lost it: it is opened again with the key at hand.
    public mutating func disconnected() {
        if key != nil { mustConnect = true }
    }

    private mutating func lose(_ nowNs: UInt64) {
        if key != nil { lossCount += 1 }
        key = nil
        state = .without
        nextNs = nowNs
        failures = 0
        mustConnect = false
    }
}

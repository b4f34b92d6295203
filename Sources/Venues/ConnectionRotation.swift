//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// When a connection that the venue cuts after a fixed time is replaced: the new one is opened
/// first, and the old one dropped once the new one has delivered. It acts on nothing: `act` says
/// what is to be done.
///
/// Source: protocol sheet of Binance, section 1.3: a connection lives 24 hours; Spot announces the
/// end of a server.
public struct ConnectionRotation: Sendable {
    public struct Times: Sendable {
        /// The venue's.
        public var lifetimeNs: UInt64
        /// How long before its end a connection is replaced at the latest.
        public var marginNs: UInt64
        /// Connections of one start are spread over so long before that.
        public var jitterNs: UInt64
        /// Both are kept for so long after the new one first delivered.
        public var overlapNs: UInt64
        public var retryNsMin: UInt64
        public var retryNsMax: UInt64

        /// - Precondition: A connection lives longer than margin and jitter together.
        public init(
            lifetimeNs: UInt64 = 86_400_000_000_000, marginNs: UInt64 = 1_200_000_000_000,
            jitterNs: UInt64 = 2_400_000_000_000, overlapNs: UInt64 = 5_000_000_000,
            retryNsMin: UInt64 = 5_000_000_000, retryNsMax: UInt64 = 120_000_000_000
        ) {
            precondition(marginNs + jitterNs < lifetimeNs, "a life before the replacement")
            precondition(retryNsMin > 0, "a pause between tries")
            precondition(retryNsMin <= retryNsMax, "a shortest pause below the longest")
            self.lifetimeNs = lifetimeNs
            self.marginNs = marginNs
            self.jitterNs = jitterNs
            self.overlapNs = overlapNs
            self.retryNsMin = retryNsMin
            self.retryNsMax = retryNsMax
        }
    }

    public enum Action: Equatable, Sendable {
        case openReplacement
        /// Close the old connection; the replacement has its place now.
        case dropOld
    }

    private enum State {
        case closed
        case alone
        /// A replacement was asked for.
        case opening
        /// It is open, and has not delivered yet.
        case silent
        case overlapping
    }

    private let times: Times
    private let share: UInt64
    private var state = State.closed
    private var openedNs: UInt64 = 0
    private var replacementNs: UInt64 = 0
    private var nextNs: UInt64 = 0
    private var failures = 0

    /// - Parameter seed: Random; different for each connection.
    public init(_ times: Times = Times(), seed: UInt64) {
        self.times = times
        share = times.jitterNs == 0 ? 0 : seed % (times.jitterNs + 1)
    }

    /// When the connection is replaced, if nothing happens before.
    public var dueNs: UInt64? { state == .alone ? nextNs : nil }

    /// The one connection there is was opened.
    public mutating func opened(nowNs: UInt64) {
        state = .alone
        openedNs = nowNs
        failures = 0
        nextNs = nowNs + times.lifetimeNs - times.marginNs - share
    }

    public mutating func act(nowNs: UInt64) -> Action? {
        switch state {
        case .alone where nowNs >= nextNs:
            state = .opening
            return .openReplacement
        case .overlapping where nowNs >= nextNs:
            state = .alone
            openedNs = replacementNs
            failures = 0
            nextNs = replacementNs + times.lifetimeNs - times.marginNs - share
            return .dropOld
        default: return nil
        }
    }

    /// The replacement is connected.
    public mutating func replacementOpened(nowNs: UInt64) {
        guard state == .opening else { return }
        state = .silent
        replacementNs = nowNs
    }

    /// The replacement brought its first message.
    public mutating func replacementDelivered(nowNs: UInt64) {
        guard state == .silent else { return }
        state = .overlapping
        nextNs = nowNs + times.overlapNs
    }

    /// The replacement could not be opened, was lost, or stayed silent.
    public mutating func replacementFailed(nowNs: UInt64) {
        guard state != .closed, state != .alone else { return }
        state = .alone
        failures += 1
        let doubled = times.retryNsMin << UInt64(min(failures - 1, 20))
        nextNs = nowNs + min(times.retryNsMax, doubled)
    }

    /// The old connection is gone, by the venue's cut or by an accident.
    public mutating func lost(nowNs: UInt64) {
        switch state {
        case .silent, .overlapping: opened(nowNs: replacementNs)
        // Whoever reconnects says `opened`.
        case .alone, .opening, .closed: state = .closed
        }
    }

    /// The venue announced that it is about to close the connection.
    public mutating func announced(nowNs: UInt64) {
        guard state == .alone else { return }
        nextNs = min(nextNs, nowNs)
    }
}

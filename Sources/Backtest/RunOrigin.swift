//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Rendering
import TradingCore

/// How a run came about, as its result tells it.
public struct RunOrigin: Sendable {
    /// `backtest` or `paper`.
    public var kind: String
    /// The virtual account's name.
    public var account: String?
    /// See `Settings.tradingFingerprint`.
    public var tradingFingerprint: UInt64?
    /// Why it ended before the data did.
    public var error: String?
    /// Frames that the journal of its market does not have; `nil`: there is none.
    public var journalLost: UInt64?

    /// Whether a person halted it for some of the time: a backtest will not do the same.
    public var wasLowered = false

    public init(kind: String) { self.kind = kind }

    func write(to root: inout JSONWriter) {
        root.add("kind", kind)
        if let account { root.add("account", account) }
        if let tradingFingerprint {
            root.add("trading_fingerprint", Settings.text(fingerprint: tradingFingerprint))
        }
        if let error { root.add("error", error) }
        if wasLowered { root.add("operator_lowered", true) }
        if let journalLost { root.add("journal_lost_frames", journalLost) }
    }
}

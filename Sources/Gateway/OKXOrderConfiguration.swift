//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages

/// What an account may trade: `acctLv` of the venue's account configuration.
public enum OKXAccountMode: Int64, Sendable {
    case spot = 1
    case futures = 2
    case multiCurrency = 3
    case portfolio = 4
}

/// How an order is margined, as the venue writes it.
public enum OKXTradeMode: String, Sendable {
    case cash
    case cross
    case isolated
}

/// What happens when an order would meet one of the same owner, as the venue writes it.
public enum OKXSelfTradePrevention: String, Sendable {
    case cancelMaker = "cancel_maker"
    case cancelTaker = "cancel_taker"
    /// Not known to fill-or-kill orders, which are then refused.
    case cancelBoth = "cancel_both"
}

/// What the encoder of OKX orders is told once, at start.
public struct OKXOrderConfiguration: Sendable {
    public var accountMode: OKXAccountMode
    /// Trade modes of single instruments, by id; all others have that of the account mode.
    public var tradeModes: [UInt32: OKXTradeMode]
    public var selfTradePrevention: OKXSelfTradePrevention
    /// How long the venue may take a place or amend for fresh, 1...60,000 ms.
    public var expiryWindowMs: Int
    /// Seed of the masking keys; random in live use.
    public var maskSeed: UInt64

    public init(
        accountMode: OKXAccountMode, tradeModes: [UInt32: OKXTradeMode] = [:],
        selfTradePrevention: OKXSelfTradePrevention = .cancelMaker, expiryWindowMs: Int = 5_000,
        maskSeed: UInt64
    ) {
        self.accountMode = accountMode
        self.tradeModes = tradeModes
        self.selfTradePrevention = selfTradePrevention
        self.expiryWindowMs = expiryWindowMs
        self.maskSeed = maskSeed
    }

    /// The trade mode of an instrument: cash for spot where the account has no margin for it,
    /// cross for everything else; `nil` where the account cannot trade it.
    func tradeMode(_ instrument: Instrument) -> OKXTradeMode? {
        let isSpot = instrument.kind == .spot
        if !isSpot && (accountMode == .spot || instrument.kind == .option) { return nil }
        let mode =
            tradeModes[instrument.instrumentID]
            ?? (isSpot && (accountMode == .spot || accountMode == .futures) ? .cash : .cross)
        // Contracts have no cash mode.
        return !isSpot && mode == .cash ? nil : mode
    }
}

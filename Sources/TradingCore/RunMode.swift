//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration

/// What an engine trades with: `apus run --mode`.
public enum RunMode: String, CaseIterable, Sendable {
    /// A simulator on this machine.
    case simulated
    /// Live market data, a model as venue.
    case paper
    /// An account with money in it.
    case live

    /// Decides the mode, and brings `trading.account` to it.
    ///
    /// - Parameters:
    ///   - text: Of `--mode`; `nil`: as `trading.account` says.
    ///   - isLiveAllowed: Whether `--live` was given. No file, variable or `--set` stands for it.
    /// - Throws: `EngineError` for a live account without `--live`, and for `--live` without a live
    ///   account.
    public static func resolve(
        _ text: String?, isLiveAllowed: Bool, _ settings: inout Settings
    ) throws(EngineError) -> RunMode {
        let configured = settings.text("trading.account")
        guard let mode = RunMode(rawValue: text ?? configured) else {
            throw EngineError("--mode \(text ?? configured): no such mode")
        }
        switch mode {
        case .live where !isLiveAllowed:
            let cause = text == nil
                ? "trading.account is live (\(settings.origin("trading.account")))" : "--mode live"
            throw EngineError(
                "\(cause) trades with money: add --live to the command line to allow it")
        case .simulated where isLiveAllowed, .paper where isLiveAllowed:
            throw EngineError(
                "--live is for a live account: use --mode live, or trading.account=live")
        default: break
        }
        // Paper trading asks no venue for an account.
        if text != nil, mode != .paper {
            do throws(ConfigurationError) {
                try settings.set("trading.account", mode.rawValue, origin: "--mode")
            } catch { throw EngineError("\(error)") }
        }
        return mode
    }
}

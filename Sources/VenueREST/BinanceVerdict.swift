//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Messages

/// What a REST reply means for its request, and for the next ones.
///
/// Source: protocol sheet of Binance, sections 4.4 and 9.
public enum BinanceVerdict: Equatable, Sendable {
    case ok
    /// Not carried out.
    case rejected(code: Int)
    /// It may have been carried out: the order stays pending until a query or the user stream
    /// tells; never sent again under another id.
    case unknown
    /// Not carried out; may be sent again after so long. `exemptsCancels`: the venue goes on
    /// taking cancels and reduce-only orders.
    case retryAfter(milliseconds: UInt64, exemptsCancels: Bool)
    /// Not carried out; nothing more may be sent until that time, by the venue's clock.
    case stop(untilMs: UInt64)

    /// Where the venue names no time: its shortest ban, and its window of connection attempts.
    public static let banMsMin: UInt64 = 120_000
    public static let firewallMs: UInt64 = 300_000
    /// First wait after "not executed, try again"; to be doubled from try to try.
    public static let retryMs: UInt64 = 200
    public static let throttledMs: UInt64 = 1_000

    /// - Parameters:
    ///   - status: Of HTTP; 0 when no response came.
    ///   - retryAfterSeconds: The header `Retry-After`, where there is one.
    ///   - nowMs: By the venue's clock.
    public static func of(
        status: Int, body: [UInt8], retryAfterSeconds: UInt64? = nil, nowMs: UInt64
    ) -> BinanceVerdict {
        var code = 0
        var message = ""
        if case .venue(let found, let text)? = BinanceREST.error(body) {
            code = found
            message = text
        } else if let text = JSONDocument(body)?["msg"]?.text {
            message = text
        }
        return of(
            status: status, code: code, message: message, retryAfterSeconds: retryAfterSeconds,
            nowMs: nowMs)
    }

    /// The same of a reply's parts: those of a WebSocket API reply.
    public static func of(
        status: Int, code: Int, message: String, retryAfterSeconds: UInt64? = nil, nowMs: UInt64
    ) -> BinanceVerdict {
        let told = retryAfterSeconds.map { min($0, 86_400 * 7) * 1_000 }
        if status == 418 || isBan(message) {
            return .stop(untilMs: banEnd(message) ?? nowMs + (told ?? banMsMin))
        }
        switch code {
        case -1003:
            // The weight counts anew with each minute of the venue's clock.
            return .retryAfter(
                milliseconds: told ?? 60_000 - nowMs % 60_000, exemptsCancels: false)
        case -1015:
            return .retryAfter(
                milliseconds: told ?? 10_000 - nowMs % 10_000, exemptsCancels: true)
        case -1008: return .retryAfter(milliseconds: told ?? throttledMs, exemptsCancels: true)
        default: break
        }
        if code < 0, code != -1000, BinanceCode.outcome(Int32(clamping: code)) == .unknown {
            return .unknown
        }
        switch status {
        case 200: return code < 0 ? .rejected(code: code) : .ok
        case 403: return .stop(untilMs: nowMs + (told ?? firewallMs))
        case 408, 409: return .unknown
        case 429:
            return .retryAfter(
                milliseconds: told ?? 60_000 - nowMs % 60_000, exemptsCancels: false)
        case 400..<500: return .rejected(code: code)
        default: return isNotExecuted(message)
            ? .retryAfter(milliseconds: told ?? retryMs, exemptsCancels: true) : .unknown
        }
    }

    /// Texts of a server error that promise that nothing was done.
    private static func isNotExecuted(_ message: String) -> Bool {
        message == "Service Unavailable."
            || message == "Internal error; unable to process your request. Please try again."
    }

    private static func isBan(_ message: String) -> Bool { message.contains("banned until") }

    /// The time in "… banned until 1700000000000. Please …".
    private static func banEnd(_ message: String) -> UInt64? {
        guard let mark = message.range(of: "banned until ") else { return nil }
        let digits = message[mark.upperBound...].prefix { $0.isASCII && $0.isNumber }
        guard (13...14).contains(digits.count) else { return nil }
        return UInt64(digits)
    }
}

extension StringProtocol {
    /// Where `text` first stands in it.
    fileprivate func range(of text: String) -> Range<Index>? { ranges(of: text).first }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Transport
import Venues

extension BinanceSession {
    /// Messages that may come before the answer.
    private static let messagesMax = 100

    /// Logs the order session on, on a connection that was just made.
    func logOn(
        _ conversation: OpeningConversation, by key: Ed25519Key
    ) throws(TransportError) {
        let timeMs = clock.nowMs
        let payload = BinanceLogon.payload(apiKey: credentials.apiKey, timeMs: timeMs)
        guard let signature = key.sign(payload) else {
            throw TransportError.refused("the private key does not sign")
        }
        try conversation.send(
            BinanceLogon.message(
                apiKey: credentials.apiKey, timeMs: timeMs, signature: signature))
        for _ in 0..<Self.messagesMax {
            switch BinanceLogon.answer(try conversation.receive()) {
            case .accepted: return
            case .other: conversation.passOn()
            case .refused(let code, let message):
                // The next attempt comes with the right time.
                if code == Self.clockRefusal { _ = try? synchroniseClock() }
                throw TransportError.refused(
                    "session.logon: \(BinanceError.venue(code: code, message: message))")
            }
        }
        throw TransportError.refused("no answer to session.logon in \(Self.messagesMax) messages")
    }
}

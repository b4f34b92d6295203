//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CUring

extension ConnectionLoss {
    /// One line for the log. `session` is what the TLS session says of itself.
    func describe(detail: Int32, session: String) -> String {
        switch self {
        case .ended: "closed by the venue without a close frame"
        case .network: "connection lost: \(errorText(-detail))"
        case .tls: "TLS: \(session)"
        case .closedByPeer: "closed by the venue with code \(detail)"
        case .protocolViolation: "the venue broke the WebSocket protocol"
        case .invalidText: "text that is not UTF-8"
        case .oversize: "message over the size limit"
        case .idle: "nothing received for the idle time-out"
        case .silent: "no message received, though the venue answers"
        case .dropRequested: "closed on request"
        case .stopped: "closed at the end"
        default: "lost"
        }
    }
}

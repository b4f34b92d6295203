//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

/// The log-on of a WebSocket API session by an Ed25519 key. Requests of a session that is logged on
/// carry neither key nor signature, but their time stamp still.
///
/// Source: protocol sheet of Binance, sections 4.2 and 7.
public enum BinanceLogon {
    /// The id of the request, which its reply repeats.
    public static let requestID = "logon"

    /// What is signed: all parameters but the signature, sorted by name.
    public static func payload(apiKey: String, timeMs: Int64, recvWindowMs: Int = 5_000) -> String {
        "apiKey=\(apiKey)&recvWindow=\(recvWindowMs)&timestamp=\(timeMs)"
    }

    /// The text of the request.
    ///
    /// - Parameters:
    ///   - apiKey: Letters, digits and ". _ -": nothing to escape.
    ///   - signature: Base64 of the signature of `payload`.
    public static func message(
        apiKey: String, timeMs: Int64, recvWindowMs: Int = 5_000, signature: String
    ) -> String {
        #"{"id":"\#(requestID)","method":"session.logon","params":{"apiKey":"\#(apiKey)","#
            + #""recvWindow":\#(recvWindowMs),"signature":"\#(signature)","#
            + #""timestamp":\#(timeMs)}}"#
    }

    /// What a text frame says to the log-on.
    public enum Answer: Equatable, Sendable {
        /// Logged on; from when on, by the venue's clock.
        case accepted(sinceMs: UInt64)
        case refused(code: Int, message: String)
        /// A frame about something else.
        case other
    }

    public static func answer(_ bytes: [UInt8]) -> Answer {
        guard let reply = JSONDocument(bytes), let id = reply["id"] else { return .other }
        if let error = reply["error"], id.text == requestID || id == .null {
            return .refused(
                code: error["code"]?.integer.flatMap { Int(exactly: $0) } ?? 0,
                message: error["msg"]?.text ?? "")
        }
        guard id.text == requestID else { return .other }
        guard reply["status"]?.integer == 200, let since = reply["result"]?["authorizedSince"],
            let sinceMs = since.integer.flatMap({ UInt64(exactly: $0) }), sinceMs > 0
        else { return .refused(code: 0, message: "not authorised") }
        return .accepted(sinceMs: sinceMs)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import HTTP

/// Posts each notice as JSON. The address may hold a secret and never reaches a message.
struct WebhookSender: AlertSender {
    private let transport: any HTTPTransport
    private let url: String
    private let caFile: String?
    private let timeoutNs: UInt64

    init(transport: any HTTPTransport, url: String, caFile: String?, timeoutNs: UInt64) {
        self.transport = transport
        self.url = url
        self.caFile = caFile
        self.timeoutNs = timeoutNs
    }

    func send(_ notice: AlertNotice) throws(SendError) {
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try transport.request(
                method: "POST", url: url,
                headers: [("Content-Type", "application/json"), ("User-Agent", "apus-monitor")],
                body: Array(notice.json.utf8), caFile: caFile,
                timeout: .nanoseconds(Int64(timeoutNs)))
        } catch {
            throw Self.failure(error)
        }
        guard (200...299).contains(response.status) else {
            let isTransient =
                response.status >= 500 || response.status == 408 || response.status == 429
            throw SendError(reason: "status \(response.status)", isTransient: isTransient)
        }
    }

    /// The error's own description names the URL's path, in which services put their tokens.
    private static func failure(_ error: HTTPError) -> SendError {
        switch error.reason {
        case .invalidRequest: SendError(reason: "the request is not valid", isTransient: false)
        case .timedOut: SendError(reason: "timed out", isTransient: true)
        case .certificateRefused:
            SendError(reason: "the server's certificate was refused", isTransient: false)
        case .tooLarge: SendError(reason: "the response is too large", isTransient: false)
        case .failed: SendError(reason: "no connection, or it was lost", isTransient: true)
        }
    }
}

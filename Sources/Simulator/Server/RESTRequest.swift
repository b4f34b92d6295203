//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One REST request, already taken apart.
struct RESTRequest {
    var method: String
    var path: String
    /// As sent, still encoded.
    var query: String
    var body: String
    var apiKey: String
    /// Those of `VenueServer.headerNames` that were sent.
    var headers: [String: String] = [:]

    /// Query first, then body: where a name stands in both, the query wins.
    var parameters: Parameters {
        Parameters(Self.pairs(query) + Self.pairs(body))
    }

    /// What the signature covers: query and body without it, joined by nothing.
    var signedPayload: [UInt8] {
        Array((Self.withoutSignature(query) + Self.withoutSignature(body)).utf8)
    }

    private static func pairs(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (decoded(parts[0]), parts.count > 1 ? decoded(parts[1]) : "")
        }
    }

    private static func withoutSignature(_ text: String) -> String {
        text.split(separator: "&").filter { !$0.hasPrefix("signature=") }.joined(separator: "&")
    }

    /// Percent-decoding; a malformed escape stays as it is.
    private static func decoded(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        let source = Array(text.utf8)
        var bytes: [UInt8] = []
        var at = 0
        while at < source.count {
            if source[at] == UInt8(ascii: "%"), at + 2 < source.count,
                let byte = UInt8(
                    String(decoding: source[at + 1...at + 2], as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                at += 3
            } else {
                bytes.append(source[at])
                at += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What a REST request gets back.
struct RESTReply {
    var status: Int
    var body: [UInt8]
    var usedWeight = 0
    /// Retry-After; 0 for none.
    var retryAfterS = 0
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CDashboard
import CTLS

/// The dashboard: one page with its style and script inside, which may load nothing else.
struct WebPage {
    let response: WebResponse

    init() {
        let style = unsafe Self.bytes(apus_dashboard_style)
        let script = unsafe Self.bytes(apus_dashboard_script)
        let text = String(decoding: unsafe Self.bytes(apus_dashboard_page), as: UTF8.self)
        let parts = text.split(separator: "/*here*/", omittingEmptySubsequences: false)
        precondition(parts.count == 3, "a page with a place for its style and one for its script")
        let body = Array(parts[0].utf8) + style + Array(parts[1].utf8) + script
            + Array(parts[2].utf8)
        // Only what hashes to these runs and only the page's own server is asked: text of the
        // engine cannot become code, whatever it holds.
        let policy = """
            default-src 'none'; script-src '\(Self.hash(script))'; \
            style-src '\(Self.hash(style))'; connect-src 'self'; img-src data:; \
            base-uri 'none'; form-action 'none'; frame-ancestors 'none'
            """
        response = WebResponse(
            status: 200, contentType: "text/html; charset=utf-8", body: body,
            headers: [("Content-Security-Policy", policy)])
    }

    private static func bytes(
        _ part: (UnsafeMutablePointer<Int>?) -> UnsafePointer<UInt8>?
    ) -> [UInt8] {
        var count = 0
        let start = unsafe part(&count)
        return unsafe Array(UnsafeBufferPointer(start: start, count: count))
    }

    /// As a policy names it: "sha256-…".
    private static func hash(_ bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: 45)
        unsafe apus_sha256_base64(bytes, bytes.count, &text)
        let digits = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return "sha256-" + String(decoding: digits, as: UTF8.self)
    }
}

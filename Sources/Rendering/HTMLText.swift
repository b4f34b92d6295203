//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Text in HTML.
public enum HTMLText {
    /// `text` as it may stand between tags and in quoted attributes.
    public static func escape(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            // HTML knows no way to write a control character but these.
            case _ where scalar.value < 0x20 && !"\t\n\r".unicodeScalars.contains(scalar):
                result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A table that scrolls by itself where it is too wide.
    ///
    /// - Parameters:
    ///   - head: Titles, HTML; a table without has none.
    ///   - rows: Cells, HTML.
    public static func table(
        _ head: [String], _ rows: [[String]], classes: String = ""
    ) -> String {
        let titles = head.map { "<th>\($0)</th>" }.joined()
        let top = head.isEmpty ? "" : "<thead><tr>\(titles)</tr></thead>"
        let body = rows.map { row in
            "<tr>" + row.map { "<td>\($0)</td>" }.joined() + "</tr>"
        }.joined(separator: "\n")
        return "<div class=\"wide\"><table class=\"\(classes)\">\(top)"
            + "<tbody>\(body)</tbody></table></div>\n"
    }

    /// A page that needs nothing else and may load nothing: its policy refuses scripts, frames and
    /// every address.
    ///
    /// - Parameters:
    ///   - style: Rules behind those of `PageStyle`.
    ///   - body: HTML.
    public static func page(title: String, style: String = "", body: String) -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
        style-src 'unsafe-inline'">
        <title>\(escape(title))</title><style>\(PageStyle.css)\(style)</style></head><body>
        \(body)
        </body></html>

        """
    }
}

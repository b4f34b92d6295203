//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation

/// The files of this package, as its own tests read them.
struct SourceTree {
    struct File {
        /// Relative to the package's root.
        let path: String
        let text: String
        let lines: [Substring]

        var name: String { String(path.split(separator: "/").last ?? "") }
        /// "Risk" for Sources/Risk/RiskStage.swift; `nil` outside of Sources.
        var module: String? {
            let parts = path.split(separator: "/")
            return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
        }
        /// Modules named by import lines, whatever their access level or attributes.
        var imports: [String] {
            lines.compactMap { line in
                let words = line.split(separator: " ").map(String.init)
                guard let at = words.firstIndex(of: "import"), at + 1 < words.count else {
                    return nil
                }
                let isImport = words[..<at].allSatisfy { word in
                    word.hasPrefix("@") || ["public", "internal", "package"].contains(word)
                }
                return isImport ? words[at + 1] : nil
            }
        }
    }

    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every text file of the tree: no build products, no hidden folders but `.ci`.
    static let files: [File] = {
        let folders = ["Sources", "CSupport", "Tests", "Bench", "tuning", ".ci"]
        var paths = folders.flatMap { folder in
            (FileManager.default.enumerator(atPath: root.appending(path: folder).path())?
                .compactMap { $0 as? String } ?? []).map { "\(folder)/\($0)" }
        }
        paths += ["Package.swift", "README.md"]
        return paths.sorted().compactMap { path in
            let isHidden = path.split(separator: "/").dropFirst().contains { $0.hasPrefix(".") }
            let name = path.split(separator: "/").last ?? ""
            let suffix = name.contains(".") ? String(name.split(separator: ".").last!) : ""
            guard !isHidden, kinds.contains(suffix) || programs.contains(name) else {
                return nil
            }
            guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8)
            else { return nil }
            return File(
                path: path, text: text,
                lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }()

    /// Scripts without a suffix.
    private static let programs: Set<Substring> = ["run", "setup", "docs", "apply", "revert"]

    private static let kinds: Set<String> = [
        "swift", "c", "h", "md", "py", "sh", "yaml", "yml", "json", "modulemap",
    ]

    static var code: [File] { files.filter { ["swift", "c", "h"].contains(kind($0)) } }
    static var swift: [File] { files.filter { kind($0) == "swift" } }
    static var headers: [File] { files.filter { kind($0) == "h" } }

    private static func kind(_ file: File) -> String {
        String(file.name.split(separator: ".").last ?? "")
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

/// Goal: every module introduces itself, and names nothing that is not there.
@Suite("Documentation of modules")
struct DocumentationTests {
    /// Modules of Swift that others import: not the executables.
    private static var modules: Set<String> {
        Set(SourceTree.swift.compactMap(\.module)).filter { !$0.hasPrefix("apus") }
    }

    private static func page(_ module: String) -> SourceTree.File? {
        SourceTree.files.first { $0.path == "Sources/\(module)/\(module).docc/\(module).md" }
    }

    /// What a page links to: "``Name``", "``function(_:)``".
    private static func links(_ page: SourceTree.File) -> [String] {
        page.lines.filter { $0.hasPrefix("- ``") && $0.hasSuffix("``") }
            .map { String($0.dropFirst(4).dropLast(2)) }
    }

    /// Names that a module declares for all, by the word behind `public`.
    private static func publicNames(_ module: String) -> Set<String> {
        let kinds: Set<Substring> = [
            "struct", "class", "enum", "protocol", "actor", "func", "typealias",
        ]
        var names: Set<String> = []
        for file in SourceTree.swift where file.module == module {
            for line in file.lines where line.hasPrefix("public ") || line.hasPrefix("@") {
                let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
                guard words.contains("public"),
                    let kind = words.firstIndex(where: { kinds.contains($0) }),
                    kind + 1 < words.count
                else { continue }
                names.insert(String(words[kind + 1]))
            }
        }
        return names
    }

    @Test func `every module has its page, with an abstract and topics`() {
        for module in Self.modules.sorted() {
            guard let page = Self.page(module) else {
                Issue.record("\(module) has no \(module).docc/\(module).md")
                continue
            }
            #expect(page.lines.first == "# ``\(module)``")
            #expect(page.text.contains("\n## Topics\n"), "\(module)")
            #expect(!Self.links(page).isEmpty, "\(module)")
        }
    }

    @Test func `a page links only to what its module declares`() {
        for module in Self.modules.sorted() {
            guard let page = Self.page(module) else { continue }
            let names = Self.publicNames(module)
            for link in Self.links(page) {
                let name = String(link.split(separator: "(").first ?? "")
                #expect(names.contains(name), "\(module): \(link)")
            }
        }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Foundation
import Testing
import TradingCore

/// Goal: `tuning/profiles/reference.yaml` says what the engine's schema says, and all of it.
@Suite("The reference profile")
struct ReferenceProfileTests {
    private let text: String

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        text = try String(
            contentsOf: root.appending(path: "tuning/profiles/reference.yaml"), encoding: .utf8)
    }

    @Test func `every key stands in it, with its default`() throws {
        var settings = Settings(schema: EngineSchema.keys)
        try settings.read(yaml: text, source: "reference")
        #expect(settings.fingerprint == Settings(schema: EngineSchema.keys).fingerprint)
        for key in EngineSchema.keys {
            // What has no default, and what has a free name, stands there as a comment.
            if case .items = key.type { continue }
            let name = try #require(key.path.split(separator: ".").last)
            let isThere =
                key.fallback == nil
                ? text.contains("# \(name): ") || text.contains("#   \(name): ")
                    || text.contains("# \(name):  #")
                : settings.origin(key.path) != "default"
            #expect(isThere, "\(key.path)")
        }
    }

    @Test func `every value of a word is listed`() {
        func check(_ keys: [Key]) {
            for key in keys {
                switch key.type {
                case .word(let words), .words(let words):
                    let list = "(\(words.joined(separator: " | ")))"
                    #expect(text.contains(list), "\(key.path): \(list)")
                case .items(let inner): check(inner)
                default: break
                }
            }
        }
        check(EngineSchema.keys)
    }
}

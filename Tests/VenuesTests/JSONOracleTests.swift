//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Foundation
import SeededRandom
import Testing
import Venues

/// Another implementation's word on a document: Python's json module, made as strict as RFC 8259.
private enum Oracle {
    /// Reads one document in hexadecimal a line; writes "0" for a refused one, else the document
    /// in a form where strings are hexadecimal and numbers are their text.
    private static let program = """
        import json, sys
        def no(text): raise ValueError(text)
        def text(s):
            s = ''.join('\\ufffd' if 0xd800 <= ord(c) < 0xe000 else c for c in s)
            return '"' + s.encode('utf-8').hex() + '"'
        class Number(str): pass
        def show(v, depth):
            if isinstance(v, Number): return str(v)
            if isinstance(v, str): return text(v)
            if v is None: return 'null'
            if v is True: return 'true'
            if v is False: return 'false'
            if depth >= 32: raise ValueError('depth')
            if isinstance(v, tuple):
                return '{' + ','.join(text(k) + ':' + show(w, depth + 1) for k, w in v) + '}'
            return '[' + ','.join(show(w, depth + 1) for w in v) + ']'
        decoder = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=no,
                                   object_pairs_hook=tuple)
        for line in sys.stdin:
            try:
                print(show(decoder.decode(bytes.fromhex(line).decode('utf-8')), 0))
            except (ValueError, RecursionError):
                print('0')
        """

    static let isThere: Bool = {
        let process = makeProcess(["-c", "pass"])
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    static func judge(_ documents: [[UInt8]]) throws -> [Substring] {
        let folder = URL(filePath: NSTemporaryDirectory())
        let input = folder.appending(path: "apus-json-\(UUID().uuidString)")
        let output = input.appendingPathExtension("out")
        defer {
            try? FileManager.default.removeItem(at: input)
            try? FileManager.default.removeItem(at: output)
        }
        var lines: [UInt8] = []
        for document in documents {
            appendHex(document, to: &lines)
            lines.append(0x0A)
        }
        try Data(lines).write(to: input)
        _ = FileManager.default.createFile(atPath: output.path(), contents: nil)
        let process = makeProcess(["-c", program])
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = try FileHandle(forWritingTo: output)
        try process.run()
        process.waitUntilExit()
        return try String(contentsOf: output, encoding: .utf8).split(separator: "\n")
    }

    private static func makeProcess(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        process.standardError = FileHandle.nullDevice
        return process
    }

    static func appendHex(_ bytes: some Sequence<UInt8>, to text: inout [UInt8]) {
        for byte in bytes {
            for nibble in [byte >> 4, byte & 15] {
                text.append(nibble + (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
            }
        }
    }

    /// The oracle's form of what was read here.
    static func show(_ document: JSONDocument?) -> String {
        guard let document else { return "0" }
        var text: [UInt8] = []
        append(document, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ document: JSONDocument, to text: inout [UInt8]) {
        switch document {
        case .null: text += "null".utf8
        case .boolean(let value): text += (value ? "true" : "false").utf8
        case .number(let number): text += number.utf8
        case .string(let string): appendString(string, to: &text)
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                append(element, to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let members):
            text.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                appendString(member.name, to: &text)
                text.append(UInt8(ascii: ":"))
                append(member.value, to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }

    private static func appendString(_ string: String, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        appendHex(string.utf8, to: &text)
        text.append(UInt8(ascii: "\""))
    }
}

@Suite("JSON against another parser")
struct JSONOracleTests {
    private static let documentCount = 100_000
    private static let seeds =
        RFC8259Tests.taken + RFC8259Tests.refused
        + [
            #"{"e":"trade","E":1723161255208,"s":"BTCUSDT","p":"61000.10","q":"0.001","m":true}"#,
            #"{"b":[["1.5","2"],["1.4","0"]],"a":[],"u":12,"U":-1e-3,"x":null,"y":{"z":[{}]}}"#,
            #"["\u0041\ud83d\ude00\ud800",1.25e+10,"é€😀",[[[[[[[]]]]]]],{"":"","a":false}]"#,
        ]
    private static let alphabet = Array("0123456789.\"{}[],:eEtTrunfalsd-+\\u /bX\u{7f}\n\t ".utf8)

    private static func mutated(_ random: inout SplitMix64) -> [UInt8] {
        var text = Array(seeds.randomElement(using: &random)!.utf8)
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let place = Int.random(in: 0...text.count, using: &random)
            let isInside = place < text.count
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where isInside: text[place] = alphabet.randomElement(using: &random)!
            case 1 where isInside: text.remove(at: place)
            case 2: text.insert(alphabet.randomElement(using: &random)!, at: place)
            case 3 where isInside: text[place] = UInt8.random(in: .min ... .max, using: &random)
            case 4: text.insert(contentsOf: seeds.randomElement(using: &random)!.utf8, at: place)
            default: text.removeLast(text.count - place)
            }
        }
        return text
    }

    /// Goal: the generic path takes exactly what Python takes, and reads the same. Method: seeded
    /// mutations of texts of the grammar and of messages.
    @Test(.enabled(if: Oracle.isThere, "python3 is not here"))
    func `mutated documents are taken or refused, and read, as by another parser`() throws {
        let seed: UInt64 = 8_259
        var random = SplitMix64(seed: seed)
        let documents = (0..<Self.documentCount).map { _ in Self.mutated(&random) }
        let verdicts = try Oracle.judge(documents)
        try #require(verdicts.count == documents.count)
        var takenCount = 0
        var differences: [String] = []
        for (document, verdict) in zip(documents, verdicts) {
            let own = Oracle.show(JSONDocument(document))
            // A document of the number 0 looks like a refusal; numbers alone are in the tables.
            if own != "0" { takenCount += 1 }
            if own != verdict, differences.count < 10 {
                let text = String(decoding: document, as: UTF8.self)
                differences.append("\(text.debugDescription): \(own), not \(verdict)")
            }
        }
        #expect(differences == [], "seed \(seed)")
        // Neither side of the border may be left out.
        #expect(takenCount > Self.documentCount / 10)
        #expect(takenCount < Self.documentCount * 9 / 10)
    }
}

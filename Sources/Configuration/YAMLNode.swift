//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CYAML

/// A refusal of a configuration, in one line that names the file or source, the line and the key.
public struct ConfigurationError: Error, CustomStringConvertible, Equatable {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// One node of a YAML document, with the line it began on.
package indirect enum YAMLNode {
    case scalar(String, isQuoted: Bool, line: Int)
    case sequence([YAMLNode], line: Int)
    case mapping([(key: String, line: Int, value: YAMLNode)], line: Int)

    package var line: Int {
        switch self {
        case .scalar(_, _, let line), .sequence(_, let line), .mapping(_, let line): line
        }
    }

    /// Parses `text`; an empty document is an empty mapping.
    package static func parse(
        _ text: String, source: String
    ) throws(ConfigurationError) -> YAMLNode {
        let builder = Builder()
        var text = text
        var message = [CChar](repeating: 0, count: 256)
        let result = text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { bytes in
                unsafe apus_yaml_parse(
                    bytes.baseAddress, bytes.count,
                    { context, kind, text, length, isQuoted, line in
                        let builder = unsafe Unmanaged<Builder>.fromOpaque(context!)
                            .takeUnretainedValue()
                        let bytes = unsafe UnsafeRawBufferPointer(start: text, count: length)
                        return unsafe builder.handle(
                            Int(kind), String(decoding: bytes, as: UTF8.self), isQuoted != 0,
                            Int(line))
                    }, unsafe Unmanaged.passUnretained(builder).toOpaque(), &message, message.count)
            }
        }
        if let problem = builder.problem { throw ConfigurationError("\(source): \(problem)") }
        guard result == 0 else {
            let end = message.firstIndex(of: 0) ?? message.count
            let reason = String(
                decoding: message[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw ConfigurationError("\(source): \(reason)")
        }
        return builder.root ?? .mapping([], line: 1)
    }

    /// Builds the tree from events; lives during one parse.
    private final class Builder {
        var root: YAMLNode?
        var problem: String?
        private var open: [Open] = []
        private static let depthMax = 16

        private enum Open {
            case sequence([YAMLNode], line: Int)
            case mapping(
                [(key: String, line: Int, value: YAMLNode)], key: (String, Int)?, line: Int)
        }

        /// Returns 0 to go on.
        func handle(_ kind: Int, _ text: String, _ isQuoted: Bool, _ line: Int) -> Int32 {
            switch kind {
            case 1: return scalar(text, isQuoted, line)
            case 2: return push(.mapping([], key: nil, line: line), line)
            case 4: return push(.sequence([], line: line), line)
            default: return pop()
            }
        }

        private func push(_ container: Open, _ line: Int) -> Int32 {
            if case .mapping(_, nil, _)? = open.last {
                return fail("line \(line): a key must be a plain word")
            }
            if open.count == Self.depthMax { return fail("line \(line): nested too deep") }
            open.append(container)
            return 0
        }

        private func pop() -> Int32 {
            switch open.popLast() {
            case .sequence(let items, let line)?: return add(.sequence(items, line: line))
            case .mapping(let entries, _, let line)?: return add(.mapping(entries, line: line))
            case nil: return fail("unbalanced document")
            }
        }

        private func scalar(_ text: String, _ isQuoted: Bool, _ line: Int) -> Int32 {
            if case .mapping(let entries, nil, let start)? = open.last {
                if entries.contains(where: { $0.key == text }) {
                    return fail("line \(line): key '\(text)' stands twice")
                }
                open[open.count - 1] = .mapping(entries, key: (text, line), line: start)
                return 0
            }
            return add(.scalar(text, isQuoted: isQuoted, line: line))
        }

        private func add(_ node: YAMLNode) -> Int32 {
            switch open.popLast() {
            case nil: root = node
            case .sequence(let items, let line)?:
                open.append(.sequence(items + [node], line: line))
            case .mapping(let entries, let key?, let line)?:
                open.append(
                    .mapping(entries + [(key.0, key.1, node)], key: nil, line: line))
            case .mapping?: return fail("line \(node.line): a value without a key")
            }
            return 0
        }

        private func fail(_ reason: String) -> Int32 {
            problem = reason
            return 1
        }
    }
}

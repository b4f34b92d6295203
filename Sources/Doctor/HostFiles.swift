//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform

/// What the kernel says of the machine, below `root`: "" is this machine, another folder a copy
/// of its /proc, /sys and /etc for tests.
public struct HostFiles: Sendable {
    public let root: String

    public init(root: String = "") { self.root = root }

    func text(_ path: String) -> String? { SystemFile.text(root + path) }
    func line(_ path: String) -> String? { SystemFile.line(root + path) }
    func names(_ path: String) -> [String] { SystemFile.names(in: root + path) }
    func link(_ path: String) -> String? { SystemFile.target(ofLink: root + path) }
    func integer(_ path: String) -> Int? { line(path).flatMap { Int($0) } }
    func cores(_ path: String) -> [Int]? { line(path).flatMap { CoreList.cores($0) } }

    /// The word in brackets of "always [madvise] never".
    func chosen(_ path: String) -> String? {
        guard let line = line(path) else { return nil }
        let word = line.drop { $0 != "[" }.dropFirst().prefix { $0 != "]" }
        return word.isEmpty ? nil : String(word)
    }
}

/// Sets of cores as the kernel writes them: "0-3,8".
public enum CoreList {
    static let coreMax = 4_095

    /// `nil` for what is no such list, or names a core above 4,095; empty text is no core.
    public static func cores(_ text: String) -> [Int]? {
        var cores: Set<Int> = []
        let text = text.filter { $0 != " " && $0 != "\n" }
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends[0], let last = ends.count == 2 ? ends[1] : first,
                ends.count <= 2, first >= 0, first <= last, last <= coreMax
            else { return nil }
            cores.formUnion(first...last)
        }
        return cores.sorted()
    }

    /// "0-3,8" of [0, 1, 2, 3, 8].
    public static func text(_ cores: [Int]) -> String {
        var parts: [String] = []
        var index = 0
        let cores = cores.sorted()
        while index < cores.count {
            var end = index
            while end + 1 < cores.count, cores[end + 1] == cores[end] + 1 { end += 1 }
            parts.append(index == end ? "\(cores[index])" : "\(cores[index])-\(cores[end])")
            index = end + 1
        }
        return parts.joined(separator: ",")
    }
}

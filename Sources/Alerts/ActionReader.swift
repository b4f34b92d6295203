//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Glibc
import HTTP

/// A text that appears in no output: not in a description, not in a dump.
struct Secret: Sendable, CustomStringConvertible, CustomReflectable {
    let value: String
    var description: String { "(secret)" }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Reads one action. Secrets are looked up here, so that a missing one is told at the start.
struct ActionReader {
    private let item: ItemReader
    private let environment: [String: String]
    private var settings: Settings { item.settings }

    private static let timeoutNs: ClosedRange<UInt64> = 100_000_000...60_000_000_000

    init(_ settings: Settings, _ place: String, _ environment: [String: String]) {
        item = ItemReader(settings, AlertKeys.action, place)
        self.environment = environment
    }

    func action() throws(ConfigurationError) -> AlertPlan.Action {
        let name = try item.name()
        let type = try item.required("type")
        let own = AlertKeys.ownKeys[type] ?? []
        for (other, keys) in AlertKeys.ownKeys.sorted(by: { $0.key < $1.key }) where other != type {
            try item.forbid(
                keys.filter { !own.contains($0) }, "does not belong to type: \(type)")
        }
        let kind: AlertPlan.Action.Kind =
            switch type {
            case "log": try log()
            case "webhook": try webhook()
            default: try command()
            }
        return AlertPlan.Action(
            name: name, backlogMax: settings.integer("backlog"), kind: kind)
    }

    private func timeout() throws(ConfigurationError) -> UInt64 {
        try item.duration("timeout", Self.timeoutNs, "from 100ms to 60s")
    }

    private func log() throws(ConfigurationError) -> AlertPlan.Action.Kind {
        let path = item.isGiven("file") ? try item.required("file") : nil
        if let path, let reason = LogSender.refusal(of: path) {
            throw item.refusal("file", "cannot be used: \(reason)")
        }
        let size = settings.bytes("size_max")
        guard size >= 4_096 else { throw item.refusal("size_max", "must be at least 4KiB") }
        return .log(path: path, sizeMax: size, keep: settings.integer("keep"))
    }

    private func command() throws(ConfigurationError) -> AlertPlan.Action.Kind {
        let arguments = settings.list("argv")
        guard let program = arguments.first else { throw item.refusal("argv", "is missing") }
        guard program.hasPrefix("/") else {
            throw item.refusal("argv", "must begin with the absolute path of a program")
        }
        guard unsafe access(program, X_OK) == 0 else {
            throw item.refusal("argv", "names no program that may be run")
        }
        guard !arguments.contains(where: { $0.contains("\0") }) else {
            throw item.refusal("argv", "holds a zero byte")
        }
        return .command(
            arguments: arguments, concurrency: settings.integer("concurrency"),
            timeoutNs: try timeout())
    }

    private func webhook() throws(ConfigurationError) -> AlertPlan.Action.Kind {
        guard item.isGiven("url_env") != item.isGiven("url_file") else {
            throw item.refusal("url_env", "or url_file must be given, one of them")
        }
        let key = item.isGiven("url_env") ? "url_env" : "url_file"
        let url = key == "url_env" ? try variable() : try file()
        guard Self.isGood(url) else {
            throw item.refusal(
                key, "holds no https:// URL (http:// only for 127.0.0.1 or localhost), "
                    + "or one with a user name")
        }
        return .webhook(
            url: Secret(value: url),
            caFile: item.isGiven("ca_file") ? try item.required("ca_file") : nil,
            retries: settings.integer("retries"), timeoutNs: try timeout())
    }

    private func variable() throws(ConfigurationError) -> String {
        let name = try item.required("url_env")
        guard let url = environment[name], !url.isEmpty else {
            throw item.refusal("url_env", "names a variable that is not set")
        }
        return url
    }

    private func file() throws(ConfigurationError) -> String {
        let path = try item.required("url_file")
        switch SecretFile.read(path) {
        case .success(let text): return text
        case .failure(let error): throw item.refusal("url_file", error.reason)
        }
    }

    private static func isGood(_ url: String) -> Bool {
        let isClean = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && url.utf8.count <= 4_096
        guard isClean else { return false }
        if HTTPClient.isLoopback(url) { return true }
        guard url.lowercased().hasPrefix("https://") else { return false }
        let authority = url.dropFirst(8).prefix { !"/?#".contains($0) }
        return !authority.isEmpty && !authority.contains("@") && !url.contains("\\")
    }
}

/// A small file that only its owner can get at.
enum SecretFile {
    struct Refusal: Error { let reason: String }
    private static let bytesMax = 4_096

    /// The file's text without white space around it.
    static func read(_ path: String) -> Result<String, Refusal> {
        let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let file = unsafe open(path, flags)
        guard file >= 0 else { return .failure(Refusal(reason: "cannot be read")) }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return .failure(Refusal(reason: "is no plain file"))
        }
        guard status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
            return .failure(
                Refusal(reason: "must be this user's with mode 0600: others can get at it"))
        }
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe Glibc.read(file, $0.baseAddress, $0.count)
        }
        guard (1...bytesMax).contains(count) else {
            return .failure(Refusal(reason: "must hold 1 to \(bytesMax) bytes"))
        }
        let isBlank = { (byte: UInt8) in byte <= 0x20 }
        let kept = bytes[..<count].drop(while: isBlank)
        let end = kept.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? kept.startIndex
        return .success(String(decoding: kept[kept.startIndex..<end], as: UTF8.self))
    }
}

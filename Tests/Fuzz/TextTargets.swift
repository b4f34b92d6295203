//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Glibc
import Journal
import TradingCore
import Transport

/// The head of the HTTP response that answers an upgrade.
final class UpgradeTarget: FuzzTarget {
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="

    func run(_ input: UnsafeBufferPointer<UInt8>) {
        let bytes = unsafe Array(input)
        let end = UpgradeHandshake.endOfHead(bytes)
        precondition(end ?? 0 <= bytes.count, "an end within the bytes")
        try? UpgradeHandshake.check(head: Array(bytes[..<(end ?? bytes.count)]), key: Self.key)
    }
}

/// The engine's YAML file. A value that is accepted must be readable as its type.
final class ConfigurationTarget: FuzzTarget {
    func run(_ input: UnsafeBufferPointer<UInt8>) {
        var settings = Settings(schema: EngineSchema.keys)
        let text = unsafe String(decoding: input, as: UTF8.self)
        do throws(ConfigurationError) {
            try settings.read(yaml: text, source: "fuzz")
        } catch { return }
        for key in EngineSchema.keys where !key.path.contains("*") {
            switch key.type {
            case .items: _ = settings.items(key.path)
            default: _ = settings.optionalText(key.path)
            }
        }
    }
}

/// A capture file, plain or gzip.
final class CaptureTarget: FuzzTarget {
    private static let linesMax = 10_000
    private let descriptor: Int32

    init() {
        let path = "/dev/shm/apus-fuzz-\(getpid())"
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
        unsafe unlink(path)
        precondition(descriptor >= 0, "a file in memory")
    }

    func run(_ input: UnsafeBufferPointer<UInt8>) {
        ftruncate(descriptor, 0)
        guard unsafe pwrite(descriptor, input.baseAddress, input.count, 0) == input.count else {
            return
        }
        let path = "/proc/self/fd/\(descriptor)"
        guard var reader = try? CaptureReader(path: path) else { return }
        for _ in 0..<Self.linesMax {
            do throws(CaptureError) {
                guard let line = try reader.next() else { return }
                precondition(unsafe line.json.count >= 2, "a document")
                precondition(unsafe [0x7B, 0x5B].contains(line.json[0]), "that opens")
            } catch {
                guard case .malformed = error else { return }
            }
        }
    }
}

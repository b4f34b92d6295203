//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform

/// The shared-memory directory of one named instance: `/dev/shm/apus.<name>/`.
public struct InstanceDirectory: Sendable {
    public let name: String
    public var path: String { "/dev/shm/apus.\(name)" }

    /// - Returns: `nil` for a name that is empty, over 48 bytes, or not of letters, digits, `-`,
    ///   `_` and `.`.
    public init?(name: String) {
        let allowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard allowed, !name.isEmpty, name.utf8.count <= 48 else { return nil }
        self.name = name
    }

    public func segment(_ segment: String) -> String { "\(path)/\(segment)" }

    /// Takes the name for this process's life; `EEXIST` when another process holds it.
    public func claim() throws(PlatformError) {
        try PlatformError.check(unsafe apus_instance_claim(path), "claim \(path)")
    }

    /// Removes the directory with everything in it.
    public func remove() { _ = unsafe apus_instance_remove(path) }
}

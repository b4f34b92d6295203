//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform

/// Why no instance could be chosen, as one line.
public struct InstanceError: Error, Equatable, CustomStringConvertible {
    public let description: String
}

/// Which of the machine's instances is meant.
public enum InstanceChoice {
    /// Used when no name is given and several instances exist.
    public static let defaultName = "default"

    /// Instances with a telemetry page, alive or not, sorted by name.
    public static func present() -> [String] {
        Directories.names(in: "/dev/shm").compactMap { entry in
            guard entry.hasPrefix("apus.") else { return nil }
            let name = String(entry.dropFirst(5))
            guard let directory = InstanceDirectory(name: name) else { return nil }
            return Directories.names(in: directory.path).contains("telemetry") ? name : nil
        }
    }

    /// The name to watch: the one asked for, the only one there is, or "default".
    ///
    /// - Throws: `InstanceError`, which lists what there is.
    public static func choose(
        _ requested: String?, among names: [String]
    ) throws(InstanceError) -> String {
        let list = names.joined(separator: ", ")
        if let requested {
            if names.contains(requested) { return requested }
            throw InstanceError(
                description: names.isEmpty
                    ? "no instance '\(requested)': none is running"
                    : "no instance '\(requested)'; there is: \(list)")
        }
        if names.isEmpty { throw InstanceError(description: "no instance is running") }
        if names.count == 1 { return names[0] }
        if names.contains(defaultName) { return defaultName }
        throw InstanceError(description: "several instances, name one with --instance: \(list)")
    }
}

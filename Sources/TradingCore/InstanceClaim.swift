//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
public import Platform

extension InstanceDirectory {
    /// Makes the directory of a program that begins, for it alone.
    ///
    /// - Parameters:
    ///   - name: Of the instance.
    ///   - kind: What the program is, as its refusal names it: "an engine".
    /// - Throws: `EngineError` in one line: no such name, or one that is in use.
    public static func claimed(
        _ name: String, by kind: String = "an engine"
    ) throws(EngineError) -> InstanceDirectory {
        guard let directory = InstanceDirectory(name: name) else {
            throw EngineError(
                "system.instance '\(name)': letters, digits, '-', '_', '.', at most 48")
        }
        do throws(PlatformError) {
            try directory.claim()
        } catch {
            throw error.code == EEXIST
                ? EngineError("\(kind) named '\(name)' is running already; use --set "
                    + "system.instance=NAME for a second one")
                : EngineError("\(error)")
        }
        return directory
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Platform

/// A folder in memory that goes with the value.
final class MemoryFolder {
    let path: String

    init(_ name: String) {
        path = "/dev/shm/apus-bench-\(name)-\(currentProcessID())"
        remove()
    }

    deinit { remove() }

    private func remove() {
        for name in SystemFile.names(in: path) { unsafe unlink("\(path)/\(name)") }
        unsafe rmdir(path)
    }
}

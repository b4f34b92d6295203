//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// The process's environment.
public enum Environment {
    public static var all: [String: String] {
        var result: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let line = unsafe String(cString: text)
            if let sign = line.firstIndex(of: "=") {
                result[String(line[..<sign])] = String(line[line.index(after: sign)...])
            }
            unsafe entry += 1
        }
        return result
    }
}

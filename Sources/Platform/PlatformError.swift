//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import Glibc

/// A system call that failed while memory, threads or processes were set up.
public struct PlatformError: Error, CustomStringConvertible, Equatable {
    public let operation: String
    public let code: Int32

    public init(operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    /// For instance "create /dev/shm/apus.x/telemetry: No space left on device".
    public var description: String {
        "\(operation): \(unsafe String(cString: strerror(code)))"
    }

    static func check(_ result: Int32, _ operation: @autoclosure () -> String) throws(PlatformError)
    {
        if result < 0 { throw PlatformError(operation: operation(), code: -result) }
    }
}

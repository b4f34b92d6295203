//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform

/// Tells when another process has ended, a zombie being ended too.
///
/// SAFETY: the descriptor is this object's own, and `poll` may be called from any thread.
public final class ProcessWatch: @unchecked Sendable {
    private let file: Int32

    /// - Throws: `ESRCH` when there is no such process.
    public init(_ processID: Int32) throws(PlatformError) {
        file = apus_process_watch(processID)
        try PlatformError.check(min(0, file), "watch process \(processID)")
    }

    deinit { apus_process_unwatch(file) }

    public var hasEnded: Bool { apus_process_has_ended(file) != 0 }
}

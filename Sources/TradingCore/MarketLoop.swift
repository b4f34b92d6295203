//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CPlatform
import CTelemetry
import Transport

/// The loop of a thread that runs the reader alone.
///
/// SAFETY: the reader belongs to the one thread that calls this; both pointers outlive it.
@safe
struct MarketLoop: @unchecked Sendable {
    let reader: UnsafeMutablePointer<ReaderStage>
    /// 1 ends the loop.
    let stop: UnsafeMutablePointer<UInt64>
    let yieldsWhenIdle: Bool

    func start() throws(TransportError) { unsafe try reader.pointee.start() }

    @_noAllocation @_noLocks
    func run() {
        while unsafe apus_word_load(stop) == 0 {
            if unsafe reader.pointee.poll() > 0 { continue }
            if yieldsWhenIdle { apus_thread_yield_idle() } else { apus_spin_pause() }
        }
    }

    func finish() { unsafe reader.pointee.stop() }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import CTelemetry
import Messages
import Pipeline
import Telemetry

/// The one way of bytes to a venue: through the journal, then into the channel.
extension GatewayStage {
    /// Whether bytes for the venue would leave now.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func canUse(_ venueIndex: Int) -> Bool {
        if unsafe !venues[venueIndex].isOrderSessionUp { return false }
        return unsafe control.used(venues[venueIndex].isChannelOpen)
    }

    /// Journals a frame and encrypts it into its venue's channel; it leaves with the flush that
    /// follows. What nothing holds back is encrypted first: the copy for the journal is made while
    /// nobody waits for it, and still before the frame leaves.
    ///
    /// Where new orders are held until they are on disk, a place or a change waits here, and
    /// `releaseHeld` sends it. A cancel never waits: it goes at once, and once more behind what is
    /// held, for the order that it ends may be among that.
    ///
    /// - Parameter sequence: Of the record that caused it; 0: an operator.
    /// - Returns: `false`: nothing of it will leave.
    @_noAllocation @_noLocks
    mutating func write(
        _ frame: UnsafePointer<UInt8>, _ length: Int, _ kind: OutboundKind, venueIndex: Int,
        sequence: UInt64, timeNs: UInt64
    ) -> Bool {
        if journal == nil {
            return unsafe control.used(venues[venueIndex].write(frame, length))
        }
        var description = OutboundFrame()
        description.sequence = sequence
        description.ingressTimeNs = timeNs
        description.venue = Venue(rawValue: UInt8(truncatingIfNeeded: venueIndex))
        description.kind = kind
        let isNew = kind == .place || kind == .modify
        if isNew, journal?.holds ?? false {
            let isJournaled = unsafe journalCopy(frame, length, description)
            let isHeld = unsafe isJournaled && hold(frame, length, venueIndex)
            return control.used(isHeld)
        }
        let isWritten = unsafe venues[venueIndex].write(frame, length)
        _ = unsafe journalCopy(frame, length, description)
        if held.count > 0 && kind == .cancel && isWritten {
            _ = unsafe hold(frame, length, venueIndex)
        }
        return control.used(isWritten)
    }

    /// - Returns: `false`: there was no room, and it is counted.
    @_noAllocation @_noLocks
    private mutating func journalCopy(
        _ frame: UnsafePointer<UInt8>, _ length: Int, _ description: OutboundFrame
    ) -> Bool {
        let isJournaled = unsafe journal?.append(frame, length, description) ?? false
        if !isJournaled { counters.journalDrops.increment() }
        return isJournaled
    }

    @_noAllocation @_noLocks
    private mutating func hold(
        _ frame: UnsafePointer<UInt8>, _ length: Int, _ venueIndex: Int
    ) -> Bool {
        let entry = HeldFrames.Entry(
            number: journal?.count ?? 0, heldNs: hasClock ? unsafe clock.pointee.now() : 0,
            length: length, venueIndex: venueIndex)
        return unsafe held.append(frame, entry)
    }

    /// Sends what was held and is on disk now.
    @_noAllocation @_noLocks
    mutating func releaseHeld() {
        let durable = journal?.durableCount ?? 0
        while let (entry, bytes) = unsafe held.oldest(), entry.number <= durable {
            if unsafe venues[entry.venueIndex].write(bytes, entry.length) {
                flush(entry.venueIndex)
                if hasClock { unsafe heldTime.record(clock.pointee.now() &- entry.heldNs) }
            } else {
                // It counts as sent: its order is asked for and cancelled as one without answer.
                counters.heldLost.increment()
            }
            held.removeOldest()
        }
    }
}

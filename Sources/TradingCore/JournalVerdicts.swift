//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Journal
import Messages
import Rings

/// The verdicts of one stream, read beside their reader; what was overwritten meanwhile is counted,
/// and told before the next one.
struct JournalVerdicts: ~Copyable {
    struct Counts {
        /// Read out of the ring.
        var read = 0
        var kept = 0
        var lost: UInt64 = 0
    }

    private let stream: VerdictStream
    private var ring: RingFollower<RiskVerdict>
    private var loss: JournalLoss
    /// Sequence of the last verdict read.
    private var lastSequence: UInt64 = 0

    init(_ stream: VerdictStream, _ ring: consuming RingFollower<RiskVerdict>) {
        self.stream = stream
        self.ring = ring
        loss = JournalLoss(of: .verdict, connection: UInt16(stream.rawValue))
    }

    /// Takes what is in the ring, `most` at most.
    ///
    /// - Parameters:
    ///   - tell: Tells of a loss behind the verdict of a sequence; `false`: no room for it.
    ///   - keep: Appends a verdict of the stream; `false`: no room for it.
    mutating func take(
        _ most: Int, tell: (inout JournalLoss, UInt64) -> Bool,
        keep: (RiskVerdict, VerdictStream) -> Bool
    ) -> Counts {
        var counts = Counts()
        var verdict = RiskVerdict()
        while counts.read < most {
            switch unsafe ring.take(&verdict) {
            case .nothing:
                _ = tell(&loss, lastSequence)
                return counts
            case .lost(let count):
                loss.add(count)
                counts.lost += count
            case .message:
                counts.read += 1
                if tell(&loss, lastSequence), keep(verdict, stream) {
                    counts.kept += 1
                } else {
                    loss.add(1)
                    counts.lost += 1
                }
                lastSequence = verdict.sequence
            }
        }
        return counts
    }
}

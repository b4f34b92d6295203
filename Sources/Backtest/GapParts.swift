//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Why a live session did not earn what it would have on paper: parts that sum exactly to the
/// difference, 1e-12 of the quote currency. Funding is in none of them.
///
/// The way from paper to live is walked in steps, and each part is what one step changes: the model
/// with the latencies that the session had in the place of those configured; the same with the
/// times in which the session did not trade; the session's own fills in the place of the model's;
/// the fees that were paid in the place of the model's on these fills.
public struct GapParts: Equatable, Sendable {
    /// What the steps came to; profit of the model is after its fees.
    public struct Steps: Equatable, Sendable {
        /// Of the session's fills, before fees.
        public var liveGrossE12: Int128
        /// As the venue took them; below 0: rebates.
        public var liveFeesE12: Int128
        /// Of the session's fills by the model's schedule.
        public var scheduledFeesE12: Int128
        /// The model as configured.
        public var configuredE12: Int128
        /// With the session's latencies.
        public var measuredE12: Int128
        /// With these and the session's pauses.
        public var pausedE12: Int128
        /// Of a paper run that the session is compared with; `nil`: with the model as configured.
        public var paperE12: Int128?

        public init(
            liveGrossE12: Int128, liveFeesE12: Int128, scheduledFeesE12: Int128,
            configuredE12: Int128, measuredE12: Int128, pausedE12: Int128, paperE12: Int128? = nil
        ) {
            self.liveGrossE12 = liveGrossE12
            self.liveFeesE12 = liveFeesE12
            self.scheduledFeesE12 = scheduledFeesE12
            self.configuredE12 = configuredE12
            self.measuredE12 = measuredE12
            self.pausedE12 = pausedE12
            self.paperE12 = paperE12
        }
    }

    public let liveE12: Int128
    public let paperE12: Int128
    /// The model's fees of the session's fills less the session's own.
    public let feesE12: Int128
    public let latencyE12: Int128
    /// Times in which the session did not trade, and the model did.
    public let missingE12: Int128
    /// The rest: places in queues, other participants, fills that the model has and the venue had
    /// not, decisions that followed from them.
    public let matchingE12: Int128
    /// The model on the session's market data less the paper run; 0 without one.
    public let paperRunE12: Int128

    public init(_ steps: Steps) {
        liveE12 = steps.liveGrossE12 - steps.liveFeesE12
        paperE12 = steps.paperE12 ?? steps.configuredE12
        feesE12 = steps.scheduledFeesE12 - steps.liveFeesE12
        latencyE12 = steps.measuredE12 - steps.configuredE12
        missingE12 = steps.pausedE12 - steps.measuredE12
        matchingE12 = steps.liveGrossE12 - steps.scheduledFeesE12 - steps.pausedE12
        paperRunE12 = steps.configuredE12 - paperE12
    }

    /// Live less paper.
    public var wholeE12: Int128 { liveE12 - paperE12 }
    public var sumE12: Int128 { feesE12 + latencyE12 + missingE12 + matchingE12 + paperRunE12 }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration
public import Messages
import TradingCore

/// A gap report as asked for on the command line.
public struct GapRequest {
    /// The journal of the live session.
    public var folder: String
    public var venue: Venue
    /// Of the session in the journal, from 1; `nil`: the last one.
    public var session: Int?
    /// What the paper run is configured with; `nil`: the session's own configuration.
    public var settings: Settings?
    /// Keys that are set over the configuration.
    public var assignments: [String] = []
    /// The result of a paper run; `nil`: the model on the session's market data stands for it.
    public var paper: String?
    /// The session's summary, which tells its own computing; `nil`: that is not told apart.
    public var summary: String?

    private static let ownHistogram = "receive_to_encrypted"

    public init(folder: String, venue: Venue) {
        self.folder = folder
        self.venue = venue
    }

    /// - Parameter tell: Takes a line now and then.
    /// - Throws: `EngineError`, also for a configuration that trades something else than the
    ///   session did; what the journal and the model throw.
    public func run(_ tell: (String) -> Void) throws -> GapReport {
        tell("the session, through the production stages")
        let live = try LiveSession(folder: folder, venue: venue, number: session)
        var model = settings ?? live.settings
        for assignment in assignments { try model.read(assignment: assignment) }
        let (was, now) = (
            try live.settings.tradingFingerprint(), try model.tradingFingerprint()
        )
        guard was == now else {
            throw EngineError(
                "the session traded \(Settings.text(fingerprint: was)), this configuration is "
                    + Settings.text(fingerprint: now))
        }
        var analysis = GapAnalysis(live: live, settings: model) { [folder, venue] in
            try JournalSource(folder: folder, venue: venue)
        }
        if let summary {
            do {
                analysis.own = try LatencyText.law(summary, histogram: Self.ownHistogram)
            } catch { throw EngineError("--summary: \(error)") }
        }
        if let paper { analysis.paper = try PaperResult(path: paper) }
        return try analysis.report(tell)
    }
}

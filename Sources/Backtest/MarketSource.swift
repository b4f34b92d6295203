//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
public import TradingCore

/// Where a backtest's market data comes from: captures, archives, journals.
///
/// A source hands out frames in the order of their receipt. Each kind of data is one more type that
/// conforms; nothing behind it knows which one it is.
public protocol MarketSource: AnyObject {
    /// Those that the frames are about.
    var instruments: [Instrument] { get }
    /// Frames in all, for the progress shown; `nil`: not known.
    var frameCount: Int? { get }
    /// Lines or rows left out because they could not be read.
    var malformedCount: Int { get }
    /// The same by reason, where it is told.
    var refusedLines: [String: Int] { get }
    /// What the data does not say and was made up by a rule; `nil`: nothing.
    var assumption: String? { get }
    /// The next frame; `nil` at the end.
    ///
    /// - Throws: What is wrong with the data when it cannot be gone on with.
    func next() throws -> RecordedFrame?
}

extension MarketSource {
    public var refusedLines: [String: Int] { [:] }
    public var assumption: String? { nil }
}

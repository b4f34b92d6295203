//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One set of values over one set of times.
public struct Trial: Sendable, Equatable {
    /// From 1, in the order of proposal; 0: the configuration as it stands.
    public let number: Int
    public let values: [Assignment]
    /// One run for each; none: one run over all of the data.
    public let ranges: [TimeRange]
}

/// How a trial ended.
public enum TrialOutcome: Sendable, Equatable {
    case done(TrialFigures)
    /// It never scores; the reason is one line.
    case failed(String)
    /// Ended from outside before it had a result; it is not remembered.
    case stopped
}

/// What runs trials: the engine as a child process, or a function in tests.
public protocol TrialRunner: Sendable {
    /// Called from several threads at a time.
    ///
    /// - Parameter isStopWanted: The trial should end soon, with `.stopped`.
    func run(_ trial: Trial, isStopWanted: @Sendable () -> Bool) -> TrialOutcome
}

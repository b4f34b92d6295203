//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a soak is asked to do.
public struct SoakOptions: Sendable {
    public enum Faults: Sendable, Equatable {
        case none
        case standard
        case file(String)

        /// "none", "default", or the path of a fault file.
        public init(_ text: String) {
            switch text {
            case "none": self = .none
            case "default": self = .standard
            default: self = .file(text)
            }
        }
    }

    /// From the moment the engine is ready.
    public var durationNs: UInt64 = 7_200_000_000_000
    /// From one sample to the next.
    public var intervalNs: UInt64 = 60_000_000_000
    public var seed: UInt64 = 1
    /// The engine's; `nil`: the built-in profile.
    public var configuration: String?
    /// "section.key=value" for the engine.
    public var assignments: [String] = []
    public var faults = Faults.standard
    /// Where everything is written.
    public var folder = "soak-report"
    /// Goes on behind a violation.
    public var keepsGoing = false
    /// Takes up the samples that are in the folder.
    public var resumes = false

    public init() {}
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry

/// What a row of the ensemble's telemetry says, as numbers; not a number before the model's record
/// is shown for the first time.
extension ModelData {
    /// "on", "off" or "set aside".
    public var stateText: String {
        switch ModelState(rawValue: state) {
        case .on: "on"
        case .off: "off"
        case .setAside: "set aside"
        default: "state-\(state)"
        }
    }

    /// Of the model's file, hexadecimal; "0" for a rule.
    public var checksumText: String { String(checksum, radix: 16) }
    /// The numbers by the names that every rendering for programs uses.
    public var figures: [(name: String, value: Double)] {
        [
            ("share", share), ("score_bps", score), ("accuracy", accuracy),
            ("information_coefficient", correlation), ("calibration_slope", slope),
            ("drift_psi", drift),
        ]
    }

    /// Of the ensemble, 0...1.
    public var share: Double { Double(bitPattern: shareBits) }
    /// The last score shown, basis points.
    public var score: Double { recorded(scoreBits) }
    /// Share of signs that were right where the mid moved, 0...1.
    public var accuracy: Double { recorded(accuracyBits) }
    /// Correlation of score and return, -1...1.
    public var correlation: Double { recorded(correlationBits) }
    /// Return for each basis point of score; 1 is calibrated.
    public var slope: Double { recorded(slopeBits) }
    /// Population stability index of the scores' tenths.
    public var drift: Double { recorded(driftBits) }

    private func recorded(_ bits: UInt64) -> Double {
        judged == 0 ? .nan : Double(bitPattern: bits)
    }
}

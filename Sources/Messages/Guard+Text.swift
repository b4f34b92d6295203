//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages

extension Guard {
    /// Every guard, by its control's number.
    public static let all: [Guard] = [
        .deadMansSwitch, .adoption, .reconciliation, .clock, .instrument, .journal, .permission,
    ]

    /// As the configuration writes it.
    public var text: String {
        switch self {
        case .deadMansSwitch: "dead-man"
        case .adoption: "adoption"
        case .reconciliation: "reconciliation"
        case .clock: "clock"
        case .instrument: "instrument"
        case .journal: "journal"
        case .permission: "permission"
        default: "guard-\(rawValue)"
        }
    }
}

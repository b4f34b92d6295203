//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What is wrong with an engine.
enum Alarm: Sendable, Equatable {
    /// Nothing: somebody wants to see it work.
    case drill
    case died(processID: UInt64)
    case stuck(stage: String, ageNs: UInt64)
    case sessionsLost(count: UInt64, ageNs: UInt64)
    /// It ended cleanly, but an order is open.
    case leftOrders

    var text: String {
        switch self {
        case .drill: "a drill"
        case .died(let processID): "process \(processID) is gone"
        case .stuck(let stage, let ageNs): "stage \(stage) is stuck for \(ageNs / 1_000_000) ms"
        case .sessionsLost(let count, let ageNs):
            "\(count) private connections are lost for \(ageNs / 1_000_000) ms"
        case .leftOrders: "the engine ended and left orders"
        }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Simulator

/// `apus sim`: the simulator within the engine's program, for where `apus-sim` is not beside it.
enum SimulatorSubcommand: Command {
    static let name = "sim"
    static let summary = "the venue simulator, as apus-sim"

    static func run(_ arguments: [String]) throws -> Int32 { SimulatorCommand.run(arguments) }
}

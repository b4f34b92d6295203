//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Simulator

exit(SimulatorCommand.run(Array(CommandLine.arguments.dropFirst())))

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Monitor
import Watchdog

let arguments = Array(CommandLine.arguments.dropFirst())
exit(
    arguments.contains("--watchdog")
        ? WatchdogCommand.run(arguments) : MonitorCommand.run(arguments))

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Monitor

exit(MonitorCommand.run(Array(CommandLine.arguments.dropFirst())))

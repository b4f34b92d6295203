//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import BenchSuites
import Glibc

exit(BenchCommand.run(Array(CommandLine.arguments.dropFirst())))

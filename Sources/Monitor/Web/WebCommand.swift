//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Alerts
import Options
import Platform

/// `apus-monitor --http`.
enum WebCommand {
    /// Serves until a signal asks to stop and returns the exit status.
    static func run(
        _ text: String, _ options: ParsedOptions, _ alerts: AlertService?, intervalNs: UInt64
    ) -> Int32 {
        do throws(UsageError) {
            return serve(try WebAddress(text), options, alerts, intervalNs: intervalNs)
        } catch {
            writeError("apus-monitor: \(error)")
            return ExitStatus.usage
        }
    }

    private static func serve(
        _ address: WebAddress, _ options: ParsedOptions, _ alerts: AlertService?,
        intervalNs: UInt64
    ) -> Int32 {
        do throws(PlatformError) {
            let engine = WatchedEngine(options.text("instance"), alerts: alerts)
            let server = try WebServer(address, engine: engine, intervalNs: intervalNs)
            if !address.isLoopback {
                writeError(
                    "apus-monitor: \(address.host) is reached from other machines, and everyone "
                        + "there may read what is served: there is no password")
            }
            guard Terminal.write("\(server.address)\n") else { return ExitStatus.failed }
            server.run()
            return ExitStatus.ok
        } catch {
            writeError("apus-monitor: \(error)")
            return ExitStatus.failed
        }
    }
}

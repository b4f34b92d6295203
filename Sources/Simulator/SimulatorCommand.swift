//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform

/// The command `apus-sim`.
public enum SimulatorCommand {
    /// Runs it with the arguments behind the program's name.
    ///
    /// - Returns: The exit status: 0 ended as asked, 1 failed, 2 wrong usage.
    public static func run(_ arguments: [String]) -> Int32 {
        let options: SimulatorOptions
        do throws(SimulatorError) {
            options = try SimulatorOptions.parse(arguments)
        } catch {
            log("\(error); see --help")
            return 2
        }
        if options.showsHelp {
            print(SimulatorOptions.usage)
            return 0
        }
        do throws(SimulatorError) {
            let simulator = try Simulator(
                options, credentials: try credentials(), log: { log($0) })
            try simulator.catchSignals()
            if let path = options.caPath { try simulator.writeCertificate(to: path) }
            if let path = options.readyPath {
                try writeReady(simulator, caPath: options.caPath, to: path)
            }
            log("rest \(simulator.restURL) streams \(simulator.streamURL)")
            simulator.run()
        } catch {
            log("\(error)")
            return 1
        }
        return 0
    }

    private static func log(_ line: String) {
        FileHandle.standardError.write(Data("apus-sim: \(line)\n".utf8))
    }

    /// From the environment, both or neither.
    private static func credentials() throws(SimulatorError) -> Credentials {
        let environment = ProcessInfo.processInfo.environment
        switch (environment["BINANCE_API_KEY"], environment["BINANCE_API_SECRET"]) {
        case (let key?, let secret?) where !key.isEmpty && !secret.isEmpty:
            return Credentials(key: key, secret: secret)
        case (nil, nil): return .demonstration
        default:
            throw SimulatorError("BINANCE_API_KEY and BINANCE_API_SECRET must both be set")
        }
    }

    /// Tells a waiting parent where to connect; the file appears whole or not at all.
    private static func writeReady(
        _ simulator: Simulator, caPath: String?, to path: String
    ) throws(SimulatorError) {
        var text = "rest=\(simulator.restURL)\nstream=\(simulator.streamURL)\n"
        text += "api=\(simulator.orderEntryURL)\n"
        if let caPath { text += "ca_file=\(caPath)\n" }
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw SimulatorError("cannot write \(path)")
        }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CWire
import Foundation
import Options
import Platform

/// `apus-sim --echo`: wire to wire as the venue sees it; and `apus-sim --echo-peer`, the bare echo
/// that it starts itself.
enum EchoCommand {
    static let flag = "--echo"
    static let peerFlag = "--echo-peer"

    /// - Parameter arguments: All of the program's, without the flag.
    static func run(_ arguments: [String]) -> Int32 {
        let options: EchoOptions
        do throws(UsageError) {
            options = try EchoOptions.parse(arguments)
        } catch {
            log("\(error); see \(EchoOptions.parser.command) --help")
            return ExitStatus.usage
        }
        if let text = options.helpText {
            print(text, terminator: "")
            return ExitStatus.ok
        }
        do throws(SimulatorError) {
            let result = try EchoRun(options, log: log).run()
            print(result.text, terminator: "")
            if let path = options.jsonPath {
                let text = String(decoding: result.json, as: UTF8.self)
                guard TextFile.write(text, to: path) else {
                    throw SimulatorError("cannot write \(path)")
                }
            }
            let isComplete = result.cases.allSatisfy { $0.targets.allSatisfy(\.isComplete) }
                && result.engine?.isComplete != false
            if !isComplete { log("something was lost: see the table") }
            return isComplete ? ExitStatus.ok : ExitStatus.failed
        } catch {
            log("\(error)")
            return ExitStatus.failed
        }
    }

    /// PORT CA_FILE CORE.
    static func runPeer(_ arguments: [String]) -> Int32 {
        guard arguments.count == 3, let port = UInt16(arguments[0]),
            let core = Int32(arguments[2])
        else {
            log("\(peerFlag) PORT CA_FILE CORE is started by \(flag)")
            return ExitStatus.usage
        }
        return unsafe apus_wire_echo(port, arguments[1], core)
    }

    private static func log(_ line: String) { writeError("apus-sim: \(line)") }
}

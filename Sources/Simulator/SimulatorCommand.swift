//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Options

/// The keys of the accounts on the simulated venues.
public struct VenueKeys: Sendable {
    public var binance = Credentials.demonstration
    public var okx = OKXCredentials.demonstration

    public init() {}

    /// From the environment; a venue's variables are set all or none.
    public init(environment: [String: String]) throws(SimulatorError) {
        if let known = try Self.binance(environment) { binance = known }
        let names = ["OKX_API_KEY", "OKX_API_SECRET", "OKX_API_PASSPHRASE"]
        let values = names.compactMap { environment[$0] }.filter { !$0.isEmpty }
        if values.count == names.count {
            okx = OKXCredentials(key: values[0], secret: values[1], passphrase: values[2])
        } else if names.contains(where: { environment[$0] != nil }) {
            throw SimulatorError("\(names.joined(separator: ", ")) must all be set")
        }
    }
}

extension VenueKeys {
    /// A key with its secret, or with the public half of the key that signs.
    private static func binance(
        _ environment: [String: String]
    ) throws(SimulatorError) -> Credentials? {
        let names = ["BINANCE_API_KEY", "BINANCE_API_SECRET", "BINANCE_API_PUBLIC_KEY_FILE"]
        let values = names.map { environment[$0] ?? "" }
        switch (values[0].isEmpty, values[1].isEmpty, values[2].isEmpty) {
        case (false, false, true): return Credentials(key: values[0], secret: values[1])
        case (false, true, false):
            return Credentials(key: values[0], publicKey: try PublicKey(path: values[2]))
        case _ where names.allSatisfy { environment[$0] == nil }: return nil
        default:
            throw SimulatorError(
                "\(names[0]) and \(names[1]) must both be set, or in the secret's place "
                    + names[2])
        }
    }
}

/// The command `apus-sim`.
public enum SimulatorCommand {
    /// Runs it with the arguments behind the program's name.
    ///
    /// - Returns: The exit status: 0 ended as asked, 1 failed, 2 wrong usage.
    public static func run(_ arguments: [String]) -> Int32 {
        switch arguments.first {
        case EchoCommand.flag: return EchoCommand.run(Array(arguments.dropFirst()))
        case EchoCommand.peerFlag: return EchoCommand.runPeer(Array(arguments.dropFirst()))
        default: break
        }
        let options: SimulatorOptions
        do throws(SimulatorError) {
            options = try SimulatorOptions.parse(arguments)
        } catch {
            log("\(error); see --help")
            return ExitStatus.usage
        }
        if let text = options.helpText {
            print(text, terminator: "")
            return ExitStatus.ok
        }
        do throws(SimulatorError) {
            let simulator = try Simulator(
                options, keys: try VenueKeys(environment: ProcessInfo.processInfo.environment),
                log: { log($0) })
            try simulator.catchSignals()
            if let path = options.caPath { try simulator.writeCertificate(to: path) }
            if let path = options.readyPath {
                try writeReady(simulator, caPath: options.caPath, to: path)
            }
            // The keys without a venue's name repeat those of Binance.
            let shown = simulator.addresses.filter { $0.key.contains(".") }
            log(shown.map { "\($0.key) \($0.value)" }.joined(separator: " "))
            simulator.run()
        } catch {
            log("\(error)")
            return ExitStatus.failed
        }
        return ExitStatus.ok
    }

    private static func log(_ line: String) { writeError("apus-sim: \(line)") }

    /// Tells a waiting parent where to connect; the file appears whole or not at all.
    private static func writeReady(
        _ simulator: Simulator, caPath: String?, to path: String
    ) throws(SimulatorError) {
        var lines = simulator.addresses.map { "\($0.key)=\($0.value)\n" }
        if let caPath { lines.append("ca_file=\(caPath)\n") }
        do {
            try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw SimulatorError("cannot write \(path)")
        }
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What the command line asks for.
public struct SimulatorOptions: Equatable, Sendable {
    public var replayPaths: [String] = []
    /// Recorded seconds a second; `nil` as fast as clients read.
    public var speed: Double? = 1
    public var seed: UInt64 = 1
    /// Multiplies the activity of the synthetic market.
    public var rate: Double = 1
    public var restPort: UInt16 = 0
    public var streamPort: UInt16 = 0
    public var caPath: String?
    public var readyPath: String?
    public var exitsAtEnd = false
    /// Messages a second from one stream client; 0 for no limit.
    public var messageRateMax = 10
    /// USDT in the account at start.
    public var wallet: Int64 = 100_000
    public var hasFieldsOf2026 = true
    /// A folder that keeps the certificates over restarts; `nil` makes new ones at each start.
    public var keptPath: String?
    /// What is wrong with the server's certificate, for tests of clients.
    public var fault = CertificateFault.none
    public var showsHelp = false

    public init() {}

    public static let usage = """
        usage: apus-sim [options]

        Simulates a venue on the loopback interface over TLS: REST, market streams, order entry,
        user data. The market is synthetic (seeded) unless a capture is named.

          --venue NAME          binance-usdm (the default and only one)
          --replay FILE...      plays captures back, merged by receive time
          --speed X|max         recorded seconds a second (default 1)
          --seed N              seed of the synthetic market (default 1)
          --rate X              activity of the synthetic market (default 1)
          --rest-port N         HTTPS port, 0 lets the system choose (default 0)
          --stream-port N       WebSocket port, 0 lets the system choose (default 0)
          --ca-out FILE         writes the certificate that clients have to trust
          --ca-keep DIR         keeps certificates and key there (mode 0600), so that clients
                                trust a restarted simulator too; they are of the test only
          --certificate KIND    fault injection: expired, wrong-host or unknown-issuer
          --ready-file FILE     written when listening: rest=, stream=, api=, ca_file=
          --exit-at-end         ends when the replay is over and its clients are gone
          --message-limit N     messages a second from one client, 0 for none (default 10)
          --wallet N            USDT in the account (default 100000)
          --old-fields          leaves out the message fields of 2026
          --help                this text

        Environment: BINANCE_API_KEY, BINANCE_API_SECRET; a built-in pair is used without them.
        Signals: SIGUSR1 breaks all connections, SIGUSR2 loses one depth event of each stream,
        SIGINT and SIGTERM stop.
        """

    /// Reads arguments, the program's name excluded.
    public static func parse(_ arguments: [String]) throws(SimulatorError) -> SimulatorOptions {
        var options = SimulatorOptions()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--help", "-h": options.showsHelp = true
            case "--exit-at-end": options.exitsAtEnd = true
            case "--old-fields": options.hasFieldsOf2026 = false
            case "--replay":
                let count = options.replayPaths.count
                while let path = rest.first, !path.hasPrefix("--") {
                    options.replayPaths.append(path)
                    rest.removeFirst()
                }
                if options.replayPaths.count == count {
                    throw SimulatorError("--replay needs at least one file")
                }
            default:
                guard let value = rest.popFirst() else {
                    throw SimulatorError(
                        known.contains(argument)
                            ? "\(argument) needs a value" : "unknown option \(argument)")
                }
                try options.set(argument, value)
            }
        }
        return options
    }

    private static let known: Set<String> = [
        "--venue", "--speed", "--seed", "--rate", "--rest-port", "--stream-port", "--ca-out",
        "--ca-keep", "--certificate", "--ready-file", "--message-limit", "--wallet",
    ]

    private mutating func set(_ name: String, _ value: String) throws(SimulatorError) {
        let wrong = SimulatorError("\(name): \(value) is not a valid value")
        switch name {
        case "--venue":
            guard value == "binance-usdm" else {
                throw SimulatorError("--venue: \(value) is not known, binance-usdm is")
            }
        case "--speed":
            if value == "max" {
                speed = nil
            } else {
                guard let number = Double(value), number > 0, number <= 10_000 else { throw wrong }
                speed = number
            }
        case "--rate":
            guard let number = Double(value), number >= 0.01, number <= 100 else { throw wrong }
            rate = number
        case "--seed":
            guard let number = UInt64(value) else { throw wrong }
            seed = number
        case "--rest-port":
            guard let number = UInt16(value) else { throw wrong }
            restPort = number
        case "--stream-port":
            guard let number = UInt16(value) else { throw wrong }
            streamPort = number
        case "--ca-out": caPath = value
        case "--ca-keep": keptPath = value
        case "--certificate":
            guard let kind = CertificateFault(rawValue: value) else { throw wrong }
            fault = kind
        case "--ready-file": readyPath = value
        case "--message-limit":
            guard let number = Int(value), (0...1_000_000).contains(number) else { throw wrong }
            messageRateMax = number
        case "--wallet":
            guard let number = Int64(value), (0...1_000_000_000).contains(number) else {
                throw wrong
            }
            wallet = number
        default: throw SimulatorError("unknown option \(name)")
        }
    }
}

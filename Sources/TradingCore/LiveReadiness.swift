//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
public import Configuration
import Messages
import Options
import Platform

/// What is looked at before an engine trades with money. Whatever fails refuses the start.
public enum LiveReadiness {
    /// Looks at the host, the journal, the paper run, and of each venue at keys, addresses, clock,
    /// account, dead man's switch and limits. Blocks on the venues' answers.
    ///
    /// - Parameter environment: Where the keys are.
    public static func check(
        _ settings: Settings, paper: PaperProof, environment: [String: String], nowNs: UInt64
    ) -> ReadinessReport {
        var lines = host(settings) + [journal(settings)]
        do throws(EngineError) {
            lines.append(
                paper.line(fingerprint: try settings.tradingFingerprint(), nowNs: nowNs))
        } catch { lines.append(ReadinessLine("paper run", .fail, "\(error)")) }
        let symbols: TradedSymbols
        do throws(EngineError) { symbols = try TradedSymbols(settings) } catch {
            return ReadinessReport(lines + [ReadinessLine("symbols", .fail, "\(error)")])
        }
        var found: [Instrument] = []
        for venue in symbols.venues where venue.takesOrders {
            let keys = keys(venue, environment)
            let address = address(venue, settings)
            lines += [keys.line, address.line]
            guard let credentials = keys.credentials, let endpoints = address.endpoints else {
                continue
            }
            let setup = VenueSetup(
                venue: venue, endpoints: endpoints, credentials: credentials,
                symbols: symbols.of(venue))
            guard let session = setup.session() as? any VenueSession else { continue }
            let (told, instruments) = VenueReadiness.check(
                session, symbols: setup.symbols, settings)
            lines += told
            found += instruments
        }
        lines += LimitReadiness.lines(settings, found)
        return ReadinessReport(lines)
    }

    // MARK: - Here

    private static func host(_ settings: Settings) -> [ReadinessLine] {
        let limit = memoryLockLimit()
        let memory = limit >= Startup.lockedBytesMin
            ? ReadinessLine("memory lock", .pass, "may be locked")
            : ReadinessLine(
                "memory lock", .warn,
                "\(limit >> 20) MiB may be locked of \(Startup.lockedBytesMin >> 20) that are "
                    + "needed; see ulimit -l")
        let mode = settings.text("system.mode")
        let host = mode == "production"
            ? ReadinessLine("host", .pass, "pinning, locked memory and priority are required")
            : ReadinessLine(
                "host", .warn, "system.mode is \(mode): production would refuse a host that is "
                    + "not set up")
        return [memory, host]
    }

    private static func journal(_ settings: Settings) -> ReadinessLine {
        do throws(EngineError) {
            guard let plan = try JournalPlan(settings) else {
                return ReadinessLine("journal", .fail, "journal.path is not set")
            }
            let isKept = plan.policy != .none
            return ReadinessLine(
                "journal", isKept ? .pass : .warn,
                isKept ? plan.policy.rawValue
                    : "policy none: orders of the last moments may be lost with the machine")
        } catch { return ReadinessLine("journal", .fail, "\(error)") }
    }

    // MARK: - Ways to a venue

    private static func keys(
        _ venue: Venue, _ environment: [String: String]
    ) -> (line: ReadinessLine, credentials: Credentials?) {
        let check = "keys \(venue.text)"
        do throws(AccountError) {
            guard let known = try Credentials.of(venue, environment) else {
                let names = Credentials.variables(venue).joined(separator: " and ")
                return (ReadinessLine(check, .fail, "\(names) are not set"), nil)
            }
            let reason = known.privateKey == nil
                ? "a secret from the environment" : "a private key of mode 0600"
            return (ReadinessLine(check, .pass, reason), known)
        } catch { return (ReadinessLine(check, .fail, "\(error)"), nil) }
    }

    private static func address(
        _ venue: Venue, _ settings: Settings
    ) -> (line: ReadinessLine, endpoints: Endpoints?) {
        let check = "address \(venue.text)"
        do throws(EngineError) {
            guard let endpoints = try PathSettings.endpoints(settings, venue) else {
                return (
                    ReadinessLine(check, .fail, "endpoints.\(venue.text) has no addresses"), nil
                )
            }
            let isHere = endpoints.isLoopback
            return (
                ReadinessLine(
                    check, isHere ? .warn : .pass,
                    endpoints.rest + (isHere ? ": this machine, a simulator" : "")), endpoints
            )
        } catch { return (ReadinessLine(check, .fail, "\(error)"), nil) }
    }
}

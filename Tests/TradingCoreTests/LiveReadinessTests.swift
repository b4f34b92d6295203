//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Configuration
import Foundation
import HTTP
import Messages
import Testing
import TradingCore

/// Goal: nothing trades with money by accident, and each cause is told.
@Suite("The mode of a run")
struct RunModeTests {
    private struct Resolved: Equatable {
        let mode: RunMode
        let account: String
    }

    private func resolve(
        _ mode: String?, live: Bool = false, account: String? = nil
    ) throws -> Resolved {
        var settings = Settings(schema: EngineSchema.keys)
        if let account { try settings.set("trading.account", account, origin: "F: line 2") }
        let mode = try RunMode.resolve(mode, isLiveAllowed: live, &settings)
        return Resolved(mode: mode, account: settings.text("trading.account"))
    }

    @Test func `it is simulated unless told`() throws {
        let simulated = Resolved(mode: .simulated, account: "simulated")
        #expect(try resolve(nil) == simulated)
        #expect(try resolve("simulated", account: "live") == simulated)
    }

    @Test func `a live account needs the flag, however it was asked for`() throws {
        for (mode, account, word) in [
            ("live", nil, "--mode live"), (nil, "live", "F: line 2"),
        ] as [(String?, String?, String)] {
            let error = try #require(throws: EngineError.self) {
                _ = try resolve(mode, account: account)
            }
            #expect(error.description.contains(word), "\(error)")
            #expect(error.description.contains("add --live"), "\(error)")
            let allowed = try resolve(mode, live: true, account: account)
            #expect(allowed == Resolved(mode: .live, account: "live"))
        }
    }

    @Test func `the flag is refused where no account is live`() throws {
        for mode in [nil, "simulated", "paper"] {
            let error = try #require(throws: EngineError.self) {
                _ = try resolve(mode, live: true)
            }
            #expect(error.description.contains("--live is for a live account"), "\(error)")
        }
    }

    @Test func `paper trading leaves the account as it is`() throws {
        #expect(try resolve("paper") == Resolved(mode: .paper, account: "simulated"))
        #expect(
            try resolve("paper", account: "live") == Resolved(mode: .paper, account: "live"))
    }
}

@Suite("The paper run before a live one")
struct PaperProofTests {
    private static let nowNs: UInt64 = 1_800_000_000_000_000_000
    private static let hourNs: UInt64 = 3_600_000_000_000
    private static let fingerprint: UInt64 = 0xab12

    /// - Parameter changes: Members in the place of those of a good run; `nil`: left out.
    private func line(
        _ changes: [String: Any?] = [:], text: String? = nil, proof: PaperProof? = nil
    ) throws -> ReadinessLine {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "paper-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: path) }
        var run: [String: Any] = [
            "format": "apus-run", "kind": "paper", "trading_fingerprint": "0xab12",
            "start_ns": Self.nowNs - 3 * Self.hourNs, "end_ns": Self.nowNs - Self.hourNs,
        ]
        for (key, value) in changes { run[key] = value }
        let content = try text.map { Data($0.utf8) } ?? JSONSerialization.data(withJSONObject: run)
        try content.write(to: path)
        var given = proof ?? PaperProof(path: nil)
        given.path = path.path
        return given.line(fingerprint: Self.fingerprint, nowNs: Self.nowNs)
    }

    @Test func `a good one passes`() throws {
        let line = try line()
        #expect(line.verdict == .pass)
        #expect(line.reason == "2h00m of the same trading, 1h00m ago")
    }

    @Test func `each thing wrong with it fails and is named`() throws {
        let cases: [(changes: [String: Any?], words: String)] = [
            (["kind": "live"], "of no paper run"), (["kind": nil], "of no paper run"),
            (["format": "other"], "no result of a run"),
            (["trading_fingerprint": "0xab13"], "it traded 0xab13, this configuration is 0xab12"),
            (["trading_fingerprint": nil], "has no trading_fingerprint"),
            (["error": "the feed was lost"], "ended with an error: the feed was lost"),
            (["end_ns": nil], "does not tell when it was"),
            (["start_ns": Self.nowNs], "does not tell when it was"),
            (["end_ns": Self.nowNs + 1], "in the future"),
            (["start_ns": Self.nowNs - Self.hourNs - 3_599_000_000_000], "lasted 59m59s, under"),
            (
                [
                    "start_ns": Self.nowNs - 200 * Self.hourNs,
                    "end_ns": Self.nowNs - 168 * Self.hourNs - 1_000_000_000,
                ], "it ended 7d0h ago, over 7d0h"
            ),
        ]
        for (changes, words) in cases {
            let line = try line(changes)
            #expect(line.verdict == .fail)
            #expect(line.reason.contains(words), "\(line.reason)")
        }
        #expect(try line(text: "{").reason.contains("no result of a run"))
        let none = PaperProof(path: nil).line(fingerprint: 1, nowNs: Self.nowNs)
        #expect(none.verdict == .fail && none.reason.contains("--paper FILE"))
        let absent = PaperProof(path: "absent.json").line(fingerprint: 1, nowNs: Self.nowNs)
        #expect(absent.verdict == .fail && absent.reason.contains("cannot be read"))
    }

    @Test func `age and duration are as stated`() throws {
        var proof = PaperProof(path: nil, ageMaxNs: Self.hourNs, durationMinNs: 2 * Self.hourNs)
        #expect(try line(proof: proof).verdict == .pass, "to the nanosecond")
        proof.ageMaxNs -= 1
        #expect(try line(proof: proof).verdict == .fail)
        proof.ageMaxNs += 1
        proof.durationMinNs += 1
        #expect(try line(proof: proof).verdict == .fail)
    }
}

/// Replies of OKX to whatever is asked.
///
/// SAFETY: used by one thread.
private final class OKXReplies: HTTPTransport, @unchecked Sendable {
    var permissions = "read_only,trade"
    var equity = "1000.5"

    func request(
        method: String, url: String, headers: [(String, String)], body: [UInt8]?,
        caFile: String?, timeout: Duration
    ) throws(HTTPError) -> HTTPResponse {
        HTTPResponse(
            status: 200, headers: [],
            body: Array("{\"code\":\"0\",\"msg\":\"\",\"data\":[\(row(url))]}".utf8))
    }

    private func row(_ url: String) -> String {
        if url.contains("/public/time") {
            return "{\"ts\":\"\(Int(Date().timeIntervalSince1970 * 1_000))\"}"
        }
        if url.contains("/account/config") {
            return """
                {"acctLv":"2","posMode":"net_mode","perm":"\(permissions)","ip":"",\
                "level":"Lv1","uid":"1"}
                """
        }
        return "{\"totalEq\":\"\(equity)\",\"mmr\":\"\",\"adjEq\":\"\",\"details\":[]}"
    }
}

@Suite("What a venue says of its account")
struct VenueReadinessTests {
    private func account(_ change: (OKXReplies) -> Void) throws -> ReadinessLine {
        let replies = OKXReplies()
        change(replies)
        let session = OKXSession(
            endpoints: Endpoints(
                rest: "https://venue.test", stream: "wss://venue.test",
                userStream: "wss://venue.test", api: "wss://venue.test"),
            credentials: .replay, clock: VenueClock(), transport: replies)
        let (lines, instruments) = VenueReadiness.check(
            session, symbols: ["BTC-USDT-SWAP"], Settings(schema: EngineSchema.keys))
        #expect(instruments.isEmpty)
        #expect(lines.first { $0.check == "dead man okx" }?.verdict == .fail)
        return try #require(lines.first { $0.check == "account okx" })
    }

    @Test func `a key that may trade and not withdraw passes`() throws {
        let line = try account { _ in }
        #expect(line.verdict == .pass, "\(line.reason)")
    }

    @Test(arguments: [
        ("read_only,trade,withdraw", "1", "may withdraw"),
        ("read_only", "1", "not allowed to trade"), ("read_only,trade", "0", "equity"),
    ])
    func `one that may withdraw, may not trade or has no money fails`(
        permissions: String, equity: String, words: String
    ) throws {
        let line = try account {
            $0.permissions = permissions
            $0.equity = equity
        }
        #expect(line.verdict == .fail)
        #expect(line.reason.contains(words), "\(line.reason)")
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Alerts

/// Lines that an action reported.
final class Reports: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

/// A sender that does what the test says.
private final class StubSender: AlertSender {
    private let numbers = Mutex<[UInt64]>([])
    private let isHeld = Atomic(false)
    private let failures: Mutex<[SendError]>

    init(failures: [SendError] = [], isHeld: Bool = false) {
        self.failures = Mutex(failures)
        self.isHeld.store(isHeld, ordering: .relaxed)
    }

    var sent: [UInt64] { numbers.withLock { $0 } }
    func release() { isHeld.store(false, ordering: .releasing) }

    func send(_ notice: AlertNotice) throws(SendError) {
        while isHeld.load(ordering: .acquiring) { CurrentThread.sleep(ns: 1_000_000) }
        let failure = failures.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        if let failure { throw failure }
        numbers.withLock { $0.append(notice.number) }
    }
}

@Suite("Actions of alerts")
struct ActionTests {
    private func outbox(
        _ sender: any AlertSender, backlogMax: Int = 8, retriesMax: Int = 0,
        reports: Reports = Reports()
    ) throws -> ActionOutbox {
        let outbox = ActionOutbox(
            name: "out", sender: sender, backlogMax: backlogMax, retriesMax: retriesMax,
            retryNs: 1_000_000) { reports.add($0) }
        try outbox.start(workers: 1)
        return outbox
    }

    // MARK: - Backlog

    @Test func `an action that hangs holds nobody up, and what finds no room is counted`() throws {
        let sender = StubSender(isHeld: true)
        let outbox = try outbox(sender, backlogMax: 4)
        outbox.put(notice(1))
        try waitUntil("one is under way") { outbox.counts.backlog == 1 }
        // The first one may be waiting still or be under way: then five find room.
        for number in 2...20 { outbox.put(notice(UInt64(number))) }
        #expect((15...16).contains(outbox.counts.dropped))
        sender.release()
        try waitUntil("the backlog is worked off") { outbox.counts.backlog == 0 }
        #expect(sender.sent == Array(1...UInt64(20 - outbox.counts.dropped)))
        #expect(outbox.counts.delivered + outbox.counts.dropped == 20)
        outbox.close(deadlineNs: monotonicNs())
    }

    @Test func `evaluation goes on while every action hangs`() throws {
        let folder = try Workplace()
        let hang = try folder.write("#!/bin/sh\nexec sleep 60\n", to: "hang", mode: 0o700)
        let plan = try AlertPlan(
            yaml: """
                actions: [{name: h, type: command, argv: [\(hang)], timeout: 60s, backlog: 2}]
                rules:
                - {name: r, quantity: gauge, of: x, when: above, threshold: 0, actions: [h]}
                """, source: "alerts.yaml", environment: [:])
        let service = try AlertService(plan, intervalNs: second, retryNs: second) { _ in }
        var status: AlertStatus?
        for time in 0..<200 {
            status = service.observe(
                look(Double(time)) { $0.counters = [("x", UInt64(time % 2))] })
        }
        let end = try #require(status)
        #expect(end.evaluations == 200)
        #expect(end.rules[0].begun == 100)
        #expect(end.actions[0].dropped >= 190)
        #expect(end.actions[0].delivered == 0)
    }

    @Test func `an attempt that may have better luck is repeated, another is not`() throws {
        let reports = Reports()
        let lost = SendError(reason: "lost", isTransient: true)
        let refused = SendError(reason: "refused", isTransient: false)
        let sender = StubSender(failures: [lost, lost, refused, lost, lost, lost, lost])
        let outbox = try outbox(sender, retriesMax: 3, reports: reports)
        for number in 1...4 { outbox.put(notice(UInt64(number))) }
        try waitUntil("all are dealt with") { outbox.counts.backlog == 0 }
        // The first: lost twice, then refused. The second: lost four times.
        #expect(sender.sent == [3, 4])
        #expect(outbox.counts == .init(delivered: 2, failed: 2, retries: 5))
        #expect(
            reports.all == [
                "action out failed: refused", "action out failed: lost", "action out works again",
            ])
        outbox.close(deadlineNs: monotonicNs())
        outbox.put(notice(5))
        #expect(outbox.counts.dropped == 1)
    }

    // MARK: - Log

    @Test func `a log is for its owner alone, and is put aside when it is full`() throws {
        let folder = try Workplace()
        let path = folder.file("alerts.log")
        let sender = LogSender(path: path, sizeMax: 1_000, keep: 2)
        for number in 1...20 { try sender.send(notice(UInt64(number))) }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names == ["alerts.log", "alerts.log.1", "alerts.log.2"])
        for name in names {
            let facts = try FileManager.default.attributesOfItem(atPath: folder.file(name))
            #expect((facts[.posixPermissions] as? Int) == 0o600)
            #expect((facts[.size] as? Int ?? 0) <= 1_000)
        }
        let lines = names.reversed().map(folder.text).joined().split(separator: "\n")
        #expect(lines.last?.hasSuffix(" number=20") == true)
        #expect(
            lines.last.map { $0.hasPrefix("ts=2023-11-14T22:13:21.000Z level=error msg=") } == true)
        #expect(lines.last?.contains(#"msg="it \"began\"" rule=tail status=firing"#) == true)
    }

    @Test func `a log that others can read, or a link, is refused`() throws {
        let folder = try Workplace()
        let open = try folder.write("", to: "open", mode: 0o644)
        #expect(LogSender.refusal(of: open)?.contains("mode 0600") == true)
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link"), withDestinationPath: open)
        #expect(LogSender.refusal(of: folder.file("link")) != nil)
        #expect(LogSender.refusal(of: folder.path) != nil)
        #expect(LogSender.refusal(of: folder.file("new")) == nil)
    }

    @Test func `a message of several lines is one line`() throws {
        let line = notice(message: "a\nb\u{1b}[31m").logLine
        #expect(line.filter { $0 == "\n" }.count == 1)
        #expect(!line.contains("\u{1b}"))
    }

    // MARK: - Command

    @Test func `a command has the notice in its environment, and nothing else`() throws {
        let folder = try Workplace()
        let script = try folder.write(
            "#!/bin/sh\nenv > \"$1\"; ls /proc/self/fd >> \"$1\"; cat >> \"$1\"\n",
            to: "script", mode: 0o700)
        unsafe setenv("APUS_SECRET_OF_PARENT", "s3cr3t", 1)
        let sender = CommandSender(
            arguments: [script, folder.file("seen; $(touch no)")], timeoutNs: 20 * second)
        try sender.send(notice(message: "$(touch \(folder.file("no")))"))
        let lines = folder.text("seen; $(touch no)").split(separator: "\n").map(String.init)
        #expect(lines.contains("APUS_ALERT_STATUS=firing"))
        #expect(lines.contains("APUS_ALERT_RULE=tail"))
        #expect(lines.contains("APUS_ALERT_SYMBOL=BTC-USDT"))
        #expect(lines.contains("APUS_ALERT_MESSAGE=$(touch \(folder.file("no")))"))
        #expect(lines.contains { $0.hasPrefix("APUS_ALERT_JSON={\"version\":1,") })
        #expect(!lines.joined().contains("s3cr3t"))
        let own = ["PWD", "SHLVL", "_", "PATH", "OLDPWD"]
        let strangers = lines.filter { $0.contains("=") && !$0.hasPrefix("APUS_ALERT_") }
            .filter { line in !own.contains { line.hasPrefix($0 + "=") } }
        #expect(strangers == [])
        let files = lines.compactMap(Int.init)
        #expect(files.max().map { $0 <= 3 } == true, "standard ones, and that of ls: \(files)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("no")), "there is no shell")
    }

    @Test func `a command that fails is told by its status`() throws {
        let failing = CommandSender(arguments: ["/bin/false"], timeoutNs: 20 * second)
        #expect(throws: SendError(reason: "ended with 1", isTransient: false)) {
            try failing.send(notice())
        }
        let absent = CommandSender(arguments: ["/nowhere/program"], timeoutNs: 20 * second)
        #expect(throws: SendError(reason: "ended with 127", isTransient: false)) {
            try absent.send(notice())
        }
    }

    @Test func `a command that hangs is ended, with what it started`() throws {
        let folder = try Workplace()
        // Asked to end, neither does.
        let script = try folder.write(
            """
            #!/bin/sh
            trap '' TERM
            sh -c 'trap "" TERM; echo $$ > "$1"; while :; do sleep 1; done' sh "$1" &
            while :; do sleep 1; done
            """, to: "script", mode: 0o700)
        let sender = CommandSender(
            arguments: [script, folder.file("child")], timeoutNs: second)
        #expect(throws: SendError(reason: "timed out and was ended", isTransient: false)) {
            try sender.send(notice())
        }
        let child = try #require(
            Int32(folder.text("child").trimmingCharacters(in: .whitespacesAndNewlines)))
        // A process that nobody waits for yet is over, too.
        try waitUntil("the grandchild is gone") {
            let state = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
            return state.map { $0.contains(") Z ") } ?? true
        }
    }

    @Test func `no more commands run at a time than the file says`() throws {
        let folder = try Workplace()
        let script = try folder.write(
            """
            #!/bin/sh
            echo begin >> "$1"
            while [ ! -e "$1.go" ]; do sleep 0.02; done
            echo end >> "$1"
            """, to: "script", mode: 0o700)
        let plan = try AlertPlan(
            yaml: """
                actions:
                - {name: h, type: command, argv: [\(script), \(folder.file("log"))],
                   timeout: 60s, concurrency: 2}
                rules:
                - {name: r, quantity: gauge, of: '*', when: above, threshold: 0, actions: [h],
                   tell_end: false}
                """, source: "alerts.yaml", environment: [:])
        let service = try AlertService(plan, intervalNs: second, retryNs: second) { _ in }
        let five = look(0) { $0.counters = (0..<5).map { ("c\($0)", 1) } }
        #expect(service.observe(five).rules[0].firing == 5)
        try waitUntil("two run") { folder.text("log").split(separator: "\n").count >= 2 }
        #expect(service.observe(look(1)).actions[0].delivered == 0)
        #expect(folder.text("log") == "begin\nbegin\n")
        _ = try folder.write("", to: "log.go")
        try waitUntil("all have run") { service.observe(look(1)).actions[0].delivered == 5 }
        #expect(folder.text("log").split(separator: "\n").count == 10)
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import Platform
import Telemetry
import TestSupport
import Testing

/// `apus-monitor` in a terminal of its own: a window of tmux, with a shell that stays.
private final class Window {
    private static let programs = executableFolder()
    static let isPossible = FileManager.default.isExecutableFile(atPath: "\(programs)/apus-monitor")
        && DebianTool.isThere("tmux", package: "tmux")

    private let server: String

    init(_ name: String, _ instance: String, environment: String = "LANG=C.UTF-8") throws {
        server = "apus-test-\(currentProcessID())-\(name)"
        // A shell without a prompt: what is on the screen is the monitor's, or what is echoed here.
        // Colours are wanted but where a test says otherwise, whatever the caller's terminal wants.
        // Not by Foundation, whose wait lasts as long as the server that this leaves behind.
        let start = try ChildProcess(
            path: "/usr/bin/env",
            arguments: [
                "tmux", "-L", server, "-f", "/dev/null", "new-session", "-d", "-x", "80", "-y",
                "24", "env", "-u", "NO_COLOR", "PS1=", "sh",
            ],
            output: "/dev/null")
        guard start.wait(timeoutNs: 20_000_000_000) == 0 else {
            throw Unseen(description: "tmux did not start")
        }
        type("stty -echo; export \(environment); export TERM; clear")
        type("echo before; \(Self.programs)/apus-monitor --instance \(instance); echo after $?")
    }

    deinit { tmux("kill-server") }

    @discardableResult
    func tmux(_ command: String) -> String {
        DebianTool.run("tmux -L \(server) \(command) 2>/dev/null").output
    }

    func type(_ line: String) { tmux("send-keys -l '\(line)'; \(enter)") }
    private var enter: String { "tmux -L \(server) send-keys Enter" }
    func press(_ keys: String) { tmux("send-keys \(keys)") }
    func resize(columns: Int, rows: Int) { tmux("resize-window -x \(columns) -y \(rows)") }

    var screen: String { tmux("capture-pane -p") }
    /// With what sets colours and the like.
    var colours: String { tmux("capture-pane -p -e") }

    /// The colour that the first `part` on the screen begins with, as its SGR number; `nil`: the
    /// terminal's own, or no such text. A colour goes on from line to line until it is changed.
    func colour(of part: String) -> Int? {
        let text = colours
        guard let place = text.firstRange(of: part) else { return nil }
        var colour: Int?
        for change in text[..<place.lowerBound].matches(of: /\u{1b}\[([0-9;]*)m/) {
            for number in change.1.split(separator: ";", omittingEmptySubsequences: false) {
                switch Int(number) ?? 0 {
                case 0, 39: colour = nil
                case let set where (30...37).contains(set): colour = set
                default: break
                }
            }
        }
        return colour
    }

    /// What tmux's own flag says: whether a program has the other screen, as full-screen ones do.
    var isFullScreen: Bool { tmux("display-message -p '#{alternate_on}'").hasPrefix("1") }

    /// - Throws: The screen, when it does not show `part` in 20 seconds.
    func wait(for part: String) throws {
        let deadline = monotonicNs() + 20_000_000_000
        while !screen.contains(part) {
            if monotonicNs() > deadline { throw Unseen(description: "no '\(part)' on\n\(screen)") }
            CurrentThread.sleep(ns: 20_000_000)
        }
    }

    /// Sends a signal to the monitor that this window runs.
    func signal(_ name: String) {
        let shell = tmux("display-message -p '#{pane_pid}'").split(separator: "\n").first ?? ""
        _ = DebianTool.run("kill -\(name) $(cat /proc/\(shell)/task/\(shell)/children)")
    }
}

private struct Unseen: Error, CustomStringConvertible { let description: String }

// Goal: what the pages' own tests cannot see: keys, sizes, colours, the terminal left as it was.
@Suite(
    "Live view in a terminal", .serialized,
    .enabled(if: Window.isPossible, "apus-monitor is not built or tmux cannot be installed"))
struct TerminalTests {
    @Test func `keys turn pages and q gives the terminal back`() throws {
        let engine = try EngineFixture("terminal-keys")
        try engine.fill()
        let window = try Window("keys", engine.directory.name)
        try window.wait(for: "after fees and funding")
        #expect(window.isFullScreen)
        window.press("2")
        try window.wait(for: "99.9999")
        window.press("3")
        try window.wait(for: "deepest seen")
        window.press("/")
        window.press("frames Enter")
        try window.wait(for: "1 of 3 counters")
        window.press("Escape")
        try window.wait(for: "not zero")
        window.press("'?'")
        try window.wait(for: "any key closes it")
        window.press("x q")
        try window.wait(for: "after 0")
        #expect(!window.isFullScreen)
        #expect(window.screen.hasPrefix("before\nafter 0\n"), "what was there is there again")
    }

    @Test func `figures go on while nobody presses a key`() throws {
        let engine = try EngineFixture("terminal-goes-on")
        try engine.fill()
        let window = try Window("goes-on", engine.directory.name)
        try window.wait(for: "after fees and funding")
        window.press("7")
        try window.wait(for: "1,234,567")
        engine.writer.counter("parser_frames_total").add(3)
        try window.wait(for: "1,234,570")
        engine.control.lower(to: .halted, reason: "operator: test")
        try window.wait(for: "HALTED (operator HALTED, engine READY): operator: test")
        #expect(window.colour(of: "HALTED") == 31, "red")
    }

    @Test func `another size of the window is filled`() throws {
        let engine = try EngineFixture("terminal-size")
        try engine.fill()
        let window = try Window("size", engine.directory.name)
        try window.wait(for: "after fees and funding")
        #expect(!window.screen.contains("p99.9999"))
        window.resize(columns: 160, rows: 50)
        try window.wait(for: "p99.9999")
        #expect(window.screen.split(separator: "\n", omittingEmptySubsequences: false)[49]
            .contains("q quit"))
        window.resize(columns: 40, rows: 10)
        try window.wait(for: "1 overview")
        window.resize(columns: 100, rows: 30)
        try window.wait(for: "q quit")
        window.press("q")
        try window.wait(for: "after 0")
        #expect(window.screen.split(separator: "\n") == ["before", "after 0"])
    }

    /// What ends the process ends it whatever it does; all but KILL leave the terminal in order.
    @Test(arguments: [
        ("TERM", "after 0"), ("INT", "after 0"), ("HUP", "after 0"), ("QUIT", "after 0"),
        ("SEGV", "after 139"), ("ABRT", "after 134"), ("ILL", "after 132"), ("TRAP", "after 133"),
    ])
    func `a signal leaves the terminal as it was`(signal: String, end: String) throws {
        let engine = try EngineFixture("terminal-\(signal)")
        let window = try Window(signal, engine.directory.name)
        try window.wait(for: "q quit")
        window.signal(signal)
        try window.wait(for: end)
        #expect(!window.isFullScreen)
        #expect(window.tmux("display-message -p '#{cursor_flag}'").hasPrefix("1"), "a cursor")
        window.type("stty -a")
        try window.wait(for: "icanon")
        #expect(window.screen.contains(" icanon"))
        #expect(!window.screen.contains("-icanon"))
    }

    @Test func `no colours are used where they are not wanted`() throws {
        let engine = try EngineFixture("terminal-plain")
        try engine.fill()
        let window = try Window("plain", engine.directory.name, environment: "NO_COLOR=1")
        try window.wait(for: "after fees and funding")
        for code in ["[30", "[31", "[32", "[33", "[34", "[35", "[36", "[37", "[38", "[48"] {
            #expect(!window.colours.contains("\u{1b}\(code)"))
        }
        #expect(window.colours.contains("\u{1b}[1m"), "bold is no colour")
    }

    @Test func `a terminal without UTF-8 is given ASCII`() throws {
        let engine = try EngineFixture("terminal-ascii")
        try engine.fill()
        let window = try Window("ascii", engine.directory.name, environment: "LC_ALL=C")
        try window.wait(for: "after fees and funding")
        #expect(window.screen.allSatisfy { $0.isASCII })
        #expect(window.screen.contains("........"))
    }

    @Test func `a terminal that cannot place text gets the table`() throws {
        let engine = try EngineFixture("terminal-dumb")
        try engine.fill()
        let window = try Window("dumb", engine.directory.name, environment: "TERM=dumb")
        try window.wait(for: "parser_frames_total")
        #expect(!window.isFullScreen)
        #expect(window.screen.allSatisfy { $0.isASCII })
    }
}

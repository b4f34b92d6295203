//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Journal
import Options
import TradingCore

/// `apus replay FOLDER`: a journal through the production stages.
enum JournalReplayCommand {
    /// Those that go with a journal alone.
    static let options = [
        "verify", "placement", "instructions", "speed", "since", "until", "until-record", "step",
    ]

    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            && isFolder.boolValue
    }

    static func run(_ options: ParsedOptions) throws -> Int32 {
        guard options.positional.count == 1 else {
            throw UsageError("one journal, or captures")
        }
        for name in ["emit", "format", "timeframe", "forming", "instruments", "lines", "config"]
        where options.isGiven(name) {
            throw UsageError("--\(name) goes with captures, not with a journal")
        }
        if !options.assignments("set").isEmpty {
            throw UsageError("a journal is replayed with its own configuration")
        }
        let replay = JournalReplay(try request(options)) { writeError("apus replay: \($0)") }
        if options.isGiven("step") {
            replay.pause = { frame, state in
                unsafe ReplayCommand.write(
                    "frame \(frame.number) record \(frame.sequence) connection "
                        + "\(frame.connection) at \(frame.timeNs), \(frame.body.count) bytes\n")
                while let line = readLine(), line == "s" { ReplayCommand.write(state() + "\n") }
            }
        }
        let sessions = try replay.run()
        for session in sessions {
            ReplayCommand.write(text(session, showsState: options.isGiven("until-record")))
        }
        let isGood = !options.isGiven("verify") || sessions.allSatisfy(\.isVerified)
        return isGood ? ExitStatus.ok : ExitStatus.failed
    }

    private static func request(_ options: ParsedOptions) throws -> JournalReplayRequest {
        var request = JournalReplayRequest(folder: options.positional[0])
        request.isPipelined = options.text("placement") == "pipelined"
        request.instructions = options.text("instructions").flatMap { $0 == "all" ? nil : $0 }
        if let text = options.text("speed"), text != "max" {
            guard let speed = Double(text), speed > 0, speed.isFinite else {
                throw UsageError("--speed: max or a number above 0")
            }
            request.speed = speed
        }
        func number(_ name: String) throws -> UInt64? {
            guard let text = options.text(name) else { return nil }
            guard let value = UInt64(text) else { throw UsageError("--\(name): a whole number") }
            return value
        }
        func time(_ name: String) throws -> UInt64? {
            guard let text = options.text(name) else { return nil }
            guard let value = TimeText.nanoseconds(text) else {
                throw UsageError("--\(name): a time like 2026-11-26T14:49:39.5Z")
            }
            return value
        }
        request.untilSequence = try number("until-record")
        request.sinceNs = try time("since") ?? 0
        request.untilNs = try time("until") ?? .max
        guard !(options.isGiven("step") && request.isPipelined) else {
            throw UsageError("--step goes with one thread")
        }
        return request
    }

    private static func text(_ session: SessionReport, showsState: Bool) -> String {
        let remarks = session.remarks.map { "  \($0)" }
        if session.isCut {
            return (["session of \(session.startNs):"] + remarks).joined(separator: "\n") + "\n"
        }
        let seconds = Double(session.elapsedNs) / 1e9
        let rate = seconds > 0 ? Double(session.frames) / seconds : 0
        var lines = [
            "session of \(session.startNs): \(session.frames) frames in "
                + String(format: "%.2f s, %.0f a second", seconds, rate),
            "  kernels: \(session.kernels)",
            "  equal: \(session.orders) frames to venues, \(session.verdicts) verdicts",
        ]
        lines += remarks
        lines += session.differences.prefix(20).map { "  differs: \($0)" }
        if session.differences.count > 20 {
            lines.append("  and \(session.differences.count - 20) more")
        }
        lines.append(session.isVerified ? "  verified" : "  NOT VERIFIED")
        if showsState { lines.append(session.stateText) }
        return lines.joined(separator: "\n") + "\n"
    }
}

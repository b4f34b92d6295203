//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Glibc
import Messages
import Platform
import Telemetry

/// An engine seen from outside: its process, the heartbeats of its stages, its private connections.
///
/// Ages are measured by this process's monotonic clock from the moment at which a value was first
/// seen, so that a step of the wall clock is no alarm.
struct EngineWatch {
    enum Finding: Equatable {
        case fine
        case alarm(Alarm)
        /// The engine took its pages away itself.
        case ended
    }

    let control: ControlHandle
    let instruments: [Instrument]
    let processID: UInt64
    private let directory: InstanceDirectory
    private let telemetry: TelemetryReader
    /// `nil`: there was no such process any more.
    private let process: ProcessWatch?
    private let pages: UInt64
    private let stuckAfterNs: UInt64
    private let sessionAfterNs: UInt64
    private var beats: [String: (heartbeatNs: UInt64, sinceNs: UInt64)] = [:]
    private var lostSinceNs: UInt64?
    private var lastLookNs: UInt64

    /// A gauge of the parser.
    private static let lostSessions = "parser_private_sessions_lost"

    /// - Throws: `PlatformError` while one of the pages is missing or not of this layout, and where
    ///   processes cannot be watched.
    init(
        _ directory: InstanceDirectory, stuckAfterNs: UInt64, sessionAfterNs: UInt64,
        nowNs: UInt64
    ) throws(PlatformError) {
        let path = directory.segment("instruments")
        let table = try MemorySegment.open(path, writable: false)
        let read = unsafe InstrumentTable.read(UnsafeRawPointer(table.base), size: table.size)
        guard let instruments = read else {
            throw PlatformError(operation: "read \(path)", code: EINVAL)
        }
        // What the table says was copied; the mapping stays.
        _ = unsafe table.leak()
        self.instruments = instruments
        telemetry = try TelemetryReader(path: directory.segment("telemetry"))
        control = try ControlHandle.open(directory.segment("control"))
        pages = Self.identity(directory) ?? 0
        processID = control.processID
        process = try Self.watch(processID)
        self.directory = directory
        self.stuckAfterNs = stuckAfterNs
        self.sessionAfterNs = sessionAfterNs
        lastLookNs = nowNs
    }

    /// `nil`: there is no such process. That the kernel has no watch for us is no end of a process.
    private static func watch(_ processID: UInt64) throws(PlatformError) -> ProcessWatch? {
        do throws(PlatformError) {
            return try ProcessWatch(Int32(truncatingIfNeeded: processID))
        } catch {
            guard error.code == ESRCH else { throw error }
            return nil
        }
    }

    /// - Parameter nowNs: Monotonic.
    mutating func look(nowNs: UInt64) -> Finding {
        if process?.hasEnded != false {
            return Self.identity(directory) == pages
                ? .alarm(.died(processID: processID)) : .ended
        }
        // Who was held up itself judges nobody.
        if nowNs - lastLookNs > stuckAfterNs / 2 {
            beats = [:]
            lostSinceNs = nil
        }
        lastLookNs = nowNs
        if let alarm = stuckStage(nowNs) ?? lostSession(nowNs) { return .alarm(alarm) }
        return .fine
    }

    private mutating func stuckStage(_ nowNs: UInt64) -> Alarm? {
        for (name, pulse) in telemetry.stages {
            // 0: its thread has not begun, or has ended.
            guard pulse.heartbeatNs != 0, let last = beats[name],
                last.heartbeatNs == pulse.heartbeatNs
            else {
                beats[name] = (pulse.heartbeatNs, nowNs)
                continue
            }
            if nowNs - last.sinceNs > stuckAfterNs {
                return .stuck(stage: name, ageNs: nowNs - last.sinceNs)
            }
        }
        return nil
    }

    private mutating func lostSession(_ nowNs: UInt64) -> Alarm? {
        let count = telemetry.counter(Self.lostSessions) ?? 0
        guard count > 0 else {
            lostSinceNs = nil
            return nil
        }
        let sinceNs = lostSinceNs ?? nowNs
        lostSinceNs = sinceNs
        guard nowNs - sinceNs > sessionAfterNs else { return nil }
        return .sessionsLost(count: count, ageNs: nowNs - sinceNs)
    }

    /// Which file stands under the telemetry page's name; `nil`: none.
    private static func identity(_ directory: InstanceDirectory) -> UInt64? {
        var status = stat()
        guard unsafe lstat(directory.segment("telemetry"), &status) == 0 else { return nil }
        return UInt64(status.st_ino)
    }
}

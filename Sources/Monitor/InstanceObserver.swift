//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Alerts
import CPlatform
import CTelemetry
import Glibc
public import Platform
import Rings
import Telemetry

/// Watches one instance. Everything is mapped read-only; nothing the engine does waits for it.
public struct InstanceObserver {
    private let directory: InstanceDirectory
    private var telemetry: TelemetryReader
    private var telemetryFile: FileIdentity?
    private var control: ControlReader?
    private var rings: [(name: String, observer: RingObserver)] = []
    private var segmentsSeen: Set<String> = []
    /// Rules that are judged on each observation.
    public var alerts: AlertService?

    /// - Throws: `PlatformError` when the instance has no telemetry page of this layout.
    public init(_ directory: InstanceDirectory) throws(PlatformError) {
        self.directory = directory
        let path = directory.segment("telemetry")
        telemetryFile = FileIdentity(path)
        telemetry = try TelemetryReader(path: path)
    }

    /// Looks at everything once. Pages and rings that appeared since are taken in; an engine that
    /// was started anew under the same name replaces the old one.
    public mutating func observe() -> Observation {
        var now = look()
        now.alerts = alerts?.observe(AlertInput(now))
        return now
    }

    private mutating func look() -> Observation {
        reattach()
        attachNewSegments()
        let processID = telemetry.processID
        let isAlive = processID != 0 && processID <= UInt64(Int32.max)
            && apus_process_is_alive(Int32(processID)) != 0
        return Observation(
            timeNs: wallNs(), instance: telemetry.instance, processID: processID,
            isAlive: isAlive, startTimeNs: telemetry.startTimeNs, mode: telemetry.mode,
            placement: telemetry.placement, control: control?.snapshot, stages: stages(),
            histograms: telemetry.histograms, rings: ringRows(),
            instruments: telemetry.instruments.map {
                Observation.Instrument(symbol: $0.symbol, venue: $0.venue, status: $0.status)
            },
            features: telemetry.features.map {
                Observation.Feature(
                    name: $0.name, horizonNs: $0.score.horizonNs,
                    informationCoefficient: Double(bitPattern: $0.score.correlationBits),
                    hitRate: Double(bitPattern: $0.score.hitRateBits), count: $0.score.count)
            },
            models: telemetry.models.map {
                Observation.Model(name: $0.name, kind: $0.kind, status: $0.status)
            },
            quality: telemetry.quality, outliers: telemetry.outliers,
            counters: telemetry.counters.map {
                Observation.Counter(name: $0.name, value: $0.value)
            })
    }

    /// Maps the page anew when another file stands under its name.
    private mutating func reattach() {
        let path = directory.segment("telemetry")
        guard let file = FileIdentity(path), file != telemetryFile else { return }
        // A page that is still being laid out is refused now and taken at the next look.
        guard let reader = try? TelemetryReader(path: path) else { return }
        telemetry = reader
        telemetryFile = file
        control = nil
        rings = []
        segmentsSeen = []
    }

    private mutating func attachNewSegments() {
        if control == nil { control = try? ControlReader(path: directory.segment("control")) }
        for name in Directories.names(in: directory.path) where !segmentsSeen.contains(name) {
            guard let ring = Self.ringName(name) else { continue }
            guard let observer = try? RingObserver(path: directory.segment(name)) else { continue }
            segmentsSeen.insert(name)
            rings.append((ring, observer))
            rings.sort { $0.name < $1.name }
        }
    }

    /// "ring.events" is the slot ring "events"; "frames.0.control" is the byte ring "frames.0".
    private static func ringName(_ segment: String) -> String? {
        if segment.hasSuffix(".control") {
            let name = segment.dropLast(8)
            return String(name.hasPrefix("ring.") ? name.dropFirst(5) : name)
        }
        return segment.hasPrefix("ring.") ? String(segment.dropFirst(5)) : nil
    }

    private func stages() -> [Observation.Stage] {
        telemetry.stages.map { name, pulse in
            Observation.Stage(
                name: name, core: Int(pulse.core), thread: Int(pulse.threadIndex),
                polls: pulse.polls, busyPolls: pulse.busyPolls, work: pulse.work,
                heartbeatNs: pulse.heartbeatNs)
        }
    }

    private func ringRows() -> [Observation.Ring] {
        rings.map { name, observer in
            Observation.Ring(
                name: name, depth: observer.depth, capacity: observer.capacity,
                messageSize: observer.messageSize, published: observer.published)
        }
    }
}

/// Which file stands under a path: a segment made anew has another number.
private struct FileIdentity: Equatable {
    let device: UInt
    let number: UInt

    init?(_ path: String) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        number = UInt(status.st_ino)
    }
}

enum Directories {
    /// The names in `path`, sorted; none when it cannot be read.
    static func names(in path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var result: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                let end = unsafe bytes.firstIndex(of: 0) ?? bytes.count
                return unsafe String(decoding: unsafe bytes[..<end], as: UTF8.self)
            }
            if !name.hasPrefix(".") { result.append(name) }
        }
        return result.sorted()
    }
}

//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTelemetry
import Gateway
import Messages
import Rings
import Telemetry

/// What the loops of one path share to tell hop from hop: for each stage its log of marks and the
/// word that says how far it has come, and where the samples of orders go.
///
/// Cost on the path: a load and five stores for each stage that found work, behind its own stores
/// (bench `telemetry/hop-mark`); for an order what `take` does, after it left.
///
/// SAFETY: the words belong to rings that are kept until the process ends, and each is read by the
/// thread that writes it; a log has one writer; samples are taken by the gateway's thread alone.
@safe
public struct HopTrace: @unchecked Sendable {
    /// Marks of each stage: more than a path on one thread has in flight.
    private static let fusedCapacity = 256
    /// As many as come in some tenths of a second, so that what a stall did can be told.
    private static let pipelinedCapacity = 4_096

    /// By hop; the last has none.
    let logs: UnsafeMutablePointer<HopLog>
    let progress: UnsafeMutablePointer<UnsafePointer<UInt64>>
    private let logPointers: UnsafeMutablePointer<UnsafeMutablePointer<HopLogData>?>
    private let histograms: UnsafeMutablePointer<Histogram>
    private let frames: RingInspector<FrameDescriptor>
    private let frame: UnsafeMutablePointer<FrameDescriptor>
    private let samples: UnsafeMutablePointer<RingProducer<OutlierSample>>
    private let dropped: Counter
    private let taken: UnsafeMutablePointer<UInt64>
    private let thresholdNs: UInt64

    /// - Parameters:
    ///   - isFused: Every stage runs on one thread.
    ///   - thresholdNs: Samples from that total on are kept; 0: none.
    init(
        _ rings: PathRings, isFused: Bool, thresholdNs: UInt64, telemetry: TelemetryWriter
    ) {
        let capacity = isFused ? Self.fusedCapacity : Self.pipelinedCapacity
        // The reader gives each frame its place in the ring, and the parser the next sequence.
        let words = unsafe [
            rings.frames.publishedWord, rings.events.watermarkWord, rings.features.watermarkWord,
            rings.signals.watermarkWord, rings.intents.watermarkWord, rings.children.watermarkWord,
            rings.commands.watermarkWord,
        ]
        unsafe logs = .allocate(capacity: words.count)
        unsafe progress = .allocate(capacity: words.count)
        unsafe logPointers = .allocate(capacity: words.count)
        for unsafe (index, word) in unsafe words.enumerated() {
            let log = HopLog(capacity: capacity)
            unsafe (logs + index).initialize(to: log)
            unsafe (progress + index).initialize(to: word)
            unsafe (logPointers + index).initialize(to: log.data)
        }
        unsafe histograms = .allocate(capacity: Hop.allCases.count)
        for hop in Hop.allCases {
            unsafe (histograms + hop.rawValue).initialize(to: telemetry.histogram(hop.name))
        }
        frames = rings.frames.inspector
        unsafe frame = .allocate(capacity: 1)
        unsafe frame.initialize(to: FrameDescriptor())
        unsafe samples = .allocate(capacity: 1)
        unsafe samples.initialize(to: try! rings.outliers.makeProducer())
        dropped = telemetry.counter("outlier_samples_dropped_total")
        unsafe taken = .allocate(capacity: 1)
        unsafe taken.initialize(to: 0)
        self.thresholdNs = thresholdNs
    }

    /// Orders that `take` has seen.
    var takenCount: UInt64 {
        @_noAllocation @_noLocks
        @inline(__always)
        get { unsafe taken.pointee }
    }

    /// Tells hop from hop for the orders that the gateway's poll sent.
    @_noAllocation @_noLocks
    @inline(never)
    func take(_ sends: SendLog, work: Int, preemption: Preemption, isWatched: Bool) {
        let count = sends.count
        var index = unsafe taken.pointee
        if count &- index > SendLog.capacity { index = count &- SendLog.capacity }
        while index < count {
            let order = sends.order(index)
            index &+= 1
            var sample = OutlierSample()
            unsafe apus_outlier_sample_fill(
                &sample, logPointers, order.sequence, order.ingressTimeNs, order.sentTimeNs,
                UInt32(truncatingIfNeeded: work), preemption)
            var hop: Int32 = 0
            while hop < APUS_HOP_COUNT {
                if sample.knownHops >> UInt8(truncatingIfNeeded: hop) & 1 == 1 {
                    unsafe histograms[Int(hop)].record(apus_outlier_sample_hop(&sample, hop))
                }
                hop &+= 1
            }
            if thresholdNs > 0, order.sentTimeNs &- order.ingressTimeNs >= thresholdNs {
                sample.instrumentID = order.instrumentID
                sample.isWatched = isWatched ? 1 : 0
                keep(&sample)
            }
        }
        unsafe taken.pointee = count
    }

    /// Adds the frame's place in a recording, and hands the sample to who judges it.
    @_noAllocation @_noLocks
    private func keep(_ sample: inout OutlierSample) {
        if unsafe frames.copy(sample.sequence &- 1, to: frame),
            unsafe frame.pointee.ingressTimeNs == sample.ingressTimeNs
        {
            sample.connectionID = unsafe frame.pointee.connectionID
            sample.framePosition = unsafe frame.pointee.position
            sample.frameLength = unsafe frame.pointee.length
        }
        guard let place = unsafe samples.pointee.claim() else {
            dropped.increment()
            return
        }
        unsafe place.pointee = sample
        unsafe samples.pointee.publish()
    }
}

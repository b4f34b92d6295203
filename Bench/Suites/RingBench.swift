//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import CPlatform
import Rings

/// Ring hops (target P3), against a ring of the usual kind measured in the same run.
let ringSuite = BenchSuite(
    name: "ring",
    measurements: [
        RingNames.fused, RingNames.fusedPeer, RingNames.roundTrip, RingNames.roundTripPeer,
        RingNames.throughput, RingNames.throughputPeer,
    ]
) { bench in
    try ringHopFused(bench)
    guard let cores = CorePair.available(bench.mode) else { return }
    try ringRoundTrip(bench, cores)
    try ringThroughput(bench, cores)
}

private enum RingNames {
    static let fused = "ring/hop-fused/64B"
    static let fusedPeer = "ring/hop-fused/64B-head-tail"
    static let roundTrip = "ring/round-trip/64B"
    static let roundTripPeer = "ring/round-trip/64B-head-tail"
    static let throughput = "ring/throughput/64B"
    static let throughputPeer = "ring/throughput/64B-head-tail"
}

/// Samples of two threads are short against the turns of a busy machine's threads: one that loses
/// its core in the middle is no figure, and most of them must not.
enum RingSample {
    static let trips = 2_000
    static let tripSamples = 50
    static let messages = 100_000
    static let streamSamples = 25
}

/// One hop with both ends on one thread: the instruction cost, without cache transfers.
/// It sets the floor that the two-thread benchmarks are compared with.
@Sendable func ringHopFused(_ bench: Bench) throws {
    var ring = try RingMemory<OrderIntent>(capacity: 1_024)
    var producer = try ring.makeProducer()
    var consumer = try ring.makeConsumer()
    let peer = HeadTailRing(capacity: 1_024)
    let operations = bench.parameter(smoke: 10, full: 10_000)
    let samples = bench.parameter(smoke: 2, full: 200)

    bench.measure(RingNames.fused, samples: samples, operations: operations) {
        var sum: UInt64 = 0
        for index in 0..<operations {
            guard let sent = unsafe producer.claim() else { return 0 }
            unsafe sent.pointee.orderID = UInt64(index)
            producer.publish()
            guard let taken = unsafe consumer.peek() else { return 0 }
            unsafe sum &+= taken.pointee.orderID
            consumer.release()
        }
        return sum
    }
    bench.measure(RingNames.fusedPeer, samples: samples, operations: operations) {
        var sum: UInt64 = 0
        for index in 0..<operations {
            guard let sent = unsafe peer.claim() else { return 0 }
            unsafe sent.pointee.orderID = UInt64(index)
            peer.publish()
            guard let taken = unsafe peer.peek() else { return 0 }
            unsafe sum &+= taken.pointee.orderID
            peer.release()
        }
        return sum
    }
}

/// There and back between two cores, one message in flight: twice the latency of a hop.
private func ringRoundTrip(_ bench: Bench, _ cores: CorePair) throws {
    let operations = bench.parameter(smoke: 20, full: RingSample.trips)
    bench.measure(
        [
            Bench.Candidate(name: RingNames.roundTrip, operations: operations, threads: 2) {
                roundTrips(over: OwnRing.self, operations, cores)
            },
            Bench.Candidate(name: RingNames.roundTripPeer, operations: operations, threads: 2) {
                roundTrips(over: HeadTailRing.self, operations, cores)
            },
        ], samples: bench.parameter(smoke: 1, full: RingSample.tripSamples))
    bench.compare(
        "round trip against a head-tail ring", RingNames.roundTrip,
        with: RingNames.roundTripPeer, target: 1.2)
}

func roundTrips<Ring: BenchRing>(
    over type: Ring.Type, _ count: Int, _ cores: CorePair
) -> (UInt64, UInt64) {
    let there = Ring(capacity: 64)
    let back = Ring(capacity: 64)
    let partner = PartnerThread(core: cores.second) {
        for _ in 0...count {
            let taken = unsafe there.waitForMessage()
            let sent = unsafe back.waitForPlace()
            unsafe sent.pointee.orderID = unsafe taken.pointee.orderID &+ 1
            there.release()
            back.publish()
        }
    }
    var start: UInt64 = 0
    var sum: UInt64 = 0
    // The first trip waits for the partner's start and is not timed.
    for index in 0...count {
        if index == 1 { start = apus_tsc() }
        unsafe there.waitForPlace().pointee.orderID = UInt64(index)
        there.publish()
        unsafe sum &+= back.waitForMessage().pointee.orderID
        back.release()
    }
    let ticks = apus_tsc() &- start
    partner.join()
    return (ticks, sum)
}

/// One thread fills, the other drains, both as fast as they can.
private func ringThroughput(_ bench: Bench, _ cores: CorePair) throws {
    let operations = bench.parameter(smoke: 200, full: RingSample.messages)
    bench.measure(
        [
            Bench.Candidate(name: RingNames.throughput, operations: operations, threads: 2) {
                stream(over: OwnRing.self, operations, cores)
            },
            Bench.Candidate(name: RingNames.throughputPeer, operations: operations, threads: 2) {
                stream(over: HeadTailRing.self, operations, cores)
            },
        ], samples: bench.parameter(smoke: 1, full: RingSample.streamSamples))
    bench.compare(
        "throughput against a head-tail ring", RingNames.throughput,
        with: RingNames.throughputPeer, target: 1.8)
}

func stream<Ring: BenchRing>(
    over type: Ring.Type, _ count: Int, _ cores: CorePair
) -> (UInt64, UInt64) {
    let ring = Ring(capacity: 1_024)
    let partner = PartnerThread(core: cores.second) {
        for index in 0...count {
            unsafe ring.waitForPlace().pointee.orderID = UInt64(index)
            ring.publish()
        }
    }
    var start: UInt64 = 0
    var sum: UInt64 = 0
    // Timed from the first message on, so without the partner's start.
    for index in 0...count {
        let taken = unsafe ring.waitForMessage()
        if index == 0 { start = apus_tsc() }
        unsafe sum &+= taken.pointee.orderID
        ring.release()
    }
    let ticks = apus_tsc() &- start
    partner.join()
    return (ticks, sum)
}

/// What both rings of the comparison can do; one thread at each end.
protocol BenchRing: AnyObject {
    init(capacity: Int)
    func claim() -> UnsafeMutablePointer<OrderIntent>?
    func publish()
    func peek() -> UnsafePointer<OrderIntent>?
    func release()
}

extension BenchRing {
    @inline(__always)
    fileprivate func waitForPlace() -> UnsafeMutablePointer<OrderIntent> {
        var waiting = Waiting()
        while true {
            if let place = unsafe claim() { return unsafe place }
            waiting.pause()
        }
    }

    @inline(__always)
    fileprivate func waitForMessage() -> UnsafePointer<OrderIntent> {
        var waiting = Waiting()
        while true {
            if let message = unsafe peek() { return unsafe message }
            waiting.pause()
        }
    }
}

/// Both ends of the ring under test. The ends are used by one thread each, so exclusive access
/// needs no check at run time.
final class OwnRing: BenchRing {
    private var memory: RingMemory<OrderIntent>
    @exclusivity(unchecked) private var producer: RingProducer<OrderIntent>
    @exclusivity(unchecked) private var consumer: RingConsumer<OrderIntent>

    init(capacity: Int) {
        do {
            var memory = try RingMemory<OrderIntent>(capacity: capacity)
            unsafe producer = try memory.makeProducer()
            unsafe consumer = try memory.makeConsumer()
            self.memory = memory
        } catch { fatalError("memory for a ring: \(error)") }
    }

    @inline(__always)
    func claim() -> UnsafeMutablePointer<OrderIntent>? { unsafe producer.claim() }
    @inline(__always)
    func publish() { unsafe producer.publish() }
    @inline(__always)
    func peek() -> UnsafePointer<OrderIntent>? { unsafe consumer.peek() }
    @inline(__always)
    func release() { unsafe consumer.release() }
}

extension HeadTailRing: BenchRing {}

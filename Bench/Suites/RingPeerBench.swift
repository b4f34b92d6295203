//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#if APUS_PEERS
import CBase
import CRingPeers

/// The ring and the queues of others (target P3), sample by sample in turn, between the same two
/// cores: a round trip with one message in flight, and as many messages as go through. Equal
/// hashes say that all came, in their order's sum.
let ringPeerSuite = BenchSuite(
    name: "peer-ring",
    measurements: RingTask.allCases.flatMap { task in
        [task.ownName] + RingPeer.allCases.map { task.name($0) }
    }
) { bench in
    guard let cores = CorePair.available(bench.mode) else { return }
    for task in RingTask.allCases { measure(bench, task, cores) }
}

private enum RingPeer: String, CaseIterable {
    case boost
    case moodycamel

    var kind: Int32 {
        switch self {
        case .boost: Int32(APUS_RING_PEER_BOOST.rawValue)
        case .moodycamel: Int32(APUS_RING_PEER_MOODYCAMEL.rawValue)
        }
    }

    var title: String {
        let version = unsafe String(cString: apus_ring_peer_version(kind))
        return self == .boost
            ? "boost spsc_queue (\(version.replacing("_", with: ".")))"
            : "moodycamel ReaderWriterQueue"
    }

    func make(capacity: Int) -> OpaquePointer {
        guard let ring = unsafe apus_ring_peer_create(kind, capacity) else {
            preconditionFailure("memory for a queue")
        }
        return unsafe ring
    }
}

private enum RingTask: String, CaseIterable {
    case roundTrip = "round-trip"
    case throughput

    var ownName: String { "peer-ring/\(rawValue)-apus" }
    func name(_ peer: RingPeer) -> String { "peer-ring/\(rawValue)-\(peer.rawValue)" }
    var target: Double { self == .roundTrip ? 1.2 : 1.8 }
}

private func measure(_ bench: Bench, _ task: RingTask, _ cores: CorePair) {
    let isTrip = task == .roundTrip
    let operations =
        isTrip
        ? bench.parameter(smoke: 20, full: RingSample.trips)
        : bench.parameter(smoke: 200, full: RingSample.messages)
    let own = Bench.Candidate(name: task.ownName, operations: operations, threads: 2) {
        isTrip
            ? roundTrips(over: OwnRing.self, operations, cores)
            : stream(over: OwnRing.self, operations, cores)
    }
    let others = RingPeer.allCases.map { peer in
        Bench.Candidate(name: task.name(peer), operations: operations, threads: 2) {
            isTrip ? trips(peer, operations, cores) : stream(peer, operations, cores)
        }
    }
    let samples = isTrip ? RingSample.tripSamples : RingSample.streamSamples
    bench.measure([own] + others, samples: bench.parameter(smoke: 1, full: samples))
    for peer in RingPeer.allCases {
        bench.compare(
            "\(task.rawValue) against \(peer.title)", task.ownName, with: task.name(peer),
            target: task.target)
    }
}

/// Both ends of a ring, as a partner's closure may hold it.
///
/// SAFETY: one thread sends and one receives; the ring lives until both have ended.
@safe
private struct SharedRing: @unchecked Sendable {
    let ring: OpaquePointer
    init(_ ring: OpaquePointer) { unsafe self.ring = unsafe ring }
}

private func trips(_ peer: RingPeer, _ count: Int, _ cores: CorePair) -> (UInt64, UInt64) {
    let there = unsafe SharedRing(peer.make(capacity: 64))
    let back = unsafe SharedRing(peer.make(capacity: 64))
    let partner = PartnerThread(core: cores.second) {
        unsafe apus_ring_peer_echo(there.ring, back.ring, UInt64(count + 1))
    }
    // The first trip waits for the partner's start and is not timed.
    let first = unsafe apus_ring_peer_trips(there.ring, back.ring, 0, 1)
    let start = apus_tsc()
    let rest = unsafe apus_ring_peer_trips(there.ring, back.ring, 1, UInt64(count))
    let ticks = apus_tsc() &- start
    partner.join()
    unsafe apus_ring_peer_destroy(there.ring)
    unsafe apus_ring_peer_destroy(back.ring)
    return (ticks, first &+ rest)
}

private func stream(_ peer: RingPeer, _ count: Int, _ cores: CorePair) -> (UInt64, UInt64) {
    let shared = unsafe SharedRing(peer.make(capacity: 1_024))
    let partner = PartnerThread(core: cores.second) {
        unsafe apus_ring_peer_send(shared.ring, 0, UInt64(count + 1))
    }
    // Timed from the first message on, so without the partner's start.
    let first = unsafe apus_ring_peer_receive(shared.ring, 1)
    let start = apus_tsc()
    let rest = unsafe apus_ring_peer_receive(shared.ring, UInt64(count))
    let ticks = apus_tsc() &- start
    partner.join()
    unsafe apus_ring_peer_destroy(shared.ring)
    return (ticks, first &+ rest)
}
#endif

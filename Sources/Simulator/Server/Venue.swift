//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What every part of the simulator shares: time, faults, what happens later.
struct SimulatorContext {
    let clock: VenueClock
    let faults: FaultInjector
    let delays: Delays
    let log: (String) -> Void

    /// The same with a clock that is one venue's alone.
    var ofVenue: SimulatorContext {
        SimulatorContext(
            clock: VenueClock(following: clock), faults: faults, delays: delays, log: log)
    }
}

/// One simulated venue behind its doors.
protocol Venue: AnyObject {
    var name: VenueName { get }
    var clock: VenueClock { get }
    var streams: any StreamVenue { get }
    var policy: ConnectionServer.Policy { get }
    /// When `run` next has something to do; `UInt64.max` for never.
    var nextDeadlineNs: UInt64 { get }
    /// True once a recording has been played to its end.
    var isAtEnd: Bool { get }
    /// Does everything that is due.
    func run(nowNs: UInt64)
    func handle(_ request: RESTRequest, reply: @escaping (RESTReply) -> Void)
    /// Loses the next depth event of every instrument.
    func skipDepthEvent()
    /// Counts for the closing line: "messages 1 orders 2 …".
    var summary: String { get }
    /// What a client has to know, as `key=value` lines without the venue's name.
    func endpoints(restPort: UInt16, streamPort: UInt16) -> [(key: String, value: String)]
}

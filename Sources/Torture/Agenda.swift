//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What happens at an instant of virtual time. `a` and `b` mean what the kind says.
struct Event: BitwiseCopyable {
    enum Kind: UInt8 {
        /// Time passes for the engine.
        case timer
        /// The trader does something.
        case act
        /// The market moves.
        case move
        /// A request reaches the venue: a = payload, b = link and epoch.
        case toVenue
        /// Bytes reach the engine: a = payload, b = link and epoch.
        case toEngine
        /// The engine learns that a connection is gone: b = link and epoch.
        case lossSeen
        /// The venue learns it: b = link and epoch.
        case lossAtVenue
        /// A connection is made anew: b = link and epoch of the lost one.
        case reconnect
        /// A REST request reaches the venue: a = call.
        case restAtVenue
        /// Its reply reaches the engine: a = call.
        case restReply
        /// The cold thread looks around.
        case cold
        /// A fault of the plan strikes.
        case fault
        /// Trading starts or stops: a = 1 or 0.
        case burst
        /// A person lets trading go on.
        case resume
        /// The trader presses against the limits: a = instrument, b = 1 for purchases.
        case press
        /// The trader sends as fast as it can: a = instrument, b = steps left.
        case flood
        /// Only time passes.
        case wait
    }

    var timeNs: UInt64
    /// Breaks ties in order of making.
    var number: UInt64
    var kind: Kind
    var a: Int
    var b: Int
}

/// The future, earliest first: a binary heap.
struct Agenda {
    private var heap: [Event] = []
    private var made: UInt64 = 0

    var next: Event? { heap.first }

    mutating func add(_ timeNs: UInt64, _ kind: Event.Kind, _ a: Int = 0, _ b: Int = 0) {
        made += 1
        heap.append(Event(timeNs: timeNs, number: made, kind: kind, a: a, b: b))
        var place = heap.count - 1
        while place > 0 {
            let parent = (place - 1) / 2
            if !isBefore(heap[place], heap[parent]) { break }
            heap.swapAt(place, parent)
            place = parent
        }
    }

    mutating func take() -> Event? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if heap.isEmpty { return first }
        heap[0] = last
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < heap.count && isBefore(heap[child], heap[least]) { least = child }
            if least == place { return first }
            heap.swapAt(place, least)
            place = least
        }
    }

    private func isBefore(_ a: Event, _ b: Event) -> Bool {
        a.timeNs != b.timeNs ? a.timeNs < b.timeNs : a.number < b.number
    }
}

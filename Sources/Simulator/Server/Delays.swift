//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What has to happen later, in the order of its time.
final class Delays {
    private struct Entry {
        let dueNs: UInt64
        let action: () -> Void
    }

    private let clock: VenueClock
    private var entries: [Entry] = []

    init(clock: VenueClock) { self.clock = clock }

    func add(_ delayNs: UInt64, _ action: @escaping () -> Void) {
        let entry = Entry(dueNs: clock.nowNs + delayNs, action: action)
        let place = entries.firstIndex { $0.dueNs > entry.dueNs } ?? entries.count
        entries.insert(entry, at: place)
    }

    var nextDueNs: UInt64 { entries.first?.dueNs ?? .max }

    func run() {
        while let first = entries.first, first.dueNs <= clock.nowNs {
            entries.removeFirst()
            first.action()
        }
    }
}

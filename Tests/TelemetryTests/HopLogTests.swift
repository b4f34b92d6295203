//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Platform
import SeededRandom
import Telemetry
import Testing

@Suite("Log of hops")
struct HopLogTests {
    @Test func `a sequence left a stage with the earliest mark that reaches it`() {
        let log = HopLog(capacity: 8)
        for (sequence, time) in [(3, 30), (3, 35), (7, 70), (8, 80)] as [(UInt64, UInt64)] {
            log.add(sequence: sequence, timeNs: time, work: Int(time), preemption: .none)
        }
        #expect(log.find(1)?.timeNs == 30)
        #expect(log.find(3)?.timeNs == 30)
        #expect(log.find(4)?.timeNs == 70)
        #expect(log.find(7)?.work == 70)
        #expect(log.find(8)?.timeNs == 80)
        #expect(log.find(9) == nil)
        #expect(HopLog(capacity: 8).find(0) == nil)
    }

    /// Goal: what was overwritten is never taken for something else.
    /// Method: a log of 8 after n marks against a list of all of them; the oldest mark may be about
    /// to be overwritten, so 7 are known at most, and of the first of them not what it begins.
    @Test(arguments: 0...40)
    func `what was overwritten is not known`(count: Int) throws {
        let log = HopLog(capacity: 8)
        for index in 0..<count {
            log.add(
                sequence: UInt64(2 * index + 1), timeNs: UInt64(index), work: 1,
                preemption: .none)
        }
        #expect(log.count == UInt64(count))
        let oldest = count >= 8 ? count - 7 : 0
        for index in 0..<(count + 2) {
            let isThere = index >= oldest && index < count
            #expect((log[UInt64(index)]?.timeNs == UInt64(index)) == isThere)
            let isFound = isThere && (index > oldest || oldest == 0)
            let found = log.find(UInt64(2 * index + 1))
            #expect(isFound ? found?.timeNs == UInt64(index) : found == nil, "\(index)")
        }
    }

    /// Goal: a reader never gets a mark that no writer wrote.
    /// Method: a thread adds marks whose words follow from each other to a small log, round and
    /// round, while this one looks up what may be there.
    @Test func `a reader on another thread gets whole marks or none`() throws {
        let log = HopLog(capacity: 16)
        let total: UInt64 = 400_000
        let writer = try PlatformThread(name: "hop-writer") {
            for index in 1...total {
                log.add(
                    sequence: index, timeNs: index &* 0x9e37_79b9, work: Int(index & 0xffff),
                    preemption: index & 1 == 0 ? .none : .seen)
            }
        }
        var found = 0
        while log.count < total {
            let newest = log.count
            for back in [1, 3, 7, 14, 15] as [UInt64] where newest > back {
                guard let mark = log.find(newest - back) else { continue }
                found += 1
                let isWhole = mark.sequence == newest - back
                    && mark.timeNs == mark.sequence &* 0x9e37_79b9
                    && UInt64(mark.work) == mark.sequence & 0xffff
                    && (mark.preemption == .seen) == (mark.sequence & 1 == 1)
                if !isWhole { Issue.record("\(mark) for \(newest - back)") }
            }
            CurrentThread.yield()
        }
        writer.join()
        #expect(log.find(total)?.timeNs == total &* 0x9e37_79b9)
        #expect(log.count == total)
        print("hop log: \(found) marks looked up while they were written")
    }

    // MARK: From marks to hops

    private static func fill(
        _ logs: [HopLog?], sequence: UInt64, from ingressNs: UInt64, to sentNs: UInt64
    ) -> OutlierSample {
        var sample = OutlierSample()
        let pointers = unsafe logs.map { log in unsafe log?.data }
        unsafe apus_outlier_sample_fill(
            &sample, pointers, sequence, ingressNs, sentNs, 3, .none)
        return sample
    }

    @Test func `each hop lasts from the mark before it to its own`() {
        let logs = (0..<7).map { _ in HopLog(capacity: 4) }
        for (hop, log) in logs.enumerated() {
            log.add(
                sequence: 9, timeNs: 1_000 + UInt64(hop + 1) * 10 + UInt64(hop), work: hop + 1,
                preemption: hop == 2 ? .seen : .none)
        }
        let sample = Self.fill(logs, sequence: 9, from: 1_000, to: 1_100)
        #expect(Hop.allCases.map { sample.ns($0) } == [10, 11, 11, 11, 11, 11, 11, 24])
        #expect(Hop.allCases.map { sample.work($0) } == [1, 2, 3, 4, 5, 6, 7, 3])
        #expect(Hop.allCases.filter { sample.isPreempted($0) } == [.feature])
        #expect(Hop.allCases.allSatisfy { sample.isKnown($0) })
        #expect(sample.totalNs == 100)
    }

    /// Goal: whatever the marks say, missing ones and later ones than the order among them, the
    /// hops add up to the whole.
    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func `hops add up to the whole`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let ingressNs = 1_000_000 + generator.next() % 1_000
        let total = generator.next() % 100_000
        let sequence = 50 + generator.next() % 50
        let logs: [HopLog?] = (0..<7).map { _ in
            if generator.next() % 5 == 0 { return nil }
            let log = HopLog(capacity: 16)
            var reached = generator.next() % 60
            var time = ingressNs - 500 + generator.next() % 1_000
            for _ in 0..<(generator.next() % 40) {
                log.add(
                    sequence: reached, timeNs: time, work: Int(generator.next() % 100_000),
                    preemption: generator.next() % 2 == 0 ? .seen : .none)
                reached += generator.next() % 9
                time += generator.next() % 20_000
            }
            return log
        }
        let sample = Self.fill(
            logs, sequence: sequence, from: ingressNs, to: ingressNs + total)
        #expect(sample.totalNs == total, "seed \(seed)")
        for hop in Hop.allCases {
            if !sample.isKnown(hop) { #expect(sample.ns(hop) == 0, "seed \(seed)") }
            if hop != .encrypted, logs[hop.rawValue] == nil {
                #expect(!sample.isKnown(hop), "seed \(seed)")
            }
        }
        #expect(sample.isKnown(.encrypted))
    }

    @Test func `names of hops are histograms that fit their place, each once`() {
        let names = Hop.allCases.map(\.name)
        #expect(Set(names).count == Int(APUS_HOP_COUNT))
        #expect(names.allSatisfy { $0.utf8.count < 64 && $0.hasPrefix("hop_") })
    }

    @Test func `orders that left are held until the next poll's are too many`() {
        let log = SendLog()
        func order(_ number: UInt64) -> SentOrder {
            SentOrder(
                sequence: number, ingressTimeNs: 2 * number, sentTimeNs: 3 * number,
                instrumentID: UInt32(number))
        }
        for number in 0..<100 as Range<UInt64> { log.add(order(number)) }
        #expect(log.count == 100)
        for number in (100 - SendLog.capacity)..<100 { #expect(log.order(number) == order(number)) }
    }
}

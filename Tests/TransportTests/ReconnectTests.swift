//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTLS
import Foundation
import Platform
import Synchronization
import Testing
import Transport
import WebSocket

/// Goal: a connection that is lost and made again leaves nothing behind, however often.
///
/// Method: a process of its own, so that nothing else opens, allocates or starts anything there,
/// has one connector, one reader and a venue that ends every connection after one message, each
/// time in another way. Every `interval` connections the venue holds still, and what the process
/// uses is read: with one connection up, always the same.
extension TransportSuites {
    @Suite("Reconnects")
    struct ReconnectTests {
        /// How a venue's connections end.
        private enum Ending: Int, CaseIterable { case cut, close, violation, garbage }

        private static let count =
            ProcessInfo.processInfo.environment["APUS_RECONNECTS"].flatMap { Int($0) } ?? 600
        private static let interval = 100
        /// Rest points that are not compared: memory is taken when it is first needed.
        private static let warmUp = 300
        private static let login = "{\"op\":\"login\"}"

        /// What the process uses at a rest point.
        private struct Use: CustomStringConvertible {
            var residentKiB = 0
            var threads: [String] = []
            /// What each descriptor is, without the numbers of sockets.
            var descriptors: [String] = []
            var arenaBytes: UInt64 = 0
            /// The venue's thread bears the name of the test's.
            var ownThreads: [String] { threads.filter { $0.hasPrefix("apus-") } }

            var description: String {
                let timers = descriptors.count { $0.contains("timerfd") }
                return "\(residentKiB) KiB resident, \(arenaBytes >> 10) KiB of TLS arena, "
                    + "\(descriptors.count) descriptors (\(timers) timers), "
                    + "\(threads.count) threads"
            }
        }

        /// Connections that the venue took, and whether it may end the one it holds.
        private final class Pace: Sendable {
            let accepted = Atomic<Int>(0)
            let released = Atomic<Int>(0)
        }

        @Test func `a connection lost thousands of times leaves nothing behind`() async {
            let result = await #expect(
                processExitsWith: .success, observing: [\.standardOutputContent]
            ) { try Self.reconnect() }
            let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
            for line in output.split(separator: "\n") where line.hasPrefix("reconnects:") {
                print(line)
            }
        }

        private static func reconnect() throws {
            let pace = Pace()
            let venue = TestVenue { peer in serve(peer, pace) }
            let one = ConnectionSpecification(
                id: 1, name: "test.1", url: venue.url, caFile: TestAuthority.good.caFile,
                opening: { conversation throws(TransportError) in
                    try conversation.send(login)
                    let answer = try conversation.receive()
                    guard answer == Array("{\"event\":\"login\"}".utf8) else {
                        throw TransportError.refused("no answer to the log-in")
                    }
                })
            let harness = try ReaderHarness([one]) { configuration in
                // Every loss is followed by the next attempt at once.
                configuration.stableAfter = .zero
                configuration.attemptsPerFiveMinutesMax = 2 * count
            }
            var rests: [Use] = []
            for connection in 1...count {
                #expect(try harness.next().kind == .connected)
                #expect(try harness.next().text == "{\"n\":\(connection)}")
                if connection % interval == 0 {
                    rests.append(try use())
                    pace.released.store(connection, ordering: .releasing)
                }
                #expect(try harness.next().kind == .disconnected)
            }
            #expect(harness.counter("reader_connects_total") == UInt64(count))
            #expect(harness.counter("reader_disconnects_total") == UInt64(count))
            harness.stop()
            venue.stop()
            compare(rests)
        }

        /// One connection of the venue: log-in, one message, and an end.
        private static func serve(_ peer: TestPeer, _ pace: Pace) {
            guard peer.upgrade(), peer.receiveFrame()?.payload == Array(login.utf8) else { return }
            let number = pace.accepted.wrappingAdd(1, ordering: .relaxed).newValue
            peer.send(TestPeer.text("{\"event\":\"login\"}"))
            peer.send(TestPeer.text("{\"n\":\(number)}"))
            while number % interval == 0, pace.released.load(ordering: .acquiring) < number {
                CurrentThread.sleep(ns: 200_000)
            }
            switch Ending(rawValue: number % Ending.allCases.count) {
            case .close: peer.send(TestPeer.frame(WebSocketOpcode.close, [0x03, 0xE9]))
            case .violation: peer.send(TestPeer.frame(0x3, [1, 2, 3]))
            case .garbage: peer.send(TestPeer.frame(WebSocketOpcode.text, [0xFF, 0xFE]))
            case .cut, nil: return
            }
            peer.waitForEnd()
        }

        private static func use() throws -> Use {
            var use = Use()
            use.residentKiB = Int(residentBytes() >> 10)
            let files = FileManager.default
            use.threads = try files.contentsOfDirectory(atPath: "/proc/self/task").map {
                (try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)) ?? ""
            }.sorted()
            use.descriptors = try files.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
                // The folder's own descriptor is gone by now.
                (try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))
                    .map { $0.hasPrefix("socket:") ? "socket" : $0 }
            }.sorted()
            use.arenaBytes = UInt64(apus_tls_arena_bytes())
            return use
        }

        /// Descriptors, threads and the TLS arena stay as they are; resident memory may grow by
        /// the times of attempts that the backoff remembers for five minutes (8 bytes each, and
        /// as much again while the array grows), and by 1 MiB for all that the process has
        /// touched and not given back: pages of malloc's arenas, stacks, what this test notes at
        /// its rest points. One session leaked each time would be 20 KiB, or 200 MiB after 10,000.
        private static func compare(_ rests: [Use]) {
            let steady = rests.dropFirst(warmUp / interval - 1)
            guard let first = steady.first, let last = steady.last, steady.count > 1 else {
                Issue.record("APUS_RECONNECTS is at least \(warmUp + interval)")
                return
            }
            for use in steady {
                #expect(use.descriptors == first.descriptors)
                #expect(use.ownThreads == first.ownThreads)
                // Those of the test library's pool end when they have nothing to do.
                #expect(use.threads.count <= first.threads.count)
                #expect(use.arenaBytes == first.arenaBytes)
            }
            let allowedKiB = 1_024 + 24 * count / 1_024
            let most = steady.map(\.residentKiB).max() ?? 0
            #expect(most - first.residentKiB <= allowedKiB, "\(first) -> \(last)")
            print("reconnects: after \(warmUp): \(first)")
            print("reconnects: after \(count): \(last); at most \(most) KiB, \(allowedKiB) allowed")
        }
    }
}

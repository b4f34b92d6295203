//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import CTLS
import CUring
import Platform
import Synchronization

/// The life of one connection on its cold thread: wait, dial, hand over, wait for its return.
///
/// SAFETY: `context` is set before the thread starts; the mutex guards the rest.
@safe
final class ConnectionRunner: @unchecked Sendable {
    let specification: ConnectionSpecification
    var context: TLSContextBox?

    private let configuration: ConnectorConfiguration
    private let handover: UnsafeMutablePointer<Handover>
    private let bell: UnsafeMutablePointer<HandoverBell>
    private let log: @Sendable (String) -> Void
    private let isStopping = Atomic<Bool>(false)
    private let isWanted: Atomic<Bool>
    private let hasFinished = Atomic<Bool>(false)
    private let shared = Mutex(Shared())
    private static let pauseNs: UInt64 = 2_000_000

    private struct Shared {
        var status = ConnectionStatus()
        var failure: TransportError?
    }

    init(
        _ specification: ConnectionSpecification, _ configuration: ConnectorConfiguration,
        _ handover: UnsafeMutablePointer<Handover>, _ bell: UnsafeMutablePointer<HandoverBell>,
        _ log: @escaping @Sendable (String) -> Void
    ) {
        self.specification = specification
        self.configuration = configuration
        unsafe self.handover = unsafe handover
        unsafe self.bell = unsafe bell
        self.log = log
        isWanted = Atomic(!specification.isStandby)
        unsafe handover.pointee.leftover = .allocate(capacity: Int(APUS_HANDOVER_LEFTOVER_MAX))
        unsafe handover.pointee.socket = -1
    }

    var status: ConnectionStatus {
        var status = shared.withLock { $0.status }
        unsafe status.messageCount = status.isConnected ? apus_handover_messages(handover) : 0
        unsafe status.receiptCount = apus_handover_receipts(handover)
        return status
    }
    var failure: TransportError? { shared.withLock { $0.failure } }
    var isFinished: Bool { hasFinished.load(ordering: .acquiring) }

    /// Whether the connection is to be there.
    func setWanted(_ wanted: Bool) { isWanted.store(wanted, ordering: .releasing) }
    var wanted: Bool { isWanted.load(ordering: .acquiring) }

    func requestStop() { isStopping.store(true, ordering: .releasing) }

    func run() {
        unsafe apus_thread_set_name("apus-connect")
        var backoff = Backoff(configuration, salt: UInt64(specification.id))
        while !mustStop {
            guard wanted else {
                apus_thread_sleep_ns(Self.pauseNs)
                continue
            }
            wait(backoff.delay(now: monotonicNs()))
            if mustStop { break }
            guard let connection = dial(&backoff) else { continue }
            let start = monotonicNs()
            offer(connection)
            serve()
            let lived = monotonicNs() - start
            if lived >= nanoseconds(configuration.stableAfter) {
                backoff.succeeded()
            } else {
                backoff.failed()
            }
        }
        hasFinished.store(true, ordering: .releasing)
    }

    private var mustStop: Bool { isStopping.load(ordering: .acquiring) }

    /// Sleeps in slices, so that a stop is noticed.
    private func wait(_ ns: UInt64) {
        let end = monotonicNs() + ns
        while !mustStop {
            let now = monotonicNs()
            if now >= end { return }
            apus_thread_sleep_ns(min(end - now, 10_000_000))
        }
    }

    private func dial(_ backoff: inout Backoff) -> DialedConnection? {
        shared.withLock { $0.status.attemptCount += 1 }
        guard let context else { preconditionFailure("a context before the thread starts") }
        do throws(TransportError) {
            return unsafe try Dialer.dial(
                specification, context: context.pointer, timeout: configuration.connectTimeout)
        } catch {
            shared.withLock {
                $0.status.lastError = error.description
                $0.failure = error
            }
            log("\(specification.name): \(error.description)")
            backoff.failed()
            if let pause = error.retryAfter { wait(nanoseconds(pause)) }
            return nil
        }
    }

    private func offer(_ connection: DialedConnection) {
        unsafe handover.pointee.session = unsafe UnsafeMutableRawPointer(connection.session)
        unsafe handover.pointee.socket = connection.socket
        let count = min(connection.leftover.count, Int(APUS_HANDOVER_LEFTOVER_MAX))
        for index in 0..<count {
            unsafe handover.pointee.leftover[index] = connection.leftover[index]
        }
        unsafe handover.pointee.leftoverLength = UInt64(count)
        unsafe handover.pointee.idleTimeoutNs = specification.idleTimeout.map(nanoseconds) ?? 0
        unsafe handover.pointee.reason = ConnectionLoss(0)
        unsafe handover.pointee.detail = 0
        unsafe apus_handover_show_messages(handover, 0)
        log("\(specification.name): connected, \(connection.cipher)")
        _ = unsafe apus_handover_take_drop(handover)  // A request meant for an earlier connection.
        unsafe apus_handover_set(handover, UInt32(APUS_HANDOVER_OFFERED))
        unsafe apus_handover_ring(bell)
        shared.withLock {
            $0.status.isConnected = true
            $0.status.connectedCount += 1
            $0.status.connectedNs = monotonicNs()
            $0.failure = nil
        }
    }

    /// Waits for the connection to come back and closes it.
    private func serve() {
        var stopDeadline: UInt64?
        var isDropAsked = false
        while unsafe apus_handover_state(handover) != APUS_HANDOVER_RETURNED {
            if mustStop {
                if unsafe apus_handover_take_offer(handover, UInt32(APUS_HANDOVER_EMPTY)) != 0 {
                    break
                }
                if stopDeadline == nil {
                    stopDeadline = monotonicNs() + 900_000_000
                    unsafe apus_handover_request_drop(handover)
                    unsafe apus_handover_ring(bell)
                }
                // The reader no longer runs: what it holds is left to the process's end.
                if monotonicNs() > stopDeadline! { return }
            }
            if !wanted, !isDropAsked {
                isDropAsked = true
                unsafe apus_handover_request_drop(handover)
                unsafe apus_handover_ring(bell)
            }
            apus_thread_sleep_ns(Self.pauseNs)
        }
        let session = unsafe OpaquePointer(handover.pointee.session)
        let text = unsafe handover.pointee.reason.describe(
            detail: handover.pointee.detail,
            session: session.map { unsafe String(cString: apus_tls_session_error($0)) } ?? "")
        unsafe apus_tls_session_destroy(session)
        unsafe apus_socket_close(handover.pointee.socket)
        unsafe handover.pointee.session = nil
        unsafe handover.pointee.socket = -1
        unsafe apus_handover_set(handover, UInt32(APUS_HANDOVER_EMPTY))
        shared.withLock {
            $0.status.isConnected = false
            $0.status.lastError = text
        }
        log("\(specification.name): \(text)")
    }
}

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

/// Makes the connections and makes them again when they are lost, on one cold thread each.
///
/// The reader takes a connection that is up by its handover and gives it back when it is lost.
/// The handovers live until the process ends.
///
/// SAFETY: immutable after `init` but for what the mutex and the handovers guard.
@safe
public final class Connector: @unchecked Sendable {
    public let specifications: [ConnectionSpecification]

    /// One handover per connection id below `connectionCount`; that of id 0 is never used.
    let handovers: UnsafeMutablePointer<Handover>
    let bell: UnsafeMutablePointer<HandoverBell>
    let connectionCount: Int

    private let configuration: ConnectorConfiguration
    private let log: @Sendable (String) -> Void
    private let runners: [ConnectionRunner]
    private let threads = Mutex<[UInt64]>([])

    /// - Parameter log: Called on cold threads with one line for each attempt that failed, each
    ///   connection made and each one lost.
    public init(
        specifications: [ConnectionSpecification],
        configuration: ConnectorConfiguration = ConnectorConfiguration(),
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        let count = Int(specifications.map(\.id).max() ?? 0) + 1
        precondition(
            Set(specifications.map(\.id)).count == specifications.count, "distinct ids")
        _ = apus_tls_initialise()
        unsafe handovers = .allocate(capacity: count)
        unsafe apus_zero(handovers, count * MemoryLayout<Handover>.stride)
        unsafe bell = .allocate(capacity: 1)
        unsafe apus_zero(bell, MemoryLayout<HandoverBell>.stride)
        connectionCount = count
        self.specifications = specifications
        self.configuration = configuration
        self.log = log
        var runners: [ConnectionRunner] = []
        for specification in specifications {
            unsafe runners.append(
                ConnectionRunner(
                    specification, configuration, handovers + Int(specification.id), bell, log))
        }
        self.runners = runners
    }

    /// Starts connecting. Throws when a CA file cannot be used or a thread cannot be started.
    public func start() throws(TransportError) {
        var contexts: [String?: TLSContextBox] = [:]
        for runner in runners {
            let caFile = runner.specification.caFile
            let context: TLSContextBox
            if let known = contexts[caFile] {
                context = known
            } else {
                context = try TLSContextBox(caFile: caFile)
                contexts[caFile] = context
            }
            runner.context = context
        }
        for runner in runners {
            var thread: UInt64 = 0
            let argument = unsafe Unmanaged.passRetained(runner).toOpaque()
            let result = unsafe apus_thread_start(
                { unsafe Unmanaged<ConnectionRunner>.fromOpaque($0!).takeRetainedValue().run() },
                unsafe argument, &thread)
            guard result == 0 else {
                unsafe Unmanaged<ConnectionRunner>.fromOpaque(argument).release()
                throw TransportError(.setup, "connection thread: \(errorText(result))")
            }
            threads.withLock { $0.append(thread) }
        }
    }

    /// Ends all connecting. Connections that the reader holds are closed by it, if it still runs.
    ///
    /// Waits for the threads for up to a second; one that is held up in name resolution is left
    /// to end by itself.
    public func stop() {
        for runner in runners { runner.requestStop() }
        let started = threads.withLock { threads in
            defer { threads = [] }
            return Array(zip(runners, threads))
        }
        let deadline = monotonicNs() + 1_000_000_000
        while monotonicNs() < deadline, started.contains(where: { !$0.0.isFinished }) {
            apus_thread_sleep_ns(1_000_000)
        }
        for (runner, thread) in started where runner.isFinished { apus_thread_join(thread) }
    }

    /// Has the reader close connection `id`, which is then made anew: for a path with a new key.
    public func reconnect(_ id: UInt16) {
        guard Int(id) < connectionCount else { return }
        unsafe apus_handover_request_drop(handovers + Int(id))
        unsafe apus_handover_ring(bell)
    }

    /// Has connection `id` made, or closed and left closed: for replacements that take over from
    /// one another.
    public func setWanted(_ id: UInt16, _ isWanted: Bool) {
        runners.first { $0.specification.id == id }?.setWanted(isWanted)
    }

    public func status(_ id: UInt16) -> ConnectionStatus {
        runners.first { $0.specification.id == id }?.status ?? ConnectionStatus()
    }

    /// Waits until every connection that is wanted has been made once.
    ///
    /// Throws one clear line: at once where trying again cannot help (certificate, refused
    /// upgrade), otherwise after `timeout` the last error of a connection that is missing.
    public func waitUntilConnected(timeout: Duration) throws(TransportError) {
        let deadline = monotonicNs() + nanoseconds(timeout)
        while true {
            var missing: ConnectionRunner?
            for runner in runners where runner.wanted && runner.status.connectedCount == 0 {
                missing = runner
                if let failure = runner.failure, failure.isPermanent {
                    throw Self.named(failure, runner)
                }
            }
            guard let missing else { return }
            if monotonicNs() >= deadline {
                let failure = missing.failure ?? TransportError(.timedOut, "timed out")
                throw Self.named(failure, missing)
            }
            apus_thread_sleep_ns(2_000_000)
        }
    }

    private static func named(
        _ failure: TransportError, _ runner: ConnectionRunner
    ) -> TransportError {
        TransportError(failure.reason, "\(runner.specification.name): \(failure.description)")
    }
}

/// A TLS context shared by the connections that trust the same roots.
///
/// SAFETY: OpenSSL contexts may be used by several threads once configured.
@safe
final class TLSContextBox: @unchecked Sendable {
    let pointer: OpaquePointer

    init(caFile: String?) throws(TransportError) {
        var error = [CChar](repeating: 0, count: Int(APUS_TLS_ERROR_MAX))
        guard let made = unsafe apus_tls_context_create(caFile, &error) else {
            throw TransportError(.setup, text(error))
        }
        unsafe pointer = unsafe made
    }

    deinit { unsafe apus_tls_context_destroy(pointer) }
}

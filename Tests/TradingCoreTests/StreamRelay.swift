//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Synchronization

/// A TCP relay on the loopback interface in front of one of a simulator's ports: what goes through
/// it can be cut, as a cable is.
///
/// SAFETY: descriptors are used by their connection's threads; the set of them is under a lock.
final class StreamRelay: @unchecked Sendable {
    let port: UInt16
    private let target: UInt16
    private let listener: Int32
    private struct State {
        var isCut = false
        var sockets: Set<Int32> = []
    }
    private let state = Mutex(State())

    struct Failure: Error { let step: String }

    init(to target: UInt16) throws {
        self.target = target
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                unsafe bind(listener, name, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, name, &length) == 0
            }
        }
        guard listener >= 0, isBound else { throw Failure(step: "listen") }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in accept() }
    }

    /// Ends every connection, and refuses new ones.
    func cut() {
        state.withLock { state in
            state.isCut = true
            for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    func mend() { state.withLock { $0.isCut = false } }

    /// No more connections; those that are there go on.
    func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            if client < 0 { break }
            guard let server = connect(), register(client, server) else {
                Glibc.close(client)
                continue
            }
            Thread.detachNewThread { [self] in pump(client, server) }
            Thread.detachNewThread { [self] in pump(server, client) }
        }
        Glibc.close(listener)
    }

    private func connect() -> Int32? {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(target)
        let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                unsafe Glibc.connect(server, name, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected {
            var one: Int32 = 1
            unsafe setsockopt(server, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
            return server
        }
        Glibc.close(server)
        return nil
    }

    private func register(_ client: Int32, _ server: Int32) -> Bool {
        let isOpen = state.withLock { state in
            if state.isCut { return false }
            state.sockets.formUnion([client, server])
            return true
        }
        if !isOpen { Glibc.close(server) }
        return isOpen
    }

    /// One way; the end of it is the other way's end too. Descriptors stay until the process ends:
    /// a number that is used again would be cut for another's sake.
    private func pump(_ from: Int32, _ to: Int32) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(from, &bytes, bytes.count)
            var sent = 0
            while sent < count {
                let part = unsafe bytes.withUnsafeBytes {
                    unsafe send(
                        to, $0.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL))
                }
                if part <= 0 { break }
                sent += part
            }
            if count <= 0 || sent < count { break }
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
    }
}

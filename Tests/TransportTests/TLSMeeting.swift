//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CHostileTLS
import CTLS
import Foundation
import Platform
import Testing

/// A server as `apus_hostile_tls.h` makes it; as it stands here, one without fault.
struct HostileServer {
    struct Certificate {
        var notBeforeOffsetS: Int64 = -3_600
        var notAfterOffsetS: Int64 = 30 * 86_400
        var commonName = "Hostile authority"
        var alternativeNames: String?
        var basicConstraints: String? = "critical,CA:TRUE"
        var keyUsage: String? = "critical,keyCertSign,cRLSign"
        var extendedKeyUsage: String?
        var nameConstraints: String?
        var digest = "SHA256"
        /// 0: EC P-256.
        var rsaBits: UInt64 = 0
        var hasBadSignature = false
        var hasUnknownCritical = false
    }

    var root = Certificate(commonName: "Hostile root")
    var intermediate = Certificate(commonName: "Hostile intermediate")
    var leaf = Certificate(
        commonName: "localhost", alternativeNames: "DNS:localhost,IP:127.0.0.1,IP:::1",
        basicConstraints: "critical,CA:FALSE", keyUsage: "critical,digitalSignature",
        extendedKeyUsage: "serverAuth")
    var isSelfSigned = false
    var omitsIntermediate = false
    var certificateCopies: UInt64 = 0
    var versionMin: UInt64 = 0x0303
    var versionMax: UInt64 = 0x0304
    var ciphers: String?
    var serverName: String?

    /// Texts are kept until the process ends.
    func make() -> OpaquePointer? {
        var plan = unsafe HostilePlan(
            root: Self.described(root), intermediate: Self.described(intermediate),
            leaf: Self.described(leaf), isSelfSigned: isSelfSigned ? 1 : 0,
            omitsIntermediate: omitsIntermediate ? 1 : 0, certificateCopies: certificateCopies,
            versionMin: versionMin, versionMax: versionMax, ciphers: Self.kept(ciphers),
            serverName: Self.kept(serverName))
        return unsafe apus_hostile_server_create(&plan)
    }

    private static func described(_ certificate: Certificate) -> HostileCertificate {
        unsafe HostileCertificate(
            notBeforeOffsetS: certificate.notBeforeOffsetS,
            notAfterOffsetS: certificate.notAfterOffsetS,
            commonName: kept(certificate.commonName),
            alternativeNames: kept(certificate.alternativeNames),
            basicConstraints: kept(certificate.basicConstraints),
            keyUsage: kept(certificate.keyUsage),
            extendedKeyUsage: kept(certificate.extendedKeyUsage),
            nameConstraints: kept(certificate.nameConstraints), digest: kept(certificate.digest),
            rsaBits: certificate.rsaBits, hasBadSignature: certificate.hasBadSignature ? 1 : 0,
            hasUnknownCritical: certificate.hasUnknownCritical ? 1 : 0)
    }

    private static func kept(_ text: String?) -> UnsafePointer<CChar>? {
        unsafe text.map { unsafe UnsafePointer(strdup($0)) }
    }
}

/// The servers of all refusals, made once, and a client that trusts their roots.
///
/// SAFETY: filled before use and never changed; each server is used by one test at a time.
@safe
struct HostileWorld: @unchecked Sendable {
    static let shared = try! HostileWorld(TLSRefusalTests.all, trusting: true)
    /// One whose root the client does not trust.
    static let stranger = try! HostileWorld(
        [TLSRefusal("unknown root", "") { _ in }], trusting: false)

    let context: OpaquePointer
    private let servers: [String: OpaquePointer]

    init(_ refusals: [TLSRefusal], trusting: Bool) throws {
        _ = TestAuthority.good
        var made: [String: OpaquePointer] = unsafe [:]
        var roots = ""
        for refusal in refusals {
            var plan = HostileServer()
            plan.root.commonName = "Hostile root of \(refusal.name)"
            refusal.change(&plan)
            guard let server = unsafe plan.make() else { throw POSIXError(.EPROTO) }
            unsafe made[refusal.name] = unsafe server
            unsafe roots += String(cString: apus_hostile_server_root_pem(server))
        }
        unsafe servers = unsafe made
        let file = URL(filePath: NSTemporaryDirectory())
            .appending(path: "apus-hostile-\(currentProcessID()).pem")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(roots.utf8).write(to: file)
        var error = [CChar](repeating: 0, count: Int(APUS_TLS_ERROR_MAX))
        let path = trusting ? file.path() : nil
        guard let context = unsafe apus_tls_context_create(path, &error) else {
            throw POSIXError(.EPROTO)
        }
        unsafe self.context = unsafe context
    }

    func server(_ refusal: TLSRefusal) -> OpaquePointer? { unsafe servers[refusal.name] }
}

/// A client's session and a server, joined by the test.
///
/// SAFETY: used by one thread.
@safe
final class TLSMeeting {
    private let server: OpaquePointer
    private let client: OpaquePointer
    /// What the client reads from stays in place until it has.
    private let window = UnsafeMutablePointer<UInt8>.allocate(capacity: windowSize)
    private static let windowSize = 1 << 20

    init(_ refusal: TLSRefusal, in world: HostileWorld = .shared) throws {
        var error = [CChar](repeating: 0, count: Int(APUS_TLS_ERROR_MAX))
        guard let server = unsafe world.server(refusal),
            unsafe apus_hostile_server_restart(server) == 0,
            let client = unsafe apus_tls_session_create(world.context, refusal.host, &error)
        else { throw POSIXError(.EPROTO) }
        unsafe self.server = unsafe server
        unsafe self.client = unsafe client
    }

    deinit {
        unsafe apus_tls_session_destroy(client)
        unsafe window.deallocate()
    }

    var reason: String { unsafe String(cString: apus_tls_session_error(client)) }
    var hasRefusedCertificate: Bool {
        unsafe apus_tls_session_refused_certificate(client) != 0
    }

    /// Gives the client `bytes` and lets it go on: 1 done, 0 waits, -1 failed.
    func answer(_ bytes: [UInt8]) -> Int32 {
        precondition(bytes.count <= Self.windowSize, "a flight of the server")
        for (index, byte) in bytes.enumerated() { unsafe window[index] = byte }
        unsafe apus_tls_session_feed(client, window, bytes.count)
        return unsafe apus_tls_session_handshake(client)
    }

    /// Moves what the client has to say to the server.
    private func moveToServer() {
        while true {
            var length = 0
            let bytes = unsafe apus_tls_session_output(client, &length)
            if length == 0 { return }
            _ = unsafe apus_hostile_server_feed(server, bytes!, length)
            unsafe apus_tls_session_consume(client, length)
        }
    }

    private func takeFromServer() -> [UInt8] {
        var taken: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe apus_hostile_server_take(server, &piece, piece.count)
            if count == 0 { return taken }
            taken += piece[..<count]
        }
    }

    /// What the server says to the client's greeting.
    func firstFlight() -> [UInt8] {
        _ = answer([])
        moveToServer()
        return takeFromServer()
    }

    /// Lets both go on until the client is done.
    func shakeHands() -> Bool {
        for _ in 0..<10 {
            moveToServer()
            let result = answer(takeFromServer())
            if result != 0 { return result == 1 }
        }
        return false
    }
}

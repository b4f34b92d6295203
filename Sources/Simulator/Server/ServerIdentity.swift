//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
import Foundation

/// What is wrong with a certificate that clients have to refuse.
public enum CertificateFault: String, Sendable {
    case none
    case expired
    case wrongHost = "wrong-host"
    case unknownIssuer = "unknown-issuer"
}

/// The server's certificate and key and the root that clients trust, as PEM text.
///
/// They are made at start and live in memory, unless a folder is named to keep them: a simulator
/// that is killed and started again is then the same venue to its clients. The root signs one
/// certificate, for loopback names; its key is never kept.
struct ServerIdentity {
    let root: String
    let certificate: String
    let key: String

    /// Reads the identity that `folder` keeps; makes one, and keeps it there, when it has none.
    ///
    /// - Parameter fault: Only for an identity made now.
    init(keptIn folder: String?, fault: CertificateFault) throws(SimulatorError) {
        if let folder, let kept = try Self.read(folder) {
            self = kept
            return
        }
        try self.init(fault: fault)
        if let folder { try keep(in: folder) }
    }

    private init(root: String, certificate: String, key: String) {
        self.root = root
        self.certificate = certificate
        self.key = key
    }

    private init(fault: CertificateFault) throws(SimulatorError) {
        let authority =
            fault == .wrongHost
            ? unsafe "elsewhere.test".withCString { unsafe Self.make(fault, name: $0) }
            : unsafe Self.make(fault, name: nil)
        guard let authority = unsafe authority else {
            throw SimulatorError("cannot make the test certificates")
        }
        defer { unsafe apus_test_authority_destroy(authority) }
        root = unsafe String(cString: apus_test_authority_ca_pem(authority))
        certificate = unsafe String(cString: apus_test_authority_certificate_pem(authority))
        key = unsafe String(cString: apus_test_authority_key_pem(authority))
    }

    private static func make(
        _ fault: CertificateFault, name: UnsafePointer<CChar>?
    ) -> OpaquePointer? {
        var wanted = unsafe TestCertificate.standard()
        switch fault {
        case .none: break
        case .expired:
            unsafe wanted.notBeforeOffsetS = -7_200
            unsafe wanted.notAfterOffsetS = -3_600
        case .wrongHost:
            unsafe wanted.dnsName = unsafe name
            unsafe wanted.namesLoopback = 0
        case .unknownIssuer: unsafe wanted.signedByUnknownRoot = 1
        }
        return unsafe apus_test_authority_create(&wanted)
    }

    // MARK: - Folder

    private static let rootName = "ca.pem"
    private static let certificateName = "server.pem"
    private static let keyName = "server.key"

    /// `nil` when nothing is kept there; a file that is missing or open to others is an error.
    private static func read(_ folder: String) throws(SimulatorError) -> ServerIdentity? {
        guard FileManager.default.fileExists(atPath: "\(folder)/\(keyName)") else { return nil }
        let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(keyName)")
        guard let mode = attributes?[.posixPermissions] as? Int, mode & 0o077 == 0 else {
            throw SimulatorError("\(folder)/\(keyName) may be read by others; it must be 0600")
        }
        func text(_ name: String) throws(SimulatorError) -> String {
            guard let text = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            else {
                throw SimulatorError("cannot read \(folder)/\(name)")
            }
            return text
        }
        return ServerIdentity(
            root: try text(rootName), certificate: try text(certificateName),
            key: try text(keyName))
    }

    /// The key comes last: a folder with a key is complete.
    private func keep(in folder: String) throws(SimulatorError) {
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        for (name, text) in [
            (Self.rootName, root), (Self.certificateName, certificate), (Self.keyName, key),
        ] {
            try Self.write(text, to: "\(folder)/\(name)")
        }
    }

    /// Writes the root for clients.
    func writeRoot(to path: String) throws(SimulatorError) { try Self.write(root, to: path) }

    /// A file of mode 0600 beside it, then a rename, so that a reader sees all of it or none.
    private static func write(_ text: String, to path: String) throws(SimulatorError) {
        let temporary = "\(path).\(ProcessInfo.processInfo.processIdentifier).part"
        unsafe unlink(temporary)
        let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw SimulatorError(unsafe "cannot write \(path): \(String(cString: strerror(errno)))")
        }
        let bytes = Array(text.utf8)
        let count = unsafe Foundation.write(file, bytes, bytes.count)
        let isClosed = close(file) == 0
        guard count == bytes.count, isClosed, unsafe rename(temporary, path) == 0 else {
            unsafe unlink(temporary)
            throw SimulatorError("cannot write \(path)")
        }
    }
}

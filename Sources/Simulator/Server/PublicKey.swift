//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS

/// A client's Ed25519 key, as it is shown to the venue.
///
/// SAFETY: the handle is read only after `init`; verifying makes a context of its own each time.
@safe
public final class PublicKey: @unchecked Sendable {
    private let handle: OpaquePointer

    /// - Parameter path: SubjectPublicKeyInfo in PEM.
    public init(path: String) throws(SimulatorError) {
        guard let handle = unsafe apus_ed25519_public_create(path) else {
            throw SimulatorError("\(path) holds no Ed25519 public key in PEM")
        }
        unsafe self.handle = unsafe handle
    }

    deinit { unsafe apus_ed25519_destroy(handle) }

    /// Whether `signature` is base64 of the signature of `payload`.
    func verifies(_ signature: String, _ payload: [UInt8]) -> Bool {
        let text = Array(signature.utf8)
        return unsafe apus_ed25519_verify(
            handle, payload, payload.count, text, text.count) == 1
    }
}

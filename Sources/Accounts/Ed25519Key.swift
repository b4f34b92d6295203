//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS

/// Why there is no key. No case tells anything of the file's content.
public enum KeyFileError: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String)
    /// It belongs to another user than the one that runs the engine.
    case foreign(path: String)
    /// Its mode lets others than its owner in.
    case shared(path: String)
    /// It is no unencrypted PEM of an Ed25519 private key.
    case noKey(path: String)

    public var description: String {
        switch self {
        case .unreadable(let path): "\(path) cannot be read as a plain file"
        case .foreign(let path): "\(path) belongs to another user"
        case .shared(let path): "\(path) must have mode 0600: others than its owner can get at it"
        case .noKey(let path): "\(path) holds no unencrypted Ed25519 private key in PEM"
        }
    }
}

/// A private key that signs log-ons and REST requests. Never printed; the description says nothing.
///
/// SAFETY: the handle is read only after `init`; signing makes a context of its own each time.
@safe
public final class Ed25519Key: @unchecked Sendable, CustomStringConvertible {
    private let handle: OpaquePointer

    public var description: String { "a private key" }

    /// - Parameter path: PKCS#8 in PEM; a plain file of mode 0600 or less of who runs this.
    public init(path: String) throws(KeyFileError) {
        var handle: OpaquePointer?
        let result = unsafe apus_ed25519_create(path, &handle)
        switch result {
        case APUS_KEY_FILE_TAKEN: break
        case APUS_KEY_FILE_FOREIGN: throw .foreign(path: path)
        case APUS_KEY_FILE_SHARED: throw .shared(path: path)
        case APUS_KEY_FILE_NO_KEY: throw .noKey(path: path)
        default: throw .unreadable(path: path)
        }
        guard let handle = unsafe handle else { throw .noKey(path: path) }
        unsafe self.handle = unsafe handle
    }

    deinit { unsafe apus_ed25519_destroy(handle) }

    /// Base64 of the signature of `payload`; `nil` when the library fails.
    ///
    /// Allocates; for cold threads.
    public func sign(_ payload: String) -> String? {
        let bytes = Array(payload.utf8)
        var text = [UInt8](repeating: 0, count: Int(APUS_ED25519_BASE64_LENGTH))
        guard unsafe apus_ed25519_sign(handle, bytes, bytes.count, &text) == 0 else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    /// The public half in PEM; `nil` when the library fails.
    public var publicPEM: String? {
        var text = [CChar](repeating: 0, count: Self.pemLengthMax)
        let length = unsafe apus_ed25519_public_pem(handle, &text, text.count)
        guard length > 0 else { return nil }
        let bytes = text.prefix(Int(length)).map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let pemLengthMax = 512
}

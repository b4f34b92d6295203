//===-- apus_ed25519.h - Signatures by an Ed25519 key ---------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Pure Ed25519 (RFC 8032, section 5.1) over whole messages. Cold code: a session is logged on once,
// and REST requests are few; order frames of a logged-on session are not signed.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_ED25519_H
#define APUS_ED25519_H

#include "apus_base.h"

/// Base64 of a signature, with its padding and without a zero.
#define APUS_ED25519_BASE64_LENGTH 88

typedef struct apus_ed25519 apus_ed25519_t;

/// Why a key file was refused.
typedef enum APUS_SWIFT_NAME(KeyFileResult) apus_key_file_result {
    APUS_KEY_FILE_TAKEN = 0,
    APUS_KEY_FILE_UNREADABLE = 1, ///< It cannot be opened, is a link or no plain file.
    APUS_KEY_FILE_FOREIGN = 2,    ///< It belongs to another user.
    APUS_KEY_FILE_SHARED = 3,     ///< Its mode lets others than the owner in: anything over 0600.
    APUS_KEY_FILE_NO_KEY = 4,     ///< It is no unencrypted PEM of an Ed25519 private key.
} apus_key_file_result_t;

/// Reads a private key, PKCS#8 in PEM. Every copy of the file's bytes is wiped.
///
/// The checks are of the file that was opened, not of its name, so it cannot be exchanged between.
apus_key_file_result_t apus_ed25519_create(char const *path, apus_ed25519_t **key);
/// Reads a public key, SubjectPublicKeyInfo in PEM, which anybody may see.
///
/// @return NULL when the file cannot be read or holds no such key.
apus_ed25519_t *apus_ed25519_public_create(char const *path);
/// NULL is allowed. The library wipes the key.
void apus_ed25519_destroy(apus_ed25519_t *key);

/// Writes the signature of `length` bytes to `out` as APUS_ED25519_BASE64_LENGTH characters.
///
/// @return 0, or -EIO when the library failed; nothing usable is in `out` then.
int apus_ed25519_sign(
    apus_ed25519_t const *key, uint8_t const *bytes, size_t length, uint8_t *out);
/// Whether `text` is base64 of the signature of `length` bytes.
///
/// @param key Public or private.
/// @return 1 when it is, otherwise 0.
int apus_ed25519_verify(
    apus_ed25519_t const *key, uint8_t const *bytes, size_t length, uint8_t const *text,
    size_t text_length);
/// Writes the public half of `key` in PEM, without a zero.
///
/// @return Bytes written, or -EIO when the library failed or `capacity` is too small.
int apus_ed25519_public_pem(apus_ed25519_t const *key, char *out, size_t capacity);

#endif

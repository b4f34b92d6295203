//===-- record_keys.h - Keys of one direction of TLS 1.3 records -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Internal to CTLS. A direction is made of a traffic secret; its key and iv follow from that, and
// so does the next secret. Source: RFC 8446, sections 5.2, 5.3, 7.1 to 7.3.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_RECORD_KEYS_H
#define APUS_RECORD_KEYS_H

#include "gcm.h"

#include <openssl/evp.h>

enum {
    RECORD_HEADER_SIZE = 5,
    RECORD_TAG_SIZE = 16,
    RECORD_CONTENT_MAX = 16384,
    /// Content, its type's byte, padding: RFC 8446, section 5.4.
    RECORD_INNER_MAX = RECORD_CONTENT_MAX + 1,
    RECORD_SECRET_MAX = 48,
    RECORD_KEY_MAX = 32,
    RECORD_IV_SIZE = 12,
};

/// Keys and position of one direction. Plain data but for `cipher`.
typedef struct record_keys {
    uint64_t sequence; ///< Of the next record.
    uint8_t iv[RECORD_IV_SIZE];
    uint32_t key_length;
    gcm_key_t gcm;          ///< Used when `cipher` is NULL.
    EVP_CIPHER_CTX *cipher; ///< Made once for a key, and only given a nonce for a record.
    EVP_MD const *digest;
    uint8_t secret[RECORD_SECRET_MAX];
    uint32_t secret_length;
    uint32_t suite;
} record_keys_t;

/// Whether `suite`, a number of TLS 1.3, is one that this layer speaks, with secrets of `length`.
int record_keys_is_known(uint32_t suite, size_t length);
/// Takes the first application secret.
///
/// @param is_portable Records go through EVP whatever the processor can do.
/// @return 0 or -1, when OpenSSL refuses.
int record_keys_init(record_keys_t *keys, uint32_t suite, uint8_t const *secret, size_t length,
                     int is_sending, int is_portable);
/// Goes over to the next secret; the sequence begins again.
int record_keys_update(record_keys_t *keys, int is_sending);
/// Wipes and frees everything.
void record_keys_destroy(record_keys_t *keys);

/// Writes a whole record of `length` bytes, at most RECORD_CONTENT_MAX, to `out`.
///
/// @return Its bytes; 0 when OpenSSL refuses.
size_t record_seal(record_keys_t *keys, uint8_t type, uint8_t const *bytes, size_t length,
                   uint8_t *out);
/// Opens a record whose header says `inner` + RECORD_TAG_SIZE bytes.
///
/// @param out `inner` bytes, all zero when the tag is wrong.
/// @return 0 or -1.
int record_open(record_keys_t *keys, uint8_t const *record, size_t inner, uint8_t *out);

/// HKDF-Expand-Label without a context, of at most one block of the digest: RFC 8446, section 7.1.
///
/// @return 0 or -1.
int record_expand_label(EVP_MD const *digest, uint8_t const *secret, size_t secret_length,
                        char const *label, uint8_t *out, size_t length);

#endif

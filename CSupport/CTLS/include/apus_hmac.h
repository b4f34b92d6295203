//===-- apus_hmac.h - HMAC-SHA256 by precomputed state ----------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// HMAC(k, m) = H((k ^ opad) || H((k ^ ipad) || m)). Both hashes begin with one block that depends
// on the key alone, so their states after it are computed once and copied for each message. A
// payload that always begins with the same bytes has those hashed once too: `apus_hmac_extend`.
// Source: RFC 2104, section 4; FIPS 180-4.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_HMAC_H
#define APUS_HMAC_H

#include "apus_base.h"

#define APUS_HMAC_HEX_LENGTH 64
#define APUS_HMAC_BASE64_LENGTH 44

/// A key's two hash states. As secret as the key: wipe it with apus_hmac_destroy.
///
/// Any copy of it signs. Plain data, no pointers: it may be copied and lives as long as wanted.
typedef struct APUS_SWIFT_NAME(HMACState) apus_hmac {
    uint64_t inner[14]; ///< SHA-256 state after (key ^ ipad) and the constant prefix, if any.
    uint64_t outer[14]; ///< SHA-256 state after (key ^ opad).
} apus_hmac_t;

/// Precomputes the states of `key`; a key above 64 bytes is hashed first. For start-up.
void apus_hmac_init(apus_hmac_t *hmac, uint8_t const *key, size_t length);

/// Appends `length` bytes to the constant prefix of every message signed by `hmac`.
void apus_hmac_extend(apus_hmac_t *hmac, uint8_t const *bytes, size_t length);

/// Writes HMAC-SHA256 of the prefix and `bytes` to `hex` as 64 lower-case digits, without a zero.
///
/// Errors: none. Cost: about 45 ns for each 64-byte block of the message, and one more block.
APUS_HOT void apus_hmac_sign(apus_hmac_t const *hmac, uint8_t const *bytes, size_t length,
                             uint8_t *hex);

/// As apus_hmac_sign, as base64 with padding and a final zero; for cold threads.
void apus_hmac_sign_base64(apus_hmac_t const *hmac, uint8_t const *bytes, size_t length,
                           char out[APUS_HMAC_BASE64_LENGTH + 1]);

/// Wipes both states; the compiler cannot leave it out.
void apus_hmac_destroy(apus_hmac_t *hmac);

/// Wipes any `length` bytes that held a secret.
void apus_hmac_wipe(void *bytes, size_t length);

#endif

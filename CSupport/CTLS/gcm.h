//===-- gcm.h - AES-GCM of TLS records by vector instructions ---*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Internal to CTLS. Only where `gcm_is_available`; elsewhere records go through EVP.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_GCM_H
#define APUS_GCM_H

#include <stddef.h>
#include <stdint.h>

enum {
    GCM_IV_SIZE = 12,
    GCM_TAG_SIZE = 16,
    GCM_HEADER_SIZE = 5,  ///< Additional data: a record's header.
    GCM_POWER_COUNT = 34, ///< 32 blocks, the header in front of them and the lengths behind.
};

/// An expanded key; as secret as the key. Plain data.
typedef struct gcm_key {
    uint8_t round_keys[15][16];
    /// The hash key's powers, highest first, and zeros that a whole vector may be loaded from.
    uint8_t powers[GCM_POWER_COUNT + 4][16];
    uint64_t round_count; ///< 10 or 14.
} gcm_key_t;

/// Whether this processor has what the functions below use.
int gcm_is_available(void);
/// @param length 16 or 32.
void gcm_key_init(gcm_key_t *key, uint8_t const *bytes, size_t length);

/// Encrypts `length` bytes and the byte `type` behind them. The nonce is `iv` with `sequence`, a
/// big-endian number, added to its last eight bytes.
///
/// @param header The record's header, its first byte lowest. Numbers, not bytes in memory: a load
///        behind narrower stores would wait for them.
/// @param out `length` + 1 bytes, then the tag.
void gcm_seal(gcm_key_t const *key, uint8_t const *iv, uint64_t sequence, uint64_t header,
              uint8_t const *in, size_t length, uint8_t type, uint8_t *out);
/// Decrypts `length` bytes, at least 1, and compares the tag behind them in constant time.
///
/// @return 0; or -1 when the tag is wrong: then `out` holds nothing but zeros.
int gcm_open(gcm_key_t const *key, uint8_t const *iv, uint64_t sequence, uint64_t header,
             uint8_t const *in, size_t length, uint8_t *out);

#endif

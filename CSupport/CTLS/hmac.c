//===-- hmac.c - HMAC-SHA256 by precomputed state -------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL 3 deprecates the low-level SHA-256 calls in favour of EVP, whose contexts live on the
// heap and cannot be copied without allocating. The low-level ones work on plain structs, use the
// processor's SHA instructions all the same, and allocate nothing: that is why they are used here,
// with the deprecation silenced for this file and sha256.c alone.
//
//===----------------------------------------------------------------------===//

#define OPENSSL_SUPPRESS_DEPRECATED

#include "apus_hmac.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

enum { BLOCK_SIZE = 64 };

static_assert(sizeof(SHA256_CTX) == sizeof(((apus_hmac_t *)0)->inner), "a state is one context");

/// Wipes a copied state from the stack without the price of a call through a pointer.
static inline void wipe_inline(void *bytes, size_t length) {
    memset(bytes, 0, length);
    __asm__ volatile("" : : "r"(bytes) : "memory");
}

static void absorb_key_block(uint64_t *state, uint8_t const *key_block, uint8_t pad) {
    uint8_t block[BLOCK_SIZE];
    for (size_t i = 0; i < BLOCK_SIZE; i++) block[i] = key_block[i] ^ pad;
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, block, BLOCK_SIZE);
    memcpy(state, &context, sizeof context);
    OPENSSL_cleanse(block, sizeof block);
    OPENSSL_cleanse(&context, sizeof context);
}

void apus_hmac_init(apus_hmac_t *hmac, uint8_t const *key, size_t length) {
    uint8_t key_block[BLOCK_SIZE] = {0};
    if (length > BLOCK_SIZE) {
        SHA256_CTX context;
        SHA256_Init(&context);
        SHA256_Update(&context, key, length);
        SHA256_Final(key_block, &context);
        OPENSSL_cleanse(&context, sizeof context);
    } else if (length > 0) {
        memcpy(key_block, key, length);
    }
    absorb_key_block(hmac->inner, key_block, 0x36);
    absorb_key_block(hmac->outer, key_block, 0x5c);
    OPENSSL_cleanse(key_block, sizeof key_block);
}

void apus_hmac_extend(apus_hmac_t *hmac, uint8_t const *bytes, size_t length) {
    SHA256_CTX context;
    memcpy(&context, hmac->inner, sizeof context);
    SHA256_Update(&context, bytes, length);
    memcpy(hmac->inner, &context, sizeof context);
    OPENSSL_cleanse(&context, sizeof context);
}

/// Two lower-case digits for each byte, four bytes at a time: each nibble gets a byte of its own, a
/// nibble above 9 carries into bit 4 when 6 is added, and its letter lies 39 further on.
static void write_hex(uint8_t const *digest, uint8_t *hex) {
    for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i += 4) {
        uint64_t x = (uint64_t)digest[i] << 24 | (uint64_t)digest[i + 1] << 16 |
                     (uint64_t)digest[i + 2] << 8 | digest[i + 3];
        x = (x << 16 | x) & 0x0000FFFF0000FFFFu;
        x = (x << 8 | x) & 0x00FF00FF00FF00FFu;
        x = (x << 4 | x) & 0x0F0F0F0F0F0F0F0Fu;
        uint64_t const letters = ((x + 0x0606060606060606u) >> 4) & 0x0101010101010101u;
        x += 0x3030303030303030u + letters * 39u;
        for (size_t byte = 0; byte < 8; ++byte) hex[2 * i + byte] = (uint8_t)(x >> (56 - 8 * byte));
    }
}

void apus_hmac_sign(apus_hmac_t const *hmac, uint8_t const *bytes, size_t length, uint8_t *hex) {
    SHA256_CTX context;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    memcpy(&context, hmac->inner, sizeof context);
    SHA256_Update(&context, bytes, length);
    SHA256_Final(digest, &context);
    memcpy(&context, hmac->outer, sizeof context);
    SHA256_Update(&context, digest, sizeof digest);
    SHA256_Final(digest, &context);
    wipe_inline(&context, sizeof context);
    write_hex(digest, hex);
}

void apus_hmac_destroy(apus_hmac_t *hmac) { OPENSSL_cleanse(hmac, sizeof *hmac); }

void apus_hmac_wipe(void *bytes, size_t length) { OPENSSL_cleanse(bytes, length); }

//===-- sha256.c - SHA-256 of many short records --------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// EVP looks the digest up and allocates a context for every call, which costs more than a short
// record itself; see hmac.c for why the deprecated calls do well here.
//
//===----------------------------------------------------------------------===//

#define OPENSSL_SUPPRESS_DEPRECATED

#include "apus_digest.h"

#include <openssl/sha.h>

uint64_t apus_sha256_head(uint8_t const *bytes, size_t length) {
    SHA256_CTX context;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256_Init(&context);
    SHA256_Update(&context, bytes, length);
    SHA256_Final(digest, &context);
    uint64_t head = 0;
    for (int i = 0; i < 8; ++i) head = head << 8 | digest[i];
    return head;
}

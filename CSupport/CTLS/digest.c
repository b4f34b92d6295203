//===-- digest.c - Digests of cold paths ----------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_digest.h"

#include <openssl/evp.h>
#include <stdio.h>

static char const alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t apus_base64_encode(uint8_t const *bytes, size_t length, char *out) {
    char *to = out;
    for (size_t i = 0; i < length; i += 3) {
        size_t const left = length - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (left > 1) group |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2) group |= (uint32_t)bytes[i + 2];
        *to++ = alphabet[(group >> 18) & 63u];
        *to++ = alphabet[(group >> 12) & 63u];
        *to++ = left > 1 ? alphabet[(group >> 6) & 63u] : '=';
        *to++ = left > 2 ? alphabet[group & 63u] : '=';
    }
    *to = 0;
    return (size_t)(to - out);
}

void apus_websocket_accept_key(char const *key, char out[29]) {
    char text[255 + 36 + 1];
    int const length =
        snprintf(text, sizeof text, "%.255s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    out[0] = 0;
    if (EVP_Digest(text, (size_t)length, digest, &size, EVP_sha1(), NULL) != 1) return;
    if (size == 20) apus_base64_encode(digest, size, out);
}

void apus_sha256_base64(uint8_t const *bytes, size_t length, char out[45]) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    out[0] = 0;
    if (EVP_Digest(bytes, length, digest, &size, EVP_sha256(), NULL) != 1) return;
    if (size == 32) apus_base64_encode(digest, size, out);
}

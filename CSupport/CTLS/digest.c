//===-- digest.c - Digests of cold paths ----------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

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

void apus_hex_encode(uint8_t const *bytes, size_t length, char *out) {
    static char const digits[] = "0123456789abcdef";
    for (size_t index = 0; index < length; index += 1) {
        out[2 * index] = digits[bytes[index] >> 4];
        out[2 * index + 1] = digits[bytes[index] & 15];
    }
}

int apus_sha256_hex(uint8_t const *bytes, size_t length, char out[65]) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_Digest(bytes, length, digest, &size, EVP_sha256(), NULL) != 1 || size != 32)
        return -EIO;
    apus_hex_encode(digest, size, out);
    out[64] = 0;
    return 0;
}

/// Feeds all that `file` holds to `context`.
static int digest_all(int file, EVP_MD_CTX *context) {
    uint8_t piece[1 << 16];
    for (;;) {
        ssize_t const count = read(file, piece, sizeof piece);
        if (count == 0) return 0;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        if (EVP_DigestUpdate(context, piece, (size_t)count) != 1) return -EIO;
    }
}

int apus_sha256_file(char const *path, char out[65]) {
    int const file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    EVP_MD_CTX *const context = EVP_MD_CTX_new();
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    int result = -EIO;
    if (context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1)
        result = digest_all(file, context);
    if (result == 0 && (EVP_DigestFinal_ex(context, digest, &size) != 1 || size != 32))
        result = -EIO;
    EVP_MD_CTX_free(context);
    close(file);
    if (result != 0) return result;
    apus_hex_encode(digest, size, out);
    out[64] = 0;
    return 0;
}

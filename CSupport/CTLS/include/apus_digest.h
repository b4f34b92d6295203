//===-- apus_digest.h - Digests of cold paths -------------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_DIGEST_H
#define APUS_DIGEST_H

#include "apus_base.h"

/// The Sec-WebSocket-Accept value that answers `key` (RFC 6455, section 4.2.2): base64 of the
/// SHA-1 of the key and a fixed GUID.
///
/// @param key Zero-terminated; at most 255 characters are taken.
/// @param out 28 characters and a zero; empty when the library's SHA-1 failed.
void apus_websocket_accept_key(char const *key, char out[29]);

/// Base64 of the SHA-256 of `bytes`, and a zero; empty when the library's SHA-256 failed.
void apus_sha256_base64(uint8_t const *bytes, size_t length, char out[45]);

/// The first 8 bytes of the SHA-256 of `bytes`, as a number: its 16 hexadecimal digits are the
/// first ones that sha256sum prints. Cost: about 45 ns for each 64 bytes, and 64 more. Allocates
/// nothing.
uint64_t apus_sha256_head(uint8_t const *bytes, size_t length);
/// SHA-256 of `bytes` as 64 lower-case hexadecimal digits and a zero. 0 or -EIO.
int apus_sha256_hex(uint8_t const *bytes, size_t length, char out[65]);

/// The same of what a file holds, read piece by piece; 0, or -errno when it cannot be read.
int apus_sha256_file(char const *path, char out[65]);

/// Two lower-case hexadecimal digits for each byte, no terminator.
void apus_hex_encode(uint8_t const *bytes, size_t length, char *out);

/// Base64 with padding, zero-terminated.
///
/// @param out Room for 4 * ((length + 2) / 3) + 1 bytes.
/// @return Characters written, without the zero.
size_t apus_base64_encode(uint8_t const *bytes, size_t length, char *out);

#endif

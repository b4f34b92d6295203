//===-- apus_tls_records.h - TLS 1.3 records of our own ---------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL shakes hands and verifies; from the first record of application data on, a TLS 1.3
// session opens and seals its records itself:
//
// - Taken over: TLS_AES_128_GCM_SHA256 and TLS_AES_256_GCM_SHA384 by vector instructions where the
//   processor has AVX-512 with VAES and VPCLMULQDQ, else by EVP; TLS_CHACHA20_POLY1305_SHA256 by
//   EVP. TLS 1.2 stays with OpenSSL.
// - A record is opened from where it was received to where it is wanted. Nothing of it is handed
//   on before its tag is verified, and where that fails, what was written is zeroed.
// - Session tickets are skipped, key updates followed and answered, alerts told from each other.
//   Anything else ends the session with a reason and an alert to the peer.
// - A key of ours seals 2^24 records at most: then we change it.
//
// Source: RFC 8446, sections 4.6, 5, 6 and 7.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_TLS_RECORDS_H
#define APUS_TLS_RECORDS_H

#include "apus_tls.h"

/// Records sealed with one key at most: RFC 8446, section 5.5.
#define APUS_TLS_RECORDS_PER_KEY_MAX 16777216
/// Records accepted with one key at most. The peer is the one to change it; a connection is cut
/// before that many.
#define APUS_TLS_RECEIVED_PER_KEY_MAX 4294967296
/// Records in a row without application data, above which the peer is held for hostile.
#define APUS_TLS_QUIET_RECORDS_MAX 32

/// A session beyond its handshake, with given secrets. For tests and benchmarks.
///
/// @param suite 0x1301, 0x1302 or 0x1303.
/// @param is_portable 1: by EVP, whatever the processor can do.
/// @return NULL for a suite or a length of secrets that is not known.
apus_tls_session_t *
apus_tls_session_create_with_secrets(uint32_t suite, uint8_t const *receive_secret,
                                     uint8_t const *send_secret, size_t length, int is_portable);
/// Seals one record of any type into the send buffer, as no honest session would. For tests.
///
/// @return 0; -EINVAL above 2^14 bytes; -ENOBUFS.
int apus_tls_session_seal(
    apus_tls_session_t *session, uint8_t type, uint8_t const *bytes, size_t length);
/// Sets how many records either key has served. For tests of the bounds.
void apus_tls_session_set_sequences(apus_tls_session_t *session, uint64_t receive, uint64_t send);
/// HKDF-Expand-Label of RFC 8446 by SHA-256, without a context. For tests.
///
/// @return 0 or -1.
int apus_tls_expand_label(
    uint8_t const *secret, size_t secret_length, char const *label, uint8_t *out, size_t length);

#endif

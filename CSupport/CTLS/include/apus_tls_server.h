//===-- apus_tls_server.h - TLS server session for the simulator -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// The venue's end of a connection: OpenSSL on a non-blocking socket that the caller owns and
// polls. Cold code; a server and its peers belong to one thread.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_TLS_SERVER_H
#define APUS_TLS_SERVER_H

#include "apus_base.h"

/// A certificate and its key, shared by all connections. TLS 1.2 or later.
typedef struct apus_tls_server apus_tls_server_t;
/// One connection.
typedef struct apus_tls_peer apus_tls_peer_t;

/// Reads certificate and key from PEM text. NULL when they are unusable or do not match.
apus_tls_server_t *apus_tls_server_create(char const *certificate_pem, char const *key_pem);
/// Has new connections speak `suites` of TLS 1.3 only (OpenSSL's names, colons between), or TLS 1.2
/// when NULL; send `ticket_count` session tickets; and pad records to multiples of `padding` bytes
/// unless 0. 0 or -EINVAL.
int apus_tls_server_restrict(
    apus_tls_server_t *server, char const *suites, size_t ticket_count, size_t padding);
void apus_tls_server_destroy(apus_tls_server_t *server);

/// A session on a connected, non-blocking socket, which stays the caller's. NULL: out of memory.
apus_tls_peer_t *apus_tls_peer_create(apus_tls_server_t *server, int socket);
/// Frees the session; the socket stays open. `is_polite` 1 sends a close alert first.
void apus_tls_peer_destroy(apus_tls_peer_t *peer, int is_polite);

/// Continues the handshake. 1 done, 0 waiting for the socket, -EPROTO failed.
int apus_tls_peer_handshake(apus_tls_peer_t *peer);
/// Changes the peer's key, and asks for a new one of the client's when `is_answer_wanted`. 0, or
/// -EPROTO: not in TLS 1.2, nor while the socket is full.
int apus_tls_peer_update_keys(apus_tls_peer_t *peer, int is_answer_wanted);
/// Bytes read, 0 when none are there now, -EPIPE when the client closed, -EPROTO on failure.
int64_t apus_tls_peer_read(apus_tls_peer_t *peer, uint8_t *bytes, size_t capacity);
/// Bytes taken, 0 when the socket is full, -EPROTO on failure.
int64_t apus_tls_peer_write(apus_tls_peer_t *peer, uint8_t const *bytes, size_t length);

/// HMAC-SHA256 as 64 lower-case hexadecimal digits and a zero. 0 or -EIO.
int apus_tls_server_hmac_hex(
    uint8_t const *key, size_t key_length, uint8_t const *payload, size_t length, char out[65]);
/// `length` random bytes as 2 * `length` hexadecimal digits, no terminator. 0 or -EIO.
int apus_tls_server_random_hex(char *out, size_t length);

#endif

//===-- tls_internal.h - What the TLS session's parts share -----*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// A session is OpenSSL's until the handshake is done. Then, where it speaks TLS 1.3, this library
// takes its records over (`records.c`) and OpenSSL's part is freed; else OpenSSL stays.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_TLS_INTERNAL_H
#define APUS_TLS_INTERNAL_H

#include "apus_tls.h"
#include "apus_tls_records.h"
#include "record_keys.h"

#include <openssl/ssl.h>
#include <string.h>

struct apus_tls_context {
    SSL_CTX *ssl;
};

struct apus_tls_session {
    // The window over the receive buffer.
    uint8_t const *input;
    size_t input_length;
    // The send buffer: positions only grow until all is consumed, then they begin again, which
    // keeps the bytes in the same cache lines. They lie at position modulo the capacity.
    uint64_t output_head;
    uint64_t output_tail;
    int has_own_records;
    int has_failed;
    int is_output_dead;    ///< A write failed halfway: nothing further is sent.
    int is_output_closed;  ///< close_notify is written.
    int owes_key_update;   ///< The peer asked for new keys, and there was no room to answer.
    int has_more;          ///< The last read filled its destination: there may be more.
    int is_handshake_open; ///< Inside a handshake message that came after the handshake.
    uint32_t quiet_count;  ///< Records in a row that brought no application data.
    // Plaintext that found no room at the reader's.
    size_t plain_at;
    size_t plain_end;
    /// Bytes of a record whose rest is still to come.
    size_t partial_length;
    // The handshake message under way.
    size_t handshake_length; ///< Of its header that is known.
    size_t handshake_left;
    uint8_t handshake[4];
    record_keys_t receive;
    record_keys_t send;
    SSL *ssl; ///< NULL once the records are our own.
    // Secrets of the handshake, until they are taken over.
    uint8_t client_secret[RECORD_SECRET_MAX];
    uint8_t server_secret[RECORD_SECRET_MAX];
    size_t client_secret_length;
    size_t server_secret_length;
    int refused_certificate;
    char host[256];
    char description[96];
    char error[APUS_TLS_ERROR_MAX];
    uint8_t partial[RECORD_HEADER_SIZE + RECORD_INNER_MAX + RECORD_TAG_SIZE];
    uint8_t plain[RECORD_INNER_MAX];
    /// A record that is to lie across the end of the send buffer.
    uint8_t crossing[RECORD_HEADER_SIZE + RECORD_INNER_MAX + RECORD_TAG_SIZE];
    uint8_t output[APUS_TLS_OUTPUT_CAPACITY];
};
#define OUTPUT_MASK (APUS_TLS_OUTPUT_CAPACITY - 1u)
static_assert((APUS_TLS_OUTPUT_CAPACITY & OUTPUT_MASK) == 0, "a power of two");

static inline size_t tls_output_room(apus_tls_session_t const *session) {
    return APUS_TLS_OUTPUT_CAPACITY - (size_t)(session->output_tail - session->output_head);
}

/// Appends bytes to the send buffer, which has room for them.
static inline void
tls_output_append(apus_tls_session_t *session, uint8_t const *bytes, size_t length) {
    size_t const offset = (size_t)session->output_tail & OUTPUT_MASK;
    size_t const straight = APUS_TLS_OUTPUT_CAPACITY - offset;
    size_t const first = length < straight ? length : straight;
    memcpy(session->output + offset, bytes, first);
    memcpy(session->output, bytes + first, length - first);
    session->output_tail += length;
}

/// A context of `method` without settings.
apus_tls_context_t *tls_context_make(SSL_METHOD const *method, char *error);
/// A session of either end; `host` may be empty at a server.
apus_tls_session_t *tls_session_make(SSL_CTX *ssl, char const *host, char *error);
/// Writes `what` and OpenSSL's last reason to `error`.
void tls_describe_library_error(char const *what, char *error);

/// Has `session`'s context tell it the secrets of its traffic.
void tls_secrets_watch(SSL_CTX *ssl);
/// Wipes secrets that were not taken over.
void tls_secrets_wipe(apus_tls_session_t *session);
/// Takes the records over from OpenSSL, right behind the handshake, where that is possible.
void tls_records_take_over(apus_tls_session_t *session);
void tls_records_destroy(apus_tls_session_t *session);

// As the functions of `apus_tls.h` that they serve.
int tls_records_read(apus_tls_session_t *session, uint8_t *out, size_t capacity);
int tls_records_write(apus_tls_session_t *session, uint8_t const *bytes, size_t length);
int tls_records_close(apus_tls_session_t *session);

#endif

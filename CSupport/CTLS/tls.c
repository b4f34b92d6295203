//===-- tls.c - TLS client session ----------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "tls_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// One for the process: OpenSSL has few BIO types to give away.
static BIO_METHOD *bio_method;
static pthread_once_t bio_method_once = PTHREAD_ONCE_INIT;

// MARK: - The BIO: window in, send buffer out

static int bio_read(BIO *bio, char *out, size_t wanted, size_t *taken) {
    apus_tls_session_t *const session = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    size_t const count = wanted < session->input_length ? wanted : session->input_length;
    if (count == 0) {
        BIO_set_retry_read(bio);
        *taken = 0;
        return 0;
    }
    memcpy(out, session->input, count);
    session->input += count;
    session->input_length -= count;
    *taken = count;
    return 1;
}

static int bio_write(BIO *bio, char const *bytes, size_t length, size_t *written) {
    apus_tls_session_t *const session = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (length > tls_output_room(session)) {
        BIO_set_retry_write(bio);
        *written = 0;
        return 0;
    }
    tls_output_append(session, (uint8_t const *)bytes, length);
    *written = length;
    return 1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// MARK: - Context

void tls_describe_library_error(char const *what, char *error) {
    unsigned long const code = ERR_peek_last_error();
    char const *const reason = ERR_reason_error_string(code);
    snprintf(error, APUS_TLS_ERROR_MAX, "%s: %s", what, reason != NULL ? reason : "failed");
    ERR_clear_error();
}

/// 112 bits: no SHA-1 or MD5 signature, no RSA key under 2048 bits, whatever the system's settings.
#define SECURITY_LEVEL 2

static int configure(SSL_CTX *ssl, char *error) {
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_security_level(ssl, SECURITY_LEVEL);
    SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_clear_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    // OpenSSL must not take in more than the handshake: see records.c.
    SSL_CTX_set_read_ahead(ssl, 0);
    tls_secrets_watch(ssl);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    // TLS 1.2 as TLS 1.3: a fresh key exchange and authenticated encryption, nothing else.
    if (SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ssl, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
        SSL_CTX_set_ciphersuites(ssl, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                      "TLS_CHACHA20_POLY1305_SHA256") != 1) {
        tls_describe_library_error("TLS settings", error);
        return -1;
    }
    return 0;
}

/// Trusts the system's roots and those of `ca_file`.
static int trust_roots(SSL_CTX *ssl, char const *ca_file, char *error) {
    if (SSL_CTX_set_default_verify_paths(ssl) != 1) {
        tls_describe_library_error("system trust store", error);
        return -1;
    }
    if (ca_file != NULL && SSL_CTX_load_verify_locations(ssl, ca_file, NULL) != 1) {
        char what[160];
        snprintf(what, sizeof what, "CA file %.140s", ca_file);
        tls_describe_library_error(what, error);
        return -1;
    }
    ERR_clear_error();
    return 0;
}

static void make_method(void) {
    int const type = BIO_get_new_index();
    bio_method = BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "apus");
    if (bio_method == NULL) return;
    BIO_meth_set_read_ex(bio_method, bio_read);
    BIO_meth_set_write_ex(bio_method, bio_write);
    BIO_meth_set_ctrl(bio_method, bio_control);
}

apus_tls_context_t *tls_context_make(SSL_METHOD const *method, char *error) {
    apus_tls_initialise();
    error[0] = 0;
    ERR_clear_error();
    apus_tls_context_t *const context = calloc(1, sizeof *context);
    if (context == NULL) {
        snprintf(error, APUS_TLS_ERROR_MAX, "no memory for TLS");
        return NULL;
    }
    pthread_once(&bio_method_once, make_method);
    context->ssl = SSL_CTX_new(method);
    if (context->ssl != NULL && bio_method != NULL) return context;
    tls_describe_library_error("TLS context", error);
    apus_tls_context_destroy(context);
    return NULL;
}

apus_tls_context_t *apus_tls_context_create(char const *ca_file, char *error) {
    apus_tls_context_t *const context = tls_context_make(TLS_client_method(), error);
    if (context == NULL) return NULL;
    if (configure(context->ssl, error) == 0 && trust_roots(context->ssl, ca_file, error) == 0)
        return context;
    apus_tls_context_destroy(context);
    return NULL;
}

void apus_tls_context_destroy(apus_tls_context_t *context) {
    if (context == NULL) return;
    SSL_CTX_free(context->ssl);
    free(context);
}

// MARK: - Session

static int is_address(char const *host) {
    uint8_t bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static int expect_host(SSL *ssl, char const *host) {
    if (is_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
    // A subject's common name is no host name: RFC 9525, section 2.
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

apus_tls_session_t *tls_session_make(SSL_CTX *ssl, char const *host, char *error) {
    error[0] = 0;
    ERR_clear_error();
    apus_tls_session_t *const session = calloc(1, sizeof *session);
    if (session == NULL) {
        snprintf(error, APUS_TLS_ERROR_MAX, "no memory for a TLS session");
        return NULL;
    }
    snprintf(session->host, sizeof session->host, "%s", host);
    session->ssl = SSL_new(ssl);
    BIO *const bio = session->ssl != NULL ? BIO_new(bio_method) : NULL;
    if (bio == NULL || (host[0] != 0 && expect_host(session->ssl, host) != 1)) {
        tls_describe_library_error("TLS session", error);
        BIO_free(bio);
        apus_tls_session_destroy(session);
        return NULL;
    }
    BIO_set_data(bio, session);
    BIO_set_init(bio, 1);
    SSL_set_bio(session->ssl, bio, bio);
    SSL_set_app_data(session->ssl, session);
    return session;
}

apus_tls_session_t *
apus_tls_session_create(apus_tls_context_t *context, char const *host, char *error) {
    if (strlen(host) == 0 || strlen(host) > 253) {
        snprintf(error, APUS_TLS_ERROR_MAX, "host name empty or too long");
        return NULL;
    }
    apus_tls_session_t *const session = tls_session_make(context->ssl, host, error);
    if (session != NULL) SSL_set_connect_state(session->ssl);
    return session;
}

void apus_tls_session_destroy(apus_tls_session_t *session) {
    if (session == NULL) return;
    SSL_free(session->ssl);
    tls_secrets_wipe(session);
    tls_records_destroy(session);
    // What is left is ciphertext, and plaintext of the peer's.
    free(session);
}

void apus_tls_session_feed(apus_tls_session_t *session, uint8_t const *bytes, size_t length) {
    session->input = bytes;
    session->input_length = length;
}

size_t apus_tls_session_unread(apus_tls_session_t const *session) {
    return session->input_length;
}

char const *apus_tls_session_error(apus_tls_session_t const *session) { return session->error; }

int apus_tls_session_refused_certificate(apus_tls_session_t const *session) {
    return session->refused_certificate;
}

void apus_tls_session_describe(apus_tls_session_t const *session, char *text, size_t size) {
    if (session->has_own_records) {
        snprintf(text, size, "%s", session->description);
        return;
    }
    snprintf(text, size, "%s %s (OpenSSL's records)", SSL_get_version(session->ssl),
             SSL_get_cipher(session->ssl));
}

static void describe_certificate(apus_tls_session_t *session, long result) {
    char *const error = session->error;
    session->refused_certificate = 1;
    switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        snprintf(error, APUS_TLS_ERROR_MAX, "certificate expired");
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        snprintf(error, APUS_TLS_ERROR_MAX, "certificate not yet valid");
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        snprintf(error, APUS_TLS_ERROR_MAX, "wrong host name: certificate is not for %.200s",
                 session->host);
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        snprintf(error, APUS_TLS_ERROR_MAX, "unknown issuer: %s",
                 X509_verify_cert_error_string(result));
        break;
    default:
        snprintf(error, APUS_TLS_ERROR_MAX, "certificate refused: %s",
                 X509_verify_cert_error_string(result));
    }
}

/// Records why the session failed, once.
static void fail(apus_tls_session_t *session) {
    session->has_failed = 1;
    if (session->error[0] != 0) return;
    long const verified = SSL_get_verify_result(session->ssl);
    if (verified != X509_V_OK) {
        describe_certificate(session, verified);
        ERR_clear_error();
        return;
    }
    tls_describe_library_error("TLS", session->error);
}

int apus_tls_session_handshake(apus_tls_session_t *session) {
    if (session->has_failed) return -1;
    if (session->has_own_records) return 1;
    ERR_clear_error();
    int const result = SSL_do_handshake(session->ssl);
    if (result == 1) {
        tls_records_take_over(session);
        return 1;
    }
    int const error = SSL_get_error(session->ssl, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return 0;
    fail(session);
    return -1;
}

int apus_tls_session_read(apus_tls_session_t *session, uint8_t *out, int capacity) {
    if (session->has_failed) return -EPROTO;
    if (__builtin_expect(session->has_own_records, 1)) {
        return tls_records_read(session, out, (size_t)capacity);
    }
    // An empty window and an exhausted record: OpenSSL would only find out the long way.
    if (session->input_length == 0 && !session->has_more) return 0;
    int const count = SSL_read(session->ssl, out, capacity);
    if (__builtin_expect(count > 0, 1)) {
        session->has_more = count == capacity;
        return count;
    }
    session->has_more = 0;
    // What the session waits for, not the error queue: that may hold what others left there.
    int const want = SSL_want(session->ssl);
    if (want == SSL_READING) return 0;
    if (want == SSL_WRITING) {
        // Room in the send buffer lets OpenSSL go on; the bytes it holds wait till then.
        session->has_more = 1;
        return 0;
    }
    if ((SSL_get_shutdown(session->ssl) & SSL_RECEIVED_SHUTDOWN) != 0) {
        session->has_failed = 1;
        snprintf(session->error, sizeof session->error, "closed by the peer");
        return -ENOTCONN;
    }
    fail(session);
    return -EPROTO;
}

int apus_tls_session_write(apus_tls_session_t *session, uint8_t const *bytes, size_t length) {
    if (__builtin_expect(session->has_failed, 0)) return -EPROTO;
    if (length == 0) return 0;
    if (__builtin_expect(session->has_own_records, 1)) {
        return tls_records_write(session, bytes, length);
    }
    // A record of up to 16 KiB grows by 5 + 1 + 16 bytes in TLS 1.3 and at most 29 in TLS 1.2.
    size_t const overhead = 64 * (length / 16384 + 1);
    if (length + overhead > tls_output_room(session)) return -ENOBUFS;
    int const count = SSL_write(session->ssl, bytes, (int)length);
    if (__builtin_expect(count == (int)length, 1)) return 0;
    // Records made before the failure are not sent either.
    session->is_output_dead = 1;
    fail(session);
    return -EPROTO;
}

int apus_tls_session_close(apus_tls_session_t *session) {
    if (session->has_failed) return 0;
    if (tls_output_room(session) < 128) return -ENOBUFS;
    if (session->has_own_records) return tls_records_close(session);
    SSL_shutdown(session->ssl);
    return 0;
}

uint8_t const *apus_tls_session_output(apus_tls_session_t const *session, size_t *length) {
    size_t const waiting = apus_tls_session_output_length(session);
    size_t const offset = (size_t)session->output_head & OUTPUT_MASK;
    size_t const straight = APUS_TLS_OUTPUT_CAPACITY - offset;
    *length = waiting < straight ? waiting : straight;
    return session->output + offset;
}

size_t apus_tls_session_output_length(apus_tls_session_t const *session) {
    if (session->is_output_dead) return 0;
    return (size_t)(session->output_tail - session->output_head);
}

void apus_tls_session_consume(apus_tls_session_t *session, size_t length) {
    session->output_head += length;
    // From the beginning again: the next record lies where the last one did, in the cache.
    if (session->output_head == session->output_tail) {
        session->output_head = 0;
        session->output_tail = 0;
    }
}

//===-- tls_server.c - TLS server session for the simulator -------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_digest.h"
#include "apus_tls_server.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

struct apus_tls_server {
    SSL_CTX *context;
};

struct apus_tls_peer {
    SSL *session;
};

static X509 *certificate_of(char const *pem) {
    BIO *const bio = BIO_new_mem_buf(pem, -1);
    if (bio == NULL) return NULL;
    X509 *const certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return certificate;
}

static EVP_PKEY *key_of(char const *pem) {
    BIO *const bio = BIO_new_mem_buf(pem, -1);
    if (bio == NULL) return NULL;
    EVP_PKEY *const key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return key;
}

apus_tls_server_t *apus_tls_server_create(char const *certificate_pem, char const *key_pem) {
    apus_tls_server_t *server = NULL;
    X509 *const certificate = certificate_of(certificate_pem);
    EVP_PKEY *const key = key_of(key_pem);
    SSL_CTX *const context = SSL_CTX_new(TLS_server_method());
    if (certificate != NULL && key != NULL && context != NULL &&
        SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
        SSL_CTX_use_certificate(context, certificate) == 1 &&
        SSL_CTX_use_PrivateKey(context, key) == 1 && SSL_CTX_check_private_key(context) == 1) {
        server = calloc(1, sizeof *server);
    }
    if (server != NULL) {
        SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
        server->context = context;
    } else {
        SSL_CTX_free(context);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    return server;
}

int apus_tls_server_restrict(
    apus_tls_server_t *server, char const *suites, size_t ticket_count, size_t padding) {
    SSL_CTX *const context = server->context;
    int const is_version_set =
        suites != NULL ? SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
                             SSL_CTX_set_ciphersuites(context, suites) == 1
                       : SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) == 1;
    return is_version_set && SSL_CTX_set_num_tickets(context, ticket_count) == 1 &&
                   SSL_CTX_set_block_padding(context, padding) == 1
               ? 0
               : -EINVAL;
}

void apus_tls_server_destroy(apus_tls_server_t *server) {
    if (server == NULL) return;
    SSL_CTX_free(server->context);
    free(server);
}

apus_tls_peer_t *apus_tls_peer_create(apus_tls_server_t *server, int socket) {
    apus_tls_peer_t *const peer = calloc(1, sizeof *peer);
    if (peer == NULL) return NULL;
    peer->session = SSL_new(server->context);
    if (peer->session == NULL || SSL_set_fd(peer->session, socket) != 1) {
        SSL_free(peer->session);
        free(peer);
        return NULL;
    }
    SSL_set_accept_state(peer->session);
    return peer;
}

void apus_tls_peer_destroy(apus_tls_peer_t *peer, int is_polite) {
    if (peer == NULL) return;
    ERR_clear_error();
    if (is_polite != 0 && SSL_is_init_finished(peer->session)) SSL_shutdown(peer->session);
    SSL_free(peer->session);
    free(peer);
}

/// Maps OpenSSL's word on a failed call to this header's: waiting, closed or broken.
static int outcome(apus_tls_peer_t *peer, int result) {
    switch (SSL_get_error(peer->session, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return 0;
    case SSL_ERROR_ZERO_RETURN: return -EPIPE;
    default: return -EPROTO;
    }
}

int apus_tls_peer_handshake(apus_tls_peer_t *peer) {
    ERR_clear_error();
    int const result = SSL_do_handshake(peer->session);
    if (result == 1) return 1;
    return outcome(peer, result) == 0 ? 0 : -EPROTO;
}

int apus_tls_peer_update_keys(apus_tls_peer_t *peer, int is_answer_wanted) {
    ERR_clear_error();
    int const kind = is_answer_wanted ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
    if (SSL_key_update(peer->session, kind) != 1) return -EPROTO;
    return SSL_do_handshake(peer->session) == 1 ? 0 : -EPROTO;
}

int64_t apus_tls_peer_read(apus_tls_peer_t *peer, uint8_t *bytes, size_t capacity) {
    ERR_clear_error();
    int const room = capacity > INT_MAX ? INT_MAX : (int)capacity;
    int const result = SSL_read(peer->session, bytes, room);
    return result > 0 ? result : outcome(peer, result);
}

int64_t apus_tls_peer_write(apus_tls_peer_t *peer, uint8_t const *bytes, size_t length) {
    ERR_clear_error();
    int const amount = length > INT_MAX ? INT_MAX : (int)length;
    int const result = SSL_write(peer->session, bytes, amount);
    if (result > 0) return result;
    return outcome(peer, result) == 0 ? 0 : -EPROTO;
}

int apus_tls_server_hmac_hex(
    uint8_t const *key, size_t key_length, uint8_t const *payload, size_t length, char out[65]) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_length = 0;
    if (key_length > INT_MAX ||
        HMAC(EVP_sha256(), key, (int)key_length, payload, length, digest, &digest_length) == NULL ||
        digest_length != 32) {
        return -EIO;
    }
    apus_hex_encode(digest, 32, out);
    out[64] = 0;
    return 0;
}

int apus_tls_server_random_hex(char *out, size_t length) {
    for (size_t done = 0; done < length; done += 1) {
        uint8_t byte = 0;
        if (RAND_bytes(&byte, 1) != 1) return -EIO;
        apus_hex_encode(&byte, 1, out + 2 * done);
    }
    return 0;
}

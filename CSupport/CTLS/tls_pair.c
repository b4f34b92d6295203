//===-- tls_pair.c - Both ends of a TLS session in one process ------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "tls_internal.h"

#include <errno.h>
#include <openssl/pem.h>
#include <stdio.h>

static X509 *parse_certificate(char const *pem) {
    BIO *const bio = BIO_new_mem_buf(pem, -1);
    if (bio == NULL) return NULL;
    X509 *const certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return certificate;
}

static int trust(SSL_CTX *ssl, char const *pem) {
    X509 *const root = parse_certificate(pem);
    int const result = root != NULL && X509_STORE_add_cert(SSL_CTX_get_cert_store(ssl), root) == 1;
    X509_free(root);
    return result;
}

static int identify(SSL_CTX *ssl, char const *certificate_pem, char const *key_pem) {
    X509 *const certificate = parse_certificate(certificate_pem);
    BIO *const bio = BIO_new_mem_buf(key_pem, -1);
    EVP_PKEY *const key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
    int const result = certificate != NULL && key != NULL &&
                       SSL_CTX_use_certificate(ssl, certificate) == 1 &&
                       SSL_CTX_use_PrivateKey(ssl, key) == 1 &&
                       SSL_CTX_set_num_tickets(ssl, 0) == 1;
    EVP_PKEY_free(key);
    BIO_free(bio);
    X509_free(certificate);
    return result;
}

/// Moves what `from` has to say to `to`, and lets that go on. -1 when it fails.
static int pass(apus_tls_session_t *from, apus_tls_session_t *to) {
    size_t length = 0;
    uint8_t const *const bytes = apus_tls_session_output(from, &length);
    apus_tls_session_feed(to, bytes, length);
    int const result = apus_tls_session_handshake(to);
    apus_tls_session_consume(from, length - apus_tls_session_unread(to));
    return result;
}

static int shake_hands(apus_tls_session_t *client, apus_tls_session_t *server) {
    for (int turn = 0; turn < 8; ++turn) {
        int const at_client = turn == 0 ? apus_tls_session_handshake(client) : pass(server, client);
        int const at_server = pass(client, server);
        if (at_client < 0 || at_server < 0) return -1;
        if (at_client == 1 && at_server == 1) return 0;
    }
    return -1;
}

int apus_tls_pair_create(apus_test_authority_t const *authority, apus_tls_session_t **client,
                         apus_tls_session_t **server, char *error) {
    apus_tls_context_t *const trusting = apus_tls_context_create(NULL, error);
    if (trusting == NULL) return -EPROTO;
    apus_tls_context_t *const serving = tls_context_make(TLS_server_method(), error);
    *client = NULL;
    *server = NULL;
    int result = -EPROTO;
    if (serving != NULL && trust(trusting->ssl, apus_test_authority_ca_pem(authority)) &&
        identify(serving->ssl, apus_test_authority_certificate_pem(authority),
                 apus_test_authority_key_pem(authority))) {
        *client = apus_tls_session_create(trusting, "localhost", error);
        *server = tls_session_make(serving->ssl, "", error);
        if (*client != NULL && *server != NULL) {
            SSL_set_accept_state((*server)->ssl);
            result = shake_hands(*client, *server) == 0 ? 0 : -EPROTO;
            if (result != 0) snprintf(error, APUS_TLS_ERROR_MAX, "%s", (*client)->error);
        }
    } else {
        tls_describe_library_error("TLS pair", error);
    }
    // The sessions hold on to what they need of their contexts.
    apus_tls_context_destroy(serving);
    apus_tls_context_destroy(trusting);
    if (result == 0) return 0;
    apus_tls_session_destroy(*client);
    apus_tls_session_destroy(*server);
    *client = NULL;
    *server = NULL;
    return result;
}

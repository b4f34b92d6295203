//===-- hostile_tls.c - TLS servers to be refused -----------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_hostile_tls.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/// An extension of no meaning, from the arc for examples.
#define UNKNOWN_EXTENSION "2.999.1"

struct apus_hostile_server {
    SSL_CTX *context;
    SSL *session;
    char *root_pem;
    char *server_name;
};

/// A certificate and its key.
struct pair {
    X509 *certificate;
    EVP_PKEY *key;
};

// MARK: - Certificates

static int add_extension(X509 *certificate, X509 *issuer, int nid, char const *value) {
    if (value == NULL) return 1;
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *const extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL) return 0;
    int const added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

static int add_unknown_critical(X509 *certificate) {
    ASN1_OBJECT *const name = OBJ_txt2obj(UNKNOWN_EXTENSION, 1);
    ASN1_OCTET_STRING *const value = ASN1_OCTET_STRING_new();
    int result = name != NULL && value != NULL &&
                 ASN1_OCTET_STRING_set(value, (uint8_t const *)"\x05\x00", 2) == 1;
    X509_EXTENSION *const extension =
        result ? X509_EXTENSION_create_by_OBJ(NULL, name, 1, value) : NULL;
    result = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(name);
    return result;
}

/// Turns one bit of the signature over.
static void spoil_signature(X509 *certificate) {
    ASN1_BIT_STRING const *signature = NULL;
    X509_get0_signature(&signature, NULL, certificate);
    uint8_t *const bytes = (uint8_t *)ASN1_STRING_get0_data(signature);
    bytes[ASN1_STRING_length(signature) - 1] ^= 1;
}

/// Makes `pair` as described; `issuer` NULL: it signs itself.
static int make_pair(struct pair *pair, apus_hostile_certificate_t const *wanted,
                     struct pair const *issuer, uint64_t serial) {
    pair->certificate = X509_new();
    pair->key = wanted->rsa_bits != 0 ? EVP_RSA_gen((unsigned)wanted->rsa_bits)
                                      : EVP_EC_gen("P-256");
    X509 *const own = pair->certificate;
    if (own == NULL || pair->key == NULL) return 0;
    X509 *const above = issuer != NULL ? issuer->certificate : own;
    X509_NAME *const name = X509_get_subject_name(own);
    int const is_made =
        X509_set_version(own, X509_VERSION_3) == 1 &&
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(own), serial) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(own), (long)wanted->not_before_offset_s) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(own), (long)wanted->not_after_offset_s) != NULL &&
        X509_set_pubkey(own, pair->key) == 1 &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   (unsigned char const *)wanted->common_name, -1, -1, 0) == 1 &&
        X509_set_issuer_name(own, X509_get_subject_name(above)) == 1 &&
        add_extension(own, above, NID_basic_constraints, wanted->basic_constraints) &&
        add_extension(own, above, NID_key_usage, wanted->key_usage) &&
        add_extension(own, above, NID_ext_key_usage, wanted->extended_key_usage) &&
        add_extension(own, above, NID_name_constraints, wanted->name_constraints) &&
        add_extension(own, above, NID_subject_alt_name, wanted->alternative_names) &&
        (wanted->has_unknown_critical == 0 || add_unknown_critical(own));
    EVP_MD const *const digest = EVP_get_digestbyname(wanted->digest);
    EVP_PKEY *const signer = issuer != NULL ? issuer->key : pair->key;
    if (!is_made || digest == NULL || X509_sign(own, signer, digest) <= 0) return 0;
    if (wanted->has_bad_signature != 0) spoil_signature(own);
    return 1;
}

static void pair_free(struct pair *pair) {
    X509_free(pair->certificate);
    EVP_PKEY_free(pair->key);
}

static char *certificate_text(X509 *certificate) {
    BIO *const bio = BIO_new(BIO_s_mem());
    if (bio == NULL) return NULL;
    PEM_write_bio_X509(bio, certificate);
    char *bytes = NULL;
    long const length = BIO_get_mem_data(bio, &bytes);
    char *const text = calloc((size_t)length + 1, 1);
    if (text != NULL) memcpy(text, bytes, (size_t)length);
    BIO_free(bio);
    return text;
}

// MARK: - Server

/// Ends the handshake for any name but the server's.
static int check_server_name(SSL *session, int *alert, void *argument) {
    apus_hostile_server_t const *const server = argument;
    char const *const name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
    if (name != NULL && strcmp(name, server->server_name) == 0) return SSL_TLSEXT_ERR_OK;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int configure(apus_hostile_server_t *server, apus_hostile_plan_t const *plan,
                     struct pair const *intermediate, struct pair const *leaf) {
    SSL_CTX *const context = server->context;
    // Whatever is too weak for a client must not be too weak for this server.
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_max_cert_list(context, 1 << 24);
    if (SSL_CTX_set_min_proto_version(context, (int)plan->version_min) != 1 ||
        SSL_CTX_set_max_proto_version(context, (int)plan->version_max) != 1 ||
        (plan->ciphers != NULL && SSL_CTX_set_cipher_list(context, plan->ciphers) != 1) ||
        SSL_CTX_use_certificate(context, leaf->certificate) != 1 ||
        SSL_CTX_use_PrivateKey(context, leaf->key) != 1) {
        return 0;
    }
    int const sends = plan->omits_intermediate == 0 && plan->is_self_signed == 0;
    if (sends && SSL_CTX_add1_chain_cert(context, intermediate->certificate) != 1) return 0;
    for (uint64_t count = 0; count < plan->certificate_copies; ++count) {
        if (SSL_CTX_add1_chain_cert(context, intermediate->certificate) != 1) return 0;
    }
    if (plan->server_name != NULL) {
        server->server_name = strdup(plan->server_name);
        SSL_CTX_set_tlsext_servername_callback(context, check_server_name);
        SSL_CTX_set_tlsext_servername_arg(context, server);
    }
    return apus_hostile_server_restart(server) == 0;
}

int apus_hostile_server_restart(apus_hostile_server_t *server) {
    SSL_free(server->session);
    server->session = SSL_new(server->context);
    BIO *const input = BIO_new(BIO_s_mem());
    BIO *const output = BIO_new(BIO_s_mem());
    if (server->session == NULL || input == NULL || output == NULL) return -1;
    SSL_set_bio(server->session, input, output);
    SSL_set_accept_state(server->session);
    return 0;
}

apus_hostile_server_t *apus_hostile_server_create(apus_hostile_plan_t const *plan) {
    struct pair root = {0}, intermediate = {0}, leaf = {0};
    apus_hostile_server_t *server = calloc(1, sizeof *server);
    if (server == NULL) return NULL;
    server->context = SSL_CTX_new(TLS_server_method());
    int const is_made = server->context != NULL && make_pair(&root, &plan->root, NULL, 1) &&
                        make_pair(&intermediate, &plan->intermediate, &root, 2) &&
                        make_pair(&leaf, &plan->leaf,
                                  plan->is_self_signed != 0 ? NULL : &intermediate, 3) &&
                        configure(server, plan, &intermediate, &leaf);
    if (is_made) server->root_pem = certificate_text(root.certificate);
    pair_free(&leaf);
    pair_free(&intermediate);
    pair_free(&root);
    if (server->root_pem != NULL) return server;
    apus_hostile_server_destroy(server);
    return NULL;
}

char const *apus_hostile_server_root_pem(apus_hostile_server_t const *server) {
    return server->root_pem;
}

int apus_hostile_server_feed(apus_hostile_server_t *server, uint8_t const *bytes, size_t length) {
    ERR_clear_error();
    if (length > 0) BIO_write(SSL_get_rbio(server->session), bytes, (int)length);
    int const result = SSL_do_handshake(server->session);
    if (result == 1) return 1;
    int const error = SSL_get_error(server->session, result);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

size_t apus_hostile_server_take(apus_hostile_server_t *server, uint8_t *out, size_t capacity) {
    int const count = BIO_read(SSL_get_wbio(server->session), out, (int)capacity);
    return count > 0 ? (size_t)count : 0;
}

void apus_hostile_server_destroy(apus_hostile_server_t *server) {
    if (server == NULL) return;
    SSL_free(server->session);
    SSL_CTX_free(server->context);
    free(server->root_pem);
    free(server->server_name);
    free(server);
}

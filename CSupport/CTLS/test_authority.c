//===-- test_authority.c - Test certificate authority -------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_test_authority.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define NAME_LENGTH_MAX 63
#define PATH_LENGTH_MAX 4096

struct apus_test_authority {
    char *ca_pem;
    char *certificate_pem;
    char *key_pem;
};

/// A certificate under construction and the key it certifies.
struct pair {
    X509 *certificate;
    EVP_PKEY *key;
};

apus_test_certificate_t apus_test_certificate_default(void) {
    return (apus_test_certificate_t){
        .not_before_offset_s = -3600,
        .not_after_offset_s = 30 * 86400,
        .dns_name = NULL,
        .names_loopback = 1,
        .signed_by_unknown_root = 0,
    };
}

static void pair_free(struct pair *pair) {
    X509_free(pair->certificate);
    EVP_PKEY_free(pair->key);
    *pair = (struct pair){0};
}

/// Adds one extension written in OpenSSL's configuration syntax.
static int add_extension(X509 *certificate, X509 *issuer, int nid, char const *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *const extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL) return 0;
    int const added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

static int set_serial(X509 *certificate) {
    uint8_t bytes[8];
    if (RAND_bytes(bytes, sizeof bytes) != 1) return 0;
    uint64_t serial;
    memcpy(&serial, bytes, sizeof serial);
    serial = (serial >> 2) | 1u; // Positive, never zero.
    return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial);
}

/// A certificate of version 3 with a new key, subject and validity, not yet signed.
static int pair_begin(struct pair *pair, char const *common_name, int64_t from_s, int64_t to_s) {
    *pair = (struct pair){.certificate = X509_new(), .key = EVP_EC_gen("P-256")};
    if (pair->certificate == NULL || pair->key == NULL) return 0;
    X509_NAME *const name = X509_get_subject_name(pair->certificate);
    return X509_set_version(pair->certificate, X509_VERSION_3) == 1 &&
           set_serial(pair->certificate) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(pair->certificate), (long)from_s) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(pair->certificate), (long)to_s) != NULL &&
           X509_set_pubkey(pair->certificate, pair->key) == 1 &&
           X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
                                      (unsigned char const *)"Apus test authority", -1, -1, 0) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                      (unsigned char const *)common_name, -1, -1, 0) == 1;
}

static int make_root(struct pair *root) {
    char name[48];
    uint8_t tag[4] = {0};
    if (RAND_bytes(tag, sizeof tag) != 1) return 0;
    // Two roots must not share a subject, or a client would try the wrong one.
    snprintf(name, sizeof name, "Apus test root %02x%02x%02x%02x", tag[0], tag[1], tag[2], tag[3]);
    if (!pair_begin(root, name, -86400, 365 * 86400)) return 0;
    X509 *const own = root->certificate;
    return X509_set_issuer_name(own, X509_get_subject_name(own)) == 1 &&
           add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           add_extension(own, own, NID_subject_key_identifier, "hash") &&
           X509_sign(own, root->key, EVP_sha256()) > 0;
}

static int make_server(struct pair *server, struct pair const *root,
                       apus_test_certificate_t const *wanted) {
    char const *const host = wanted->dns_name == NULL ? "localhost" : wanted->dns_name;
    char names[NAME_LENGTH_MAX + 64];
    if (strlen(host) > NAME_LENGTH_MAX || strpbrk(host, ",: \n") != NULL) return 0;
    snprintf(names, sizeof names, "DNS:%s%s", host,
             wanted->names_loopback == 0 ? "" : ",IP:127.0.0.1,IP:::1");
    if (!pair_begin(server, host, wanted->not_before_offset_s, wanted->not_after_offset_s))
        return 0;
    X509 *const own = server->certificate;
    return X509_set_issuer_name(own, X509_get_subject_name(root->certificate)) == 1 &&
           add_extension(own, root->certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(own, root->certificate, NID_key_usage, "critical,digitalSignature") &&
           add_extension(own, root->certificate, NID_ext_key_usage, "serverAuth") &&
           add_extension(own, root->certificate, NID_subject_key_identifier, "hash") &&
           add_extension(own, root->certificate, NID_authority_key_identifier, "keyid") &&
           add_extension(own, root->certificate, NID_subject_alt_name, names) &&
           X509_sign(own, root->key, EVP_sha256()) > 0;
}

/// Takes the text out of a memory BIO and clears what the BIO held.
static char *text_of(BIO *bio) {
    char *bytes = NULL;
    long const length = BIO_get_mem_data(bio, &bytes);
    char *text = NULL;
    if (length > 0) {
        text = calloc((size_t)length + 1, 1);
        if (text != NULL) memcpy(text, bytes, (size_t)length);
        OPENSSL_cleanse(bytes, (size_t)length);
    }
    BIO_free(bio);
    return text;
}

static char *certificate_text(X509 *certificate) {
    BIO *const bio = BIO_new(BIO_s_mem());
    if (bio == NULL) return NULL;
    PEM_write_bio_X509(bio, certificate);
    return text_of(bio);
}

static char *key_text(EVP_PKEY *key) {
    BIO *const bio = BIO_new(BIO_s_mem());
    if (bio == NULL) return NULL;
    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    return text_of(bio);
}

apus_test_authority_t *apus_test_authority_create(apus_test_certificate_t const *certificate) {
    apus_test_certificate_t const standard = apus_test_certificate_default();
    apus_test_certificate_t const *const wanted = certificate == NULL ? &standard : certificate;
    struct pair root = {0}, stranger = {0}, server = {0};
    int const is_stranger = wanted->signed_by_unknown_root != 0;
    apus_test_authority_t *authority = NULL;
    if (make_root(&root) && (!is_stranger || make_root(&stranger)) &&
        make_server(&server, is_stranger ? &stranger : &root, wanted)) {
        authority = calloc(1, sizeof *authority);
    }
    if (authority != NULL) {
        authority->ca_pem = certificate_text(root.certificate);
        authority->certificate_pem = certificate_text(server.certificate);
        authority->key_pem = key_text(server.key);
        if (authority->ca_pem == NULL || authority->certificate_pem == NULL ||
            authority->key_pem == NULL) {
            apus_test_authority_destroy(authority);
            authority = NULL;
        }
    }
    pair_free(&server);
    pair_free(&stranger);
    pair_free(&root);
    return authority;
}

char const *apus_test_authority_ca_pem(apus_test_authority_t const *authority) {
    return authority->ca_pem;
}

char const *apus_test_authority_certificate_pem(apus_test_authority_t const *authority) {
    return authority->certificate_pem;
}

char const *apus_test_authority_key_pem(apus_test_authority_t const *authority) {
    return authority->key_pem;
}

int apus_test_authority_write_ca(apus_test_authority_t const *authority, char const *path) {
    char temporary[PATH_LENGTH_MAX];
    int const length =
        snprintf(temporary, sizeof temporary, "%s.%ld.part", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary) return -ENAMETOOLONG;
    unlink(temporary);
    int const file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return -errno;
    size_t const size = strlen(authority->ca_pem);
    size_t done = 0;
    int result = 0;
    while (done < size && result == 0) {
        ssize_t const wrote = write(file, authority->ca_pem + done, size - done);
        if (wrote > 0) done += (size_t)wrote;
        else if (errno != EINTR) result = -errno;
    }
    if (close(file) != 0 && result == 0) result = -errno;
    if (result == 0 && rename(temporary, path) != 0) result = -errno;
    if (result != 0) unlink(temporary);
    return result;
}

void apus_test_authority_destroy(apus_test_authority_t *authority) {
    if (authority == NULL) return;
    if (authority->key_pem != NULL)
        OPENSSL_cleanse(authority->key_pem, strlen(authority->key_pem));
    free(authority->key_pem);
    free(authority->certificate_pem);
    free(authority->ca_pem);
    free(authority);
}

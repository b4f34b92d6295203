//===-- ed25519.c - Signatures by an Ed25519 key --------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_ed25519.h"

#include "apus_digest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_SIZE_MAX = 4096, SIGNATURE_SIZE = 64 };

struct apus_ed25519 {
    EVP_PKEY *key;
};

/// An encrypted key has no passphrase here, and nobody is asked for one.
static int no_passphrase(char *buffer, int size, int writing, void *context) {
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

static EVP_PKEY *parse(uint8_t const *text, size_t length) {
    BIO *const memory = BIO_new_mem_buf(text, (int)length);
    if (memory == NULL) return NULL;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(memory, NULL, no_passphrase, NULL);
    BIO_free(memory);
    if (key != NULL && EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    ERR_clear_error();
    return key;
}

static apus_key_file_result_t check(int file) {
    struct stat found;
    if (fstat(file, &found) != 0 || !S_ISREG(found.st_mode)) return APUS_KEY_FILE_UNREADABLE;
    if (found.st_uid != geteuid()) return APUS_KEY_FILE_FOREIGN;
    if ((found.st_mode & 07177) != 0) return APUS_KEY_FILE_SHARED;
    return APUS_KEY_FILE_TAKEN;
}

apus_key_file_result_t apus_ed25519_create(char const *path, apus_ed25519_t **key) {
    *key = NULL;
    // Not blocking: a pipe in the key's place must not hold the start up.
    int const file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (file < 0) return APUS_KEY_FILE_UNREADABLE;
    apus_key_file_result_t result = check(file);
    uint8_t text[FILE_SIZE_MAX + 1];
    size_t length = 0;
    while (result == APUS_KEY_FILE_TAKEN && length < sizeof text) {
        ssize_t const count = read(file, text + length, sizeof text - length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) result = APUS_KEY_FILE_UNREADABLE;
        if (count <= 0) break;
        length += (size_t)count;
    }
    close(file);
    if (result == APUS_KEY_FILE_TAKEN) {
        EVP_PKEY *const parsed = length <= FILE_SIZE_MAX ? parse(text, length) : NULL;
        apus_ed25519_t *const made = parsed != NULL ? malloc(sizeof *made) : NULL;
        if (made == NULL) {
            EVP_PKEY_free(parsed);
            result = APUS_KEY_FILE_NO_KEY;
        } else {
            made->key = parsed;
            *key = made;
        }
    }
    OPENSSL_cleanse(text, sizeof text);
    return result;
}

apus_ed25519_t *apus_ed25519_public_create(char const *path) {
    BIO *const file = BIO_new_file(path, "r");
    EVP_PKEY *parsed = file != NULL ? PEM_read_bio_PUBKEY(file, NULL, no_passphrase, NULL) : NULL;
    BIO_free(file);
    apus_ed25519_t *made = NULL;
    if (parsed != NULL && EVP_PKEY_get_base_id(parsed) == EVP_PKEY_ED25519) {
        made = malloc(sizeof *made);
    }
    if (made != NULL) {
        made->key = parsed;
    } else {
        EVP_PKEY_free(parsed);
    }
    ERR_clear_error();
    return made;
}

void apus_ed25519_destroy(apus_ed25519_t *key) {
    if (key == NULL) return;
    EVP_PKEY_free(key->key);
    free(key);
}

int apus_ed25519_sign(
    apus_ed25519_t const *key, uint8_t const *bytes, size_t length, uint8_t *out) {
    uint8_t signature[SIGNATURE_SIZE];
    size_t size = sizeof signature;
    EVP_MD_CTX *const context = EVP_MD_CTX_new();
    int const is_signed = context != NULL &&
                          EVP_DigestSignInit(context, NULL, NULL, NULL, key->key) == 1 &&
                          EVP_DigestSign(context, signature, &size, bytes, length) == 1 &&
                          size == sizeof signature;
    EVP_MD_CTX_free(context);
    if (!is_signed) {
        ERR_clear_error();
        return -EIO;
    }
    char text[APUS_ED25519_BASE64_LENGTH + 1];
    apus_base64_encode(signature, sizeof signature, text);
    for (size_t i = 0; i < APUS_ED25519_BASE64_LENGTH; i++) out[i] = (uint8_t)text[i];
    return 0;
}

int apus_ed25519_verify(
    apus_ed25519_t const *key, uint8_t const *bytes, size_t length, uint8_t const *text,
    size_t text_length) {
    // Three bytes for every four characters; the last two of them are padding.
    uint8_t signature[APUS_ED25519_BASE64_LENGTH / 4 * 3];
    if (text_length != APUS_ED25519_BASE64_LENGTH || text[text_length - 3] == '=' ||
        text[text_length - 2] != '=' || text[text_length - 1] != '=' ||
        EVP_DecodeBlock(signature, text, (int)text_length) != (int)sizeof signature) {
        ERR_clear_error();
        return 0;
    }
    EVP_MD_CTX *const context = EVP_MD_CTX_new();
    int const is_right =
        context != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->key) == 1 &&
        EVP_DigestVerify(context, signature, SIGNATURE_SIZE, bytes, length) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return is_right;
}

int apus_ed25519_public_pem(apus_ed25519_t const *key, char *out, size_t capacity) {
    BIO *const memory = BIO_new(BIO_s_mem());
    int length = -EIO;
    if (memory != NULL && PEM_write_bio_PUBKEY(memory, key->key) == 1) {
        length = BIO_read(memory, out, capacity > INT_MAX ? INT_MAX : (int)capacity);
    }
    BIO_free(memory);
    ERR_clear_error();
    return length > 0 && (size_t)length < capacity ? length : -EIO;
}

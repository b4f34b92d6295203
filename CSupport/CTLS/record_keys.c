//===-- record_keys.c - Keys of one direction of TLS 1.3 records ----------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "record_keys.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <string.h>

typedef struct suite {
    uint32_t number;
    uint32_t key_length;
    uint32_t secret_length;
    int is_gcm;
    char const *cipher;
} suite_t;

static suite_t const suites[] = {
    {0x1301, 16, 32, 1, "AES-128-GCM"},
    {0x1302, 32, 48, 1, "AES-256-GCM"},
    {0x1303, 32, 32, 0, "ChaCha20-Poly1305"},
};

static suite_t const *find_suite(uint32_t number) {
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; ++i) {
        if (suites[i].number == number) return &suites[i];
    }
    return NULL;
}

int record_keys_is_known(uint32_t suite, size_t length) {
    suite_t const *const known = find_suite(suite);
    return known != NULL && known->secret_length == length;
}

int record_expand_label(EVP_MD const *digest, uint8_t const *secret, size_t secret_length,
                        char const *label, uint8_t *out, size_t length) {
    // Length, "tls13 " and the label with its length, no context, and the block's number.
    uint8_t info[2 + 1 + 6 + 32 + 1 + 1];
    uint8_t block[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    size_t const label_length = strlen(label);
    if (label_length > 32) return -1;
    info[0] = (uint8_t)(length >> 8);
    info[1] = (uint8_t)length;
    info[2] = (uint8_t)(6 + label_length);
    memcpy(info + 3, "tls13 ", 6);
    memcpy(info + 9, label, label_length);
    info[9 + label_length] = 0;
    info[10 + label_length] = 1;
    int const is_done = HMAC(digest, secret, (int)secret_length, info, 11 + label_length, block,
                             &size) != NULL &&
                        size >= length;
    if (is_done) memcpy(out, block, length);
    OPENSSL_cleanse(block, sizeof block);
    return is_done ? 0 : -1;
}

/// A context that knows the key, so that a record brings only its nonce.
static int make_cipher(record_keys_t *keys, suite_t const *suite, uint8_t const *key,
                       int is_sending) {
    if (keys->cipher == NULL) {
        EVP_CIPHER *const cipher = EVP_CIPHER_fetch(NULL, suite->cipher, NULL);
        keys->cipher = cipher != NULL ? EVP_CIPHER_CTX_new() : NULL;
        int const is_made =
            keys->cipher != NULL &&
            EVP_CipherInit_ex(keys->cipher, cipher, NULL, NULL, NULL, is_sending) == 1 &&
            EVP_CIPHER_CTX_ctrl(keys->cipher, EVP_CTRL_AEAD_SET_IVLEN, RECORD_IV_SIZE, NULL) == 1;
        EVP_CIPHER_free(cipher);
        if (!is_made) return -1;
    }
    return EVP_CipherInit_ex(keys->cipher, NULL, NULL, key, keys->iv, is_sending) == 1 ? 0 : -1;
}

/// Key and iv of the secret; the sequence begins.
static int derive(record_keys_t *keys, int is_sending, int is_portable) {
    suite_t const *const suite = find_suite(keys->suite);
    uint8_t key[RECORD_KEY_MAX];
    int result = -1;
    if (record_expand_label(keys->digest, keys->secret, keys->secret_length, "key", key,
                            suite->key_length) == 0 &&
        record_expand_label(keys->digest, keys->secret, keys->secret_length, "iv", keys->iv,
                            RECORD_IV_SIZE) == 0) {
        if (is_portable) {
            result = make_cipher(keys, suite, key, is_sending);
        } else {
            gcm_key_init(&keys->gcm, key, suite->key_length);
            result = 0;
        }
    }
    OPENSSL_cleanse(key, sizeof key);
    keys->sequence = 0;
    ERR_clear_error();
    return result;
}

int record_keys_init(record_keys_t *keys, uint32_t suite, uint8_t const *secret, size_t length,
                     int is_sending, int is_portable) {
    suite_t const *const known = find_suite(suite);
    memset(keys, 0, sizeof *keys);
    if (!record_keys_is_known(suite, length)) return -1;
    keys->suite = suite;
    keys->digest = length == 48 ? EVP_sha384() : EVP_sha256();
    keys->secret_length = (uint32_t)length;
    memcpy(keys->secret, secret, length);
    return derive(keys, is_sending, is_portable || !known->is_gcm || !gcm_is_available());
}

int record_keys_update(record_keys_t *keys, int is_sending) {
    uint8_t next[RECORD_SECRET_MAX];
    int const result = record_expand_label(keys->digest, keys->secret, keys->secret_length,
                                           "traffic upd", next, keys->secret_length);
    if (result == 0) memcpy(keys->secret, next, keys->secret_length);
    OPENSSL_cleanse(next, sizeof next);
    return result == 0 ? derive(keys, is_sending, keys->cipher != NULL) : -1;
}

void record_keys_destroy(record_keys_t *keys) {
    // Wipes its key, too.
    EVP_CIPHER_CTX_free(keys->cipher);
    OPENSSL_cleanse(keys, sizeof *keys);
}

// MARK: - One record

static void make_nonce(record_keys_t const *keys, uint8_t *nonce) {
    memcpy(nonce, keys->iv, RECORD_IV_SIZE);
    for (int i = 0; i < 8; ++i) nonce[4 + i] ^= (uint8_t)(keys->sequence >> (56 - 8 * i));
}

static int seal_portable(record_keys_t *keys, uint8_t type, uint8_t const *bytes, size_t length,
                         uint8_t *out) {
    uint8_t nonce[RECORD_IV_SIZE];
    uint8_t *const sealed = out + RECORD_HEADER_SIZE;
    int count = 0;
    make_nonce(keys, nonce);
    return EVP_EncryptInit_ex(keys->cipher, NULL, NULL, NULL, nonce) == 1 &&
           EVP_EncryptUpdate(keys->cipher, NULL, &count, out, RECORD_HEADER_SIZE) == 1 &&
           EVP_EncryptUpdate(keys->cipher, sealed, &count, bytes, (int)length) == 1 &&
           EVP_EncryptUpdate(keys->cipher, sealed + length, &count, &type, 1) == 1 &&
           EVP_EncryptFinal_ex(keys->cipher, sealed + length + 1, &count) == 1 &&
           EVP_CIPHER_CTX_ctrl(keys->cipher, EVP_CTRL_AEAD_GET_TAG, RECORD_TAG_SIZE,
                               sealed + length + 1) == 1;
}

size_t record_seal(record_keys_t *keys, uint8_t type, uint8_t const *bytes, size_t length,
                   uint8_t *out) {
    size_t const sealed = length + 1 + RECORD_TAG_SIZE;
    out[0] = 23;
    out[1] = 3;
    out[2] = 3;
    out[3] = (uint8_t)(sealed >> 8);
    out[4] = (uint8_t)sealed;
    if (__builtin_expect(keys->cipher == NULL, 1)) {
        uint64_t const header = 0x030317u | (uint64_t)(sealed >> 8) << 24 |
                                (uint64_t)(sealed & 255u) << 32;
        gcm_seal(&keys->gcm, keys->iv, keys->sequence, header, bytes, length, type,
                 out + RECORD_HEADER_SIZE);
    } else if (!seal_portable(keys, type, bytes, length, out)) {
        ERR_clear_error();
        return 0;
    }
    keys->sequence += 1;
    return RECORD_HEADER_SIZE + sealed;
}

static int open_portable(record_keys_t *keys, uint8_t const *record, size_t inner, uint8_t *out) {
    uint8_t nonce[RECORD_IV_SIZE];
    uint8_t tag[RECORD_TAG_SIZE];
    uint8_t const *const sealed = record + RECORD_HEADER_SIZE;
    int count = 0;
    make_nonce(keys, nonce);
    memcpy(tag, sealed + inner, sizeof tag);
    if (EVP_DecryptInit_ex(keys->cipher, NULL, NULL, NULL, nonce) == 1 &&
        EVP_CIPHER_CTX_ctrl(keys->cipher, EVP_CTRL_AEAD_SET_TAG, RECORD_TAG_SIZE, tag) == 1 &&
        EVP_DecryptUpdate(keys->cipher, NULL, &count, record, RECORD_HEADER_SIZE) == 1 &&
        EVP_DecryptUpdate(keys->cipher, out, &count, sealed, (int)inner) == 1 &&
        EVP_DecryptFinal_ex(keys->cipher, out + inner, &count) == 1) {
        return 0;
    }
    ERR_clear_error();
    OPENSSL_cleanse(out, inner);
    return -1;
}

int record_open(record_keys_t *keys, uint8_t const *record, size_t inner, uint8_t *out) {
    int result;
    if (__builtin_expect(keys->cipher == NULL, 1)) {
        uint64_t const sealed = inner + RECORD_TAG_SIZE;
        // The caller checked that the header's first bytes are these.
        uint64_t const header = 0x030317u | sealed >> 8 << 24 | (sealed & 255u) << 32;
        result = gcm_open(&keys->gcm, keys->iv, keys->sequence, header,
                          record + RECORD_HEADER_SIZE, inner, out);
    } else {
        result = open_portable(keys, record, inner, out);
    }
    keys->sequence += 1;
    return result;
}

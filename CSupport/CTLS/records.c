//===-- records.c - TLS 1.3 records of our own ----------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Taking over. With read-ahead off OpenSSL takes from its BIO the record it needs and no byte more,
// and the handshake returns right behind the two Finished messages. The application secrets are
// then new to both directions: the next record of each is number 0. What the server sent along,
// tickets for instance, is still in the window.
//
// A record is read where the window holds all of it; else it is put together in `partial`.
//
//===----------------------------------------------------------------------===//

#include "tls_internal.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TYPE_CHANGE_CIPHER_SPEC = 20,
    TYPE_ALERT = 21,
    TYPE_HANDSHAKE = 22,
    TYPE_APPLICATION_DATA = 23,
    MESSAGE_NEW_SESSION_TICKET = 4,
    MESSAGE_KEY_UPDATE = 24,
    /// Lifetime, age, nonce, ticket and extensions, each as long as it may be.
    TICKET_LENGTH_MAX = 4 + 4 + 1 + 255 + 2 + 65535 + 2 + 65534,
    TICKET_LENGTH_MIN = 4 + 4 + 1 + 2 + 1 + 2,
    ALERT_CLOSE_NOTIFY = 0,
    ALERT_UNEXPECTED_MESSAGE = 10,
    ALERT_BAD_RECORD_MAC = 20,
    ALERT_RECORD_OVERFLOW = 22,
    ALERT_ILLEGAL_PARAMETER = 47,
    ALERT_DECODE_ERROR = 50,
    ALERT_INTERNAL_ERROR = 80,
    ALERT_USER_CANCELED = 90,
    /// Bytes that a record of a few bytes takes: KeyUpdate or an alert.
    SMALL_RECORD_SIZE = RECORD_HEADER_SIZE + 5 + 1 + RECORD_TAG_SIZE,
};

// MARK: - Sealing

/// Seals a record into the send buffer, which has room for it. 0 or -1.
static int put_record(apus_tls_session_t *session, uint8_t type, uint8_t const *bytes,
                      size_t length) {
    size_t const size = RECORD_HEADER_SIZE + length + 1 + RECORD_TAG_SIZE;
    size_t const offset = (size_t)session->output_tail & OUTPUT_MASK;
    if (__builtin_expect(offset + size <= APUS_TLS_OUTPUT_CAPACITY, 1)) {
        if (record_seal(&session->send, type, bytes, length, session->output + offset) == 0) {
            return -1;
        }
        session->output_tail += size;
        return 0;
    }
    if (record_seal(&session->send, type, bytes, length, session->crossing) == 0) return -1;
    tls_output_append(session, session->crossing, size);
    return 0;
}

/// Ends the session: `reason` is kept, and the peer is told by an alert. -EPROTO.
__attribute__((cold, noinline)) static int
fail(apus_tls_session_t *session, uint8_t alert, char const *reason) {
    if (session->has_failed) return -EPROTO;
    session->has_failed = 1;
    snprintf(session->error, sizeof session->error, "TLS: %s", reason);
    uint8_t const fatal[2] = {2, alert};
    if (!session->is_output_closed && tls_output_room(session) >= SMALL_RECORD_SIZE) {
        put_record(session, TYPE_ALERT, fatal, sizeof fatal);
    }
    return -EPROTO;
}

/// Tells the peer that our key changes, and changes it. There is room for a small record.
__attribute__((cold, noinline)) static int change_key(apus_tls_session_t *session) {
    uint8_t const message[5] = {MESSAGE_KEY_UPDATE, 0, 0, 1, 0};
    session->owes_key_update = 0;
    if (put_record(session, TYPE_HANDSHAKE, message, sizeof message) == 0 &&
        record_keys_update(&session->send, 1) == 0) {
        return 0;
    }
    session->is_output_dead = 1;
    return fail(session, ALERT_INTERNAL_ERROR, "no new key");
}

int tls_records_write(apus_tls_session_t *session, uint8_t const *bytes, size_t length) {
    if (__builtin_expect(session->is_output_closed, 0)) return -EPROTO;
    // For each record 22 bytes, and at its turn a change of the key.
    size_t const overhead = 64 * (length / RECORD_CONTENT_MAX + 1);
    if (length + overhead > tls_output_room(session)) return -ENOBUFS;
    while (length > 0) {
        size_t const piece = length < RECORD_CONTENT_MAX ? length : RECORD_CONTENT_MAX;
        int const is_key_old = session->send.sequence >= APUS_TLS_RECORDS_PER_KEY_MAX;
        if (__builtin_expect(is_key_old || session->owes_key_update, 0)) {
            if (change_key(session) != 0) return -EPROTO;
        }
        if (__builtin_expect(put_record(session, TYPE_APPLICATION_DATA, bytes, piece), 0) != 0) {
            // Records made before the failure are not sent either.
            session->is_output_dead = 1;
            return fail(session, ALERT_INTERNAL_ERROR, "a record could not be sealed");
        }
        bytes += piece;
        length -= piece;
    }
    return 0;
}

int tls_records_close(apus_tls_session_t *session) {
    if (session->is_output_closed) return 0;
    uint8_t const warning[2] = {1, ALERT_CLOSE_NOTIFY};
    put_record(session, TYPE_ALERT, warning, sizeof warning);
    session->is_output_closed = 1;
    return 0;
}

// MARK: - What is not application data

/// An alert, in a record of its own.
static int take_alert(apus_tls_session_t *session, uint8_t const *bytes, size_t length) {
    if (length != 2) return fail(session, ALERT_DECODE_ERROR, "alert of a wrong length");
    if (bytes[1] == ALERT_USER_CANCELED) return 0;
    session->has_failed = 1;
    if (bytes[1] == ALERT_CLOSE_NOTIFY) {
        snprintf(session->error, sizeof session->error, "closed by the peer");
        return -ENOTCONN;
    }
    // In TLS 1.3 every other alert is fatal, whatever level it states.
    snprintf(session->error, sizeof session->error, "TLS: alert from the peer: %s",
             SSL_alert_desc_string_long(bytes[1]));
    return -EPROTO;
}

/// A KeyUpdate's only byte, the last one of its record.
static int take_key_update(apus_tls_session_t *session, uint8_t is_answer_wanted) {
    if (is_answer_wanted > 1) {
        return fail(session, ALERT_ILLEGAL_PARAMETER, "KeyUpdate with an unknown request");
    }
    if (record_keys_update(&session->receive, 0) != 0) {
        return fail(session, ALERT_INTERNAL_ERROR, "no new key");
    }
    if (!is_answer_wanted || session->is_output_closed) return 0;
    session->owes_key_update = 1;
    if (tls_output_room(session) < SMALL_RECORD_SIZE) return 0;
    return change_key(session);
}

/// The header of a message is complete: what it is, and whether it may be that long.
static int begin_message(apus_tls_session_t *session) {
    uint8_t const *const header = session->handshake;
    size_t const length = (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
    session->handshake_left = length;
    session->is_handshake_open = 1;
    if (header[0] == MESSAGE_KEY_UPDATE) {
        return length == 1 ? 0 : fail(session, ALERT_DECODE_ERROR, "KeyUpdate of a wrong length");
    }
    if (header[0] != MESSAGE_NEW_SESSION_TICKET) {
        return fail(session, ALERT_UNEXPECTED_MESSAGE, "handshake message out of place");
    }
    if (length >= TICKET_LENGTH_MIN && length <= TICKET_LENGTH_MAX) return 0;
    return fail(session, ALERT_DECODE_ERROR, "session ticket of a wrong length");
}

/// Follows messages through the records they come in. Nothing is kept of tickets: sessions are
/// not resumed.
static int take_handshake(apus_tls_session_t *session, uint8_t const *bytes, size_t length) {
    if (length == 0) return fail(session, ALERT_UNEXPECTED_MESSAGE, "empty handshake record");
    while (length > 0) {
        if (!session->is_handshake_open) {
            session->handshake[session->handshake_length++] = *bytes;
            bytes += 1;
            length -= 1;
            if (session->handshake_length < sizeof session->handshake) continue;
            if (begin_message(session) != 0) return -EPROTO;
            continue;
        }
        size_t const piece = length < session->handshake_left ? length : session->handshake_left;
        uint8_t const last = bytes[piece - 1];
        bytes += piece;
        length -= piece;
        session->handshake_left -= piece;
        if (session->handshake_left > 0) break;
        session->is_handshake_open = 0;
        session->handshake_length = 0;
        if (session->handshake[0] != MESSAGE_KEY_UPDATE) continue;
        // What follows belongs under the next key.
        if (length > 0) {
            return fail(session, ALERT_UNEXPECTED_MESSAGE, "KeyUpdate inside a record");
        }
        return take_key_update(session, last);
    }
    return 0;
}

static int take_other(apus_tls_session_t *session, uint8_t type, uint8_t const *bytes,
                      size_t length) {
    session->quiet_count += 1;
    if (session->quiet_count > APUS_TLS_QUIET_RECORDS_MAX) {
        return fail(session, ALERT_UNEXPECTED_MESSAGE, "too many records without data");
    }
    int const is_inside = session->handshake_length > 0;
    if (is_inside && type != TYPE_HANDSHAKE && type != TYPE_ALERT) {
        return fail(session, ALERT_UNEXPECTED_MESSAGE, "record inside a handshake message");
    }
    switch (type) {
    case TYPE_APPLICATION_DATA: return 0; // An empty one.
    case TYPE_ALERT: return take_alert(session, bytes, length);
    case TYPE_HANDSHAKE: return take_handshake(session, bytes, length);
    default: return fail(session, ALERT_UNEXPECTED_MESSAGE, "record of an unknown type");
    }
}

// MARK: - Opening

/// Checks a record's header: 0 or -EPROTO.
static inline int check_header(apus_tls_session_t *session, uint8_t const *header) {
    size_t const length = (size_t)header[3] << 8 | header[4];
    int const is_data = header[0] == TYPE_APPLICATION_DATA && header[1] == 3 && header[2] == 3;
    if (__builtin_expect(is_data && length > RECORD_TAG_SIZE &&
                             length <= RECORD_INNER_MAX + RECORD_TAG_SIZE,
                         1)) {
        return 0;
    }
    if (header[0] == TYPE_CHANGE_CIPHER_SPEC) {
        return fail(session, ALERT_UNEXPECTED_MESSAGE, "change_cipher_spec after the handshake");
    }
    if (!is_data) return fail(session, ALERT_UNEXPECTED_MESSAGE, "record that is not encrypted");
    if (length <= RECORD_TAG_SIZE) return fail(session, ALERT_DECODE_ERROR, "record too short");
    return fail(session, ALERT_RECORD_OVERFLOW, "record too long");
}

/// Moves up to `wanted` bytes in all from the window to `partial`; 1 when they are there.
static int gather(apus_tls_session_t *session, size_t wanted) {
    size_t const missing = wanted - session->partial_length;
    size_t const count = missing < session->input_length ? missing : session->input_length;
    if (count > 0) memcpy(session->partial + session->partial_length, session->input, count);
    session->partial_length += count;
    session->input += count;
    session->input_length -= count;
    return session->partial_length == wanted;
}

/// The next whole record and the length its header states: 1; 0 when more input is needed.
static inline int
next_record(apus_tls_session_t *session, uint8_t const **record, size_t *length) {
    if (__builtin_expect(session->partial_length == 0 &&
                             session->input_length >= RECORD_HEADER_SIZE,
                         1)) {
        uint8_t const *const header = session->input;
        if (check_header(session, header) != 0) return -EPROTO;
        *length = (size_t)header[3] << 8 | header[4];
        if (__builtin_expect(session->input_length >= RECORD_HEADER_SIZE + *length, 1)) {
            *record = header;
            session->input += RECORD_HEADER_SIZE + *length;
            session->input_length -= RECORD_HEADER_SIZE + *length;
            return 1;
        }
    }
    if (session->partial_length < RECORD_HEADER_SIZE) {
        if (!gather(session, RECORD_HEADER_SIZE)) return 0;
        if (check_header(session, session->partial) != 0) return -EPROTO;
    }
    *length = (size_t)session->partial[3] << 8 | session->partial[4];
    if (!gather(session, RECORD_HEADER_SIZE + *length)) return 0;
    *record = session->partial;
    session->partial_length = 0;
    return 1;
}

/// Hands on plaintext that found no room before.
static int hand_on(apus_tls_session_t *session, uint8_t *out, size_t capacity) {
    size_t const left = session->plain_end - session->plain_at;
    size_t const count = left < capacity ? left : capacity;
    memcpy(out, session->plain + session->plain_at, count);
    session->plain_at += count;
    return (int)count;
}

/// Opens one record: bytes handed on; 0 when it brought none.
static inline int open_record(apus_tls_session_t *session, uint8_t const *record, size_t length,
                              uint8_t *out, size_t capacity) {
    size_t const inner = length - RECORD_TAG_SIZE;
    uint8_t *const plain = inner <= capacity ? out : session->plain;
    if (__builtin_expect(session->receive.sequence >= APUS_TLS_RECEIVED_PER_KEY_MAX, 0)) {
        return fail(session, ALERT_INTERNAL_ERROR, "too many records under one key");
    }
    if (__builtin_expect(record_open(&session->receive, record, inner, plain) != 0, 0)) {
        return fail(session, ALERT_BAD_RECORD_MAC, "record with a wrong tag");
    }
    // The type is the last byte that is not zero; padding is.
    size_t end = inner;
    while (end > 0 && plain[end - 1] == 0) end -= 1;
    if (__builtin_expect(end == 0, 0)) {
        return fail(session, ALERT_UNEXPECTED_MESSAGE, "record without a type");
    }
    size_t const content = end - 1;
    int const is_data = plain[content] == TYPE_APPLICATION_DATA && content > 0;
    if (__builtin_expect(!is_data || session->handshake_length > 0, 0)) {
        return take_other(session, plain[content], plain, content);
    }
    session->quiet_count = 0;
    if (plain == out) return (int)content;
    session->plain_at = 0;
    session->plain_end = content;
    return hand_on(session, out, capacity);
}

int tls_records_read(apus_tls_session_t *session, uint8_t *out, size_t capacity) {
    if (session->plain_at < session->plain_end) return hand_on(session, out, capacity);
    for (;;) {
        uint8_t const *record = NULL;
        size_t length = 0;
        int const result = next_record(session, &record, &length);
        if (result <= 0) return result;
        int const count = open_record(session, record, length, out, capacity);
        if (count != 0) return count;
    }
}

// MARK: - Taking over

static int hex_digit(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

/// Bytes of the secret that is a line's last word; 0 when it is none.
static size_t parse_secret(char const *text, uint8_t *secret) {
    size_t count = 0;
    for (; text[0] != 0 && text[1] != 0 && count < RECORD_SECRET_MAX; text += 2) {
        int const high = hex_digit(text[0]);
        int const low = hex_digit(text[1]);
        if (high < 0 || low < 0) return 0;
        secret[count++] = (uint8_t)(high << 4 | low);
    }
    return text[0] == 0 ? count : 0;
}

/// OpenSSL's line: a label, the client's random and the secret.
static void take_secret(SSL const *ssl, char const *line) {
    apus_tls_session_t *const session = SSL_get_app_data(ssl);
    char const *const word = strrchr(line, ' ');
    if (session == NULL || word == NULL) return;
    if (strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24) == 0) {
        session->client_secret_length = parse_secret(word + 1, session->client_secret);
    } else if (strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24) == 0) {
        session->server_secret_length = parse_secret(word + 1, session->server_secret);
    }
}

void tls_secrets_watch(SSL_CTX *ssl) { SSL_CTX_set_keylog_callback(ssl, take_secret); }

void tls_secrets_wipe(apus_tls_session_t *session) {
    OPENSSL_cleanse(session->client_secret, sizeof session->client_secret);
    OPENSSL_cleanse(session->server_secret, sizeof session->server_secret);
    session->client_secret_length = 0;
    session->server_secret_length = 0;
}

static char const *name_of(record_keys_t const *keys) {
    return keys->cipher == NULL ? "own records, vector AES-GCM" : "own records, EVP";
}

/// Derives both directions' keys. 0 or -1, with nothing left behind.
static int begin_records(apus_tls_session_t *session, uint32_t suite, uint8_t const *receive,
                         uint8_t const *send, size_t length, int is_portable) {
    if (record_keys_init(&session->receive, suite, receive, length, 0, is_portable) == 0 &&
        record_keys_init(&session->send, suite, send, length, 1, is_portable) == 0) {
        session->has_own_records = 1;
        return 0;
    }
    tls_records_destroy(session);
    return -1;
}

void tls_records_take_over(apus_tls_session_t *session) {
    SSL *const ssl = session->ssl;
    SSL_CIPHER const *const cipher = SSL_get_current_cipher(ssl);
    size_t const length = session->server_secret_length;
    uint32_t const suite = cipher != NULL ? SSL_CIPHER_get_protocol_id(cipher) : 0;
    // OpenSSL must hold no byte of a record: there is no way to get at it.
    if (SSL_is_server(ssl) || SSL_version(ssl) != TLS1_3_VERSION || SSL_has_pending(ssl) ||
        length != session->client_secret_length || !record_keys_is_known(suite, length) ||
        begin_records(session, suite, session->server_secret, session->client_secret, length,
                      0) != 0) {
        tls_secrets_wipe(session);
        return;
    }
    tls_secrets_wipe(session);
    snprintf(session->description, sizeof session->description, "%s %s (%s)",
             SSL_get_version(ssl), SSL_CIPHER_get_name(cipher), name_of(&session->send));
    SSL_free(ssl);
    session->ssl = NULL;
    ERR_clear_error();
}

void tls_records_destroy(apus_tls_session_t *session) {
    record_keys_destroy(&session->receive);
    record_keys_destroy(&session->send);
    session->has_own_records = 0;
}

// MARK: - For tests

apus_tls_session_t *
apus_tls_session_create_with_secrets(uint32_t suite, uint8_t const *receive_secret,
                                     uint8_t const *send_secret, size_t length, int is_portable) {
    apus_tls_initialise();
    apus_tls_session_t *const session = calloc(1, sizeof *session);
    if (session == NULL) return NULL;
    if (begin_records(session, suite, receive_secret, send_secret, length, is_portable) != 0) {
        apus_tls_session_destroy(session);
        return NULL;
    }
    snprintf(session->description, sizeof session->description, "TLSv1.3 suite %04x (%s)", suite,
             name_of(&session->send));
    return session;
}

int apus_tls_session_seal(
    apus_tls_session_t *session, uint8_t type, uint8_t const *bytes, size_t length) {
    if (length > RECORD_CONTENT_MAX) return -EINVAL;
    if (tls_output_room(session) < RECORD_HEADER_SIZE + length + 1 + RECORD_TAG_SIZE) {
        return -ENOBUFS;
    }
    return put_record(session, type, bytes, length) == 0 ? 0 : -EINVAL;
}

void apus_tls_session_set_sequences(apus_tls_session_t *session, uint64_t receive, uint64_t send) {
    session->receive.sequence = receive;
    session->send.sequence = send;
}

int apus_tls_expand_label(
    uint8_t const *secret, size_t secret_length, char const *label, uint8_t *out, size_t length) {
    return record_expand_label(EVP_sha256(), secret, secret_length, label, out, length);
}

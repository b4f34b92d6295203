//===-- wire.c - A plain TLS WebSocket client ---------------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

enum { CAPACITY = 1 << 20 };

struct apus_wire {
    SSL_CTX *context;
    SSL *session;
    int socket;
    size_t begin; ///< First byte that is not handed out.
    size_t end;
    uint8_t bytes[CAPACITY + APUS_WIRE_SLACK];
};

static apus_wire_t *failed(apus_wire_t *wire, char const *what) {
    unsigned long const code = ERR_get_error();
    fprintf(stderr, "wire: %s: %s\n", what,
            code != 0 ? ERR_reason_error_string(code) : strerror(errno));
    apus_wire_close(wire);
    return NULL;
}

/// Reads the answer to the upgrade; what stands behind it are the first frames.
static int await_upgrade(apus_wire_t *wire) {
    while (wire->end < 8192) {
        int const got = SSL_read(wire->session, wire->bytes + wire->end, 4096);
        if (got <= 0) return -1;
        wire->end += (size_t)got;
        uint8_t const *const blank = memmem(wire->bytes, wire->end, "\r\n\r\n", 4);
        if (blank == NULL) continue;
        wire->begin = (size_t)(blank - wire->bytes) + 4;
        return memmem(wire->bytes, wire->begin, " 101 ", 5) != NULL ? 0 : -1;
    }
    return -1;
}

apus_wire_t *apus_wire_connect(uint16_t port, char const *ca_file, char const *target) {
    apus_wire_t *const wire = calloc(1, sizeof *wire);
    if (wire == NULL) return NULL;
    wire->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (wire->socket < 0 ||
        connect(wire->socket, (struct sockaddr *)&address, sizeof address) != 0) {
        return failed(wire, "connect");
    }
    int const on = 1;
    setsockopt(wire->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    wire->context = SSL_CTX_new(TLS_client_method());
    if (wire->context == NULL ||
        SSL_CTX_set_min_proto_version(wire->context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_load_verify_locations(wire->context, ca_file, NULL) != 1) {
        return failed(wire, ca_file);
    }
    SSL_CTX_set_verify(wire->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_read_ahead(wire->context, 1);
    wire->session = SSL_new(wire->context);
    if (wire->session == NULL || SSL_set1_host(wire->session, "localhost") != 1 ||
        SSL_set_tlsext_host_name(wire->session, "localhost") != 1 ||
        SSL_set_fd(wire->session, wire->socket) != 1 || SSL_connect(wire->session) != 1) {
        return failed(wire, "TLS");
    }
    char request[512];
    int const length = snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        target);
    if (length <= 0 || length >= (int)sizeof request ||
        SSL_write(wire->session, request, length) != length || await_upgrade(wire) != 0) {
        return failed(wire, target);
    }
    fcntl(wire->socket, F_SETFL, fcntl(wire->socket, F_GETFL) | O_NONBLOCK);
    return wire;
}

void apus_wire_close(apus_wire_t *wire) {
    if (wire == NULL) return;
    SSL_free(wire->session);
    SSL_CTX_free(wire->context);
    if (wire->socket >= 0) close(wire->socket);
    free(wire);
}

/// The frame at `begin`: its header's and its payload's length. 0 when it is not complete.
static int frame_at(apus_wire_t const *wire, size_t *header, size_t *length) {
    size_t const available = wire->end - wire->begin;
    uint8_t const *const at = wire->bytes + wire->begin;
    if (available < 2) return 0;
    *header = 2;
    *length = at[1] & 127u;
    if (*length == 126) {
        if (available < 4) return 0;
        *header = 4;
        *length = (size_t)at[2] << 8 | at[3];
    } else if (*length == 127) {
        if (available < 10) return 0;
        *header = 10;
        *length = 0;
        for (int index = 2; index < 10; index += 1) *length = *length << 8 | at[index];
    }
    // A server masks nothing, and the venue sends whole messages that the buffer can hold.
    if ((at[0] & 128u) == 0 || (at[1] & 128u) != 0 || *length > CAPACITY / 2) return -1;
    return available >= *header + *length;
}

int apus_wire_poll(apus_wire_t *wire, uint8_t const **payload, size_t *length) {
    for (;;) {
        size_t header = 0;
        int const state = frame_at(wire, &header, length);
        if (state < 0) return -1;
        if (state > 0) {
            uint8_t const opcode = wire->bytes[wire->begin] & 15u;
            *payload = wire->bytes + wire->begin + header;
            wire->begin += header + *length;
            if (opcode == 8) return -1;
            if (opcode > 8) continue;
            return 1;
        }
        if (wire->begin == wire->end) {
            wire->begin = wire->end = 0;
        } else if (CAPACITY - wire->end < 65536) {
            memmove(wire->bytes, wire->bytes + wire->begin, wire->end - wire->begin);
            wire->end -= wire->begin;
            wire->begin = 0;
        }
        int const got = SSL_read(wire->session, wire->bytes + wire->end,
                                 (int)(CAPACITY - wire->end));
        if (got > 0) {
            wire->end += (size_t)got;
            continue;
        }
        int const error = SSL_get_error(wire->session, got);
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
}

int apus_wire_write(apus_wire_t *wire, uint8_t const *bytes, size_t length) {
    if (length > INT_MAX) return -1;
    for (;;) {
        int const sent = SSL_write(wire->session, bytes, (int)length);
        if (sent == (int)length) return 0;
        int const error = SSL_get_error(wire->session, sent);
        if (error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ) return -1;
    }
}

void apus_wire_header(uint8_t *out, size_t length, uint32_t mask) {
    out[0] = 0x81;
    out[1] = 0x80 | 126;
    out[2] = (uint8_t)(length >> 8);
    out[3] = (uint8_t)length;
    memcpy(out + 4, &mask, sizeof mask);
}

int apus_wire_pin(int core) {
    if (core < 0) return 0;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0 ? 0 : -1;
}

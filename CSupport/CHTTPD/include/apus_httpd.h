//===-- apus_httpd.h - HTTP request server over libmicrohttpd --*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// libmicrohttpd without threads and without a listener of its own: the caller's loop accepts,
// watches the daemon's epoll descriptor and calls `apus_httpd_run`. A request is handed over when
// its body is complete and may be answered then or later. With TLS for the simulator, without it
// for the monitor. Cold code, one thread.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_HTTPD_H
#define APUS_HTTPD_H

#include "apus_base.h"

/// A request body longer than this is refused with status 413.
static uint64_t const APUS_HTTPD_BODY_MAX APUS_SWIFT_NAME(httpdBodyMax) = 65536;

typedef struct apus_httpd apus_httpd_t;
/// One request. Valid until it has been answered.
typedef struct apus_httpd_exchange apus_httpd_exchange_t;
/// Called once for each complete request; it or a later call answers it exactly once.
typedef void (*apus_httpd_handler_t)(void *context, apus_httpd_exchange_t *exchange);

/// Starts a server with the given PEM certificate and key. NULL when that fails.
apus_httpd_t *apus_httpd_create(
    char const *certificate_pem, char const *key_pem, apus_httpd_handler_t handler, void *context);
/// Starts a server without TLS. NULL when that fails.
///
/// @param connections_max 1...256.
/// @param header_bytes_max For request line and headers; a longer request is refused with 414 or
///     431. A body is read and forgotten.
apus_httpd_t *apus_httpd_create_plain(
    unsigned connections_max, size_t header_bytes_max, apus_httpd_handler_t handler,
    void *context);
/// Refuses what is unanswered, closes all connections, frees the server.
void apus_httpd_destroy(apus_httpd_t *httpd);

/// The descriptor whose readability means that `apus_httpd_run` has work. -ENOTSUP: none.
int apus_httpd_descriptor(apus_httpd_t *httpd);
/// Takes over a connected socket. 0 or -ENOMEM; the socket is closed in both cases by the server.
int apus_httpd_adopt(apus_httpd_t *httpd, int socket);
/// Serves whatever is ready, without blocking. 0 or -EIO.
int apus_httpd_run(apus_httpd_t *httpd);
/// Milliseconds until `apus_httpd_run` wants to be called without an event; -1 for never.
int64_t apus_httpd_timeout_ms(apus_httpd_t *httpd);
/// Breaks every connection at once.
void apus_httpd_drop_connections(apus_httpd_t *httpd);
/// Breaks every connection whose client has taken longer than `allowed_ns` over one request, from
/// the end of the one before (or the accept) to the last byte of its answer.
void apus_httpd_drop_slow(apus_httpd_t *httpd, uint64_t allowed_ns);
/// Breaks the connection that has gone longest without a complete request, if all places are
/// taken, so that the next client finds one.
void apus_httpd_make_room(apus_httpd_t *httpd);

char const *apus_httpd_method(apus_httpd_exchange_t const *exchange);
/// The path without the query, as sent.
char const *apus_httpd_path(apus_httpd_exchange_t const *exchange);
/// The query after the question mark, as sent and still encoded; "" when there is none.
char const *apus_httpd_query(apus_httpd_exchange_t const *exchange);
/// The value of a header, in any case of its name; NULL when there is none.
char const *apus_httpd_header(apus_httpd_exchange_t const *exchange, char const *name);
/// The decoded value of a name in the query; NULL when there is none.
char const *apus_httpd_argument(apus_httpd_exchange_t const *exchange, char const *name);
/// The body and its length.
uint8_t const *apus_httpd_body(apus_httpd_exchange_t const *exchange);
size_t apus_httpd_body_length(apus_httpd_exchange_t const *exchange);

/// Answers with a JSON body, which is copied. `used_weight` goes into X-MBX-USED-WEIGHT-1M and
/// `retry_after_s` into Retry-After, where they are not 0.
void apus_httpd_reply(
    apus_httpd_exchange_t *exchange, uint32_t status, uint8_t const *bytes, size_t length,
    uint32_t used_weight, uint32_t retry_after_s);

/// The same in parts: begins an answer with a body, which is copied.
/// @return 0, -ENOMEM, or -EBUSY for a request that has an answer.
int apus_httpd_begin_reply(apus_httpd_exchange_t *exchange, uint8_t const *bytes, size_t length);
/// Adds a header to the answer that was begun. Neither name nor value may hold a line break.
void apus_httpd_add_header(apus_httpd_exchange_t *exchange, char const *name, char const *value);
/// Sends the answer that was begun.
void apus_httpd_send_reply(apus_httpd_exchange_t *exchange, uint32_t status);

#endif

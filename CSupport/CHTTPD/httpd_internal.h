//===-- httpd_internal.h - What the HTTP server's parts share ---*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// `httpd.c` has the server itself, `connections.c` its sockets and how long each has taken,
// `exchange.c` the requests and their answers.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_HTTPD_INTERNAL_H
#define APUS_HTTPD_INTERNAL_H

#include "apus_httpd.h"

#include <microhttpd.h>

#define CONNECTIONS_MAX 256

struct apus_httpd_exchange {
    struct apus_httpd *httpd;
    struct apus_httpd_exchange *next; ///< Among all exchanges of the server.
    struct MHD_Connection *connection;
    char *path; ///< The whole target; the query is cut off by a zero.
    char const *query;
    char const *method;
    uint8_t *body;
    size_t body_length;
    struct MHD_Response *response;
    unsigned status;
    int has_begun;     ///< The headers have been seen.
    int is_too_long;   ///< The body exceeds the bound.
    int is_handled;    ///< The handler has been called.
    int is_in_handler; ///< The handler is running: an answer needs no resumption.
    int is_suspended;
};

struct apus_httpd_connection {
    int socket;        ///< -1 where free.
    uint64_t since_ns; ///< Monotonic: of the accept, or the end of the last request.
};

struct apus_httpd {
    struct MHD_Daemon *daemon;
    apus_httpd_handler_t handler;
    void *context;
    struct apus_httpd_exchange *exchanges;
    size_t body_max;
    unsigned connections_max;
    struct apus_httpd_connection connections[CONNECTIONS_MAX];
};

// The library's callbacks; the context of each is the server.

/// With the request's target, before anything else.
void *apus_httpd_begin_exchange(
    void *context, char const *target, struct MHD_Connection *connection);
/// With the headers, then with each part of the body, then without one.
enum MHD_Result apus_httpd_continue_exchange(
    void *context, struct MHD_Connection *connection, char const *url, char const *method,
    char const *version, char const *upload, size_t *upload_length, void **state);
void apus_httpd_end_exchange(
    void *context, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code);
/// When a connection was taken in, and before it is closed.
void apus_httpd_note_connection(
    void *context, struct MHD_Connection *connection, void **state,
    enum MHD_ConnectionNotificationCode code);

/// Every place is free.
void apus_httpd_clear_connections(apus_httpd_t *httpd);
/// The client of `connection` may take its time for another request from now on.
void apus_httpd_restart_connection(apus_httpd_t *httpd, struct MHD_Connection *connection);

#endif

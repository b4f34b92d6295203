//===-- httpd.c - HTTP request server over libmicrohttpd ----------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_httpd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <microhttpd.h>

#define CONNECTIONS_MAX 256
/// Memory of a connection, headers included: the library's own default.
#define CONNECTION_BYTES_MAX 32768u

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

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/// The place of a socket, -1 for a free one; NULL when there is none.
static struct apus_httpd_connection *place_of(apus_httpd_t *httpd, int socket) {
    for (int index = 0; index < CONNECTIONS_MAX; index += 1) {
        if (httpd->connections[index].socket == socket) return &httpd->connections[index];
    }
    return NULL;
}

static int socket_of(struct MHD_Connection *connection) {
    union MHD_ConnectionInfo const *const info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

/// Called with the request target before anything else; the exchange begins here.
static void *begin(void *context, char const *target, struct MHD_Connection *connection) {
    apus_httpd_t *const httpd = context;
    apus_httpd_exchange_t *const exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) return NULL;
    exchange->httpd = httpd;
    exchange->connection = connection;
    exchange->path = strdup(target);
    if (exchange->path == NULL) {
        free(exchange);
        return NULL;
    }
    char *const mark = strchr(exchange->path, '?');
    exchange->query = "";
    if (mark != NULL) {
        *mark = 0;
        exchange->query = mark + 1;
    }
    exchange->next = httpd->exchanges;
    httpd->exchanges = exchange;
    return exchange;
}

static void finish(void *context, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode code) {
    (void)code;
    apus_httpd_t *const httpd = context;
    int const socket = socket_of(connection);
    struct apus_httpd_connection *const place = socket < 0 ? NULL : place_of(httpd, socket);
    if (place != NULL) place->since_ns = now_ns();
    apus_httpd_exchange_t *const exchange = *state;
    if (exchange == NULL) return;
    for (apus_httpd_exchange_t **link = &httpd->exchanges; *link != NULL; link = &(*link)->next) {
        if (*link == exchange) {
            *link = exchange->next;
            break;
        }
    }
    if (exchange->response != NULL) MHD_destroy_response(exchange->response);
    free(exchange->body);
    free(exchange->path);
    free(exchange);
    *state = NULL;
}

static enum MHD_Result send_response(apus_httpd_exchange_t *exchange) {
    enum MHD_Result const result =
        MHD_queue_response(exchange->connection, exchange->status, exchange->response);
    MHD_destroy_response(exchange->response);
    exchange->response = NULL;
    return result;
}

/// Keeps the body within its bound; the rest of a longer one is read and forgotten.
static enum MHD_Result collect(apus_httpd_exchange_t *exchange, char const *bytes, size_t *length) {
    size_t const total = exchange->body_length + *length;
    if (exchange->httpd->body_max == 0) {
        // Read and forgotten: nobody looks at it.
    } else if (total > exchange->httpd->body_max) {
        exchange->is_too_long = 1;
    } else {
        uint8_t *const grown = realloc(exchange->body, total);
        if (grown == NULL) return MHD_NO;
        memcpy(grown + exchange->body_length, bytes, *length);
        exchange->body = grown;
        exchange->body_length = total;
    }
    *length = 0;
    return MHD_YES;
}

static enum MHD_Result
access_request(void *context, struct MHD_Connection *connection, char const *url,
               char const *method, char const *version, char const *upload, size_t *upload_length,
               void **state) {
    (void)url;
    (void)version;
    apus_httpd_t *const httpd = context;
    apus_httpd_exchange_t *const exchange = *state;
    if (exchange == NULL) return MHD_NO;
    if (exchange->response != NULL) return send_response(exchange);
    if (!exchange->has_begun) {
        exchange->has_begun = 1;
        exchange->method = method;
        return MHD_YES;
    }
    if (*upload_length != 0) return collect(exchange, upload, upload_length);
    if (!exchange->is_handled) {
        exchange->is_handled = 1;
        exchange->is_in_handler = 1;
        if (exchange->is_too_long) {
            static char const text[] = "{\"code\":-1000,\"msg\":\"Request body too long.\"}";
            apus_httpd_reply(exchange, 413, (uint8_t const *)text, sizeof text - 1, 0, 0);
        } else {
            httpd->handler(httpd->context, exchange);
        }
        exchange->is_in_handler = 0;
    }
    if (exchange->response != NULL) return send_response(exchange);
    exchange->is_suspended = 1;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

/// Remembers the sockets of open connections, so that they can be broken on request.
static void note_connection(void *context, struct MHD_Connection *connection, void **state,
                            enum MHD_ConnectionNotificationCode code) {
    (void)state;
    apus_httpd_t *const httpd = context;
    int const socket = socket_of(connection);
    if (socket < 0) return;
    int const has_started = code == MHD_CONNECTION_NOTIFY_STARTED;
    struct apus_httpd_connection *const place = place_of(httpd, has_started ? -1 : socket);
    if (place == NULL) return;
    place->socket = has_started ? socket : -1;
    place->since_ns = now_ns();
}

/// Without a certificate: without TLS.
static apus_httpd_t *create(
    char const *certificate_pem, char const *key_pem, unsigned connections_max,
    size_t connection_bytes_max, size_t body_max, apus_httpd_handler_t handler, void *context) {
    apus_httpd_t *const httpd = calloc(1, sizeof *httpd);
    if (httpd == NULL) return NULL;
    httpd->handler = handler;
    httpd->context = context;
    httpd->body_max = body_max;
    httpd->connections_max = connections_max;
    for (int index = 0; index < CONNECTIONS_MAX; index += 1) httpd->connections[index].socket = -1;
    struct MHD_OptionItem const tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)certificate_pem},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key_pem},
        {MHD_OPTION_END, 0, NULL},
    };
    int const has_tls = certificate_pem != NULL;
    unsigned const flags = MHD_USE_EPOLL | (has_tls ? MHD_USE_TLS : 0u) |
                           MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
    httpd->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, access_request, httpd,                       //
        MHD_OPTION_ARRAY, has_tls ? tls : tls + 2,                         //
        MHD_OPTION_URI_LOG_CALLBACK, begin, httpd,                         //
        MHD_OPTION_NOTIFY_COMPLETED, finish, httpd,                        //
        MHD_OPTION_NOTIFY_CONNECTION, note_connection, httpd,              //
        MHD_OPTION_CONNECTION_LIMIT, connections_max,                      //
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_bytes_max,          //
        MHD_OPTION_CONNECTION_TIMEOUT, 120u, MHD_OPTION_END);
    if (httpd->daemon == NULL) {
        free(httpd);
        return NULL;
    }
    return httpd;
}

apus_httpd_t *apus_httpd_create(
    char const *certificate_pem, char const *key_pem, apus_httpd_handler_t handler, void *context) {
    return create(certificate_pem, key_pem, CONNECTIONS_MAX, CONNECTION_BYTES_MAX,
                  APUS_HTTPD_BODY_MAX, handler, context);
}

apus_httpd_t *apus_httpd_create_plain(
    unsigned connections_max, size_t header_bytes_max, apus_httpd_handler_t handler,
    void *context) {
    if (connections_max > CONNECTIONS_MAX) return NULL;
    return create(NULL, NULL, connections_max, header_bytes_max, 0, handler, context);
}

void apus_httpd_destroy(apus_httpd_t *httpd) {
    if (httpd == NULL) return;
    // A daemon must not stop while a connection is suspended.
    static char const text[] = "{\"code\":-1016,\"msg\":\"This service is no longer available.\"}";
    for (apus_httpd_exchange_t *one = httpd->exchanges; one != NULL; one = one->next) {
        if (one->is_suspended)
            apus_httpd_reply(one, 503, (uint8_t const *)text, sizeof text - 1, 0, 0);
    }
    MHD_run(httpd->daemon);
    MHD_stop_daemon(httpd->daemon);
    free(httpd);
}

int apus_httpd_descriptor(apus_httpd_t *httpd) {
    union MHD_DaemonInfo const *const info =
        MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info == NULL ? -ENOTSUP : info->epoll_fd;
}

int apus_httpd_adopt(apus_httpd_t *httpd, int socket) {
    struct sockaddr_storage address = {.ss_family = AF_INET};
    socklen_t length = sizeof address;
    getpeername(socket, (struct sockaddr *)&address, &length);
    enum MHD_Result const result =
        MHD_add_connection(httpd->daemon, socket, (struct sockaddr const *)&address, length);
    return result == MHD_YES ? 0 : -ENOMEM;
}

int apus_httpd_run(apus_httpd_t *httpd) {
    return MHD_run(httpd->daemon) == MHD_YES ? 0 : -EIO;
}

int64_t apus_httpd_timeout_ms(apus_httpd_t *httpd) {
    MHD_UNSIGNED_LONG_LONG wait = 0;
    if (MHD_get_timeout(httpd->daemon, &wait) != MHD_YES) return -1;
    return wait > 60000 ? 60000 : (int64_t)wait;
}

void apus_httpd_drop_connections(apus_httpd_t *httpd) {
    for (int index = 0; index < CONNECTIONS_MAX; index += 1) {
        int const socket = httpd->connections[index].socket;
        if (socket >= 0) shutdown(socket, SHUT_RDWR);
    }
}

void apus_httpd_drop_slow(apus_httpd_t *httpd, uint64_t allowed_ns) {
    uint64_t const now = now_ns();
    for (int index = 0; index < CONNECTIONS_MAX; index += 1) {
        struct apus_httpd_connection const *const one = &httpd->connections[index];
        if (one->socket < 0 || now - one->since_ns <= allowed_ns) continue;
        shutdown(one->socket, SHUT_RDWR);
    }
}

void apus_httpd_make_room(apus_httpd_t *httpd) {
    struct apus_httpd_connection const *oldest = NULL;
    unsigned count = 0;
    for (int index = 0; index < CONNECTIONS_MAX; index += 1) {
        struct apus_httpd_connection const *const one = &httpd->connections[index];
        if (one->socket < 0) continue;
        count += 1;
        if (oldest == NULL || one->since_ns < oldest->since_ns) oldest = one;
    }
    if (count < httpd->connections_max) return;
    shutdown(oldest->socket, SHUT_RDWR);
    // The library closes it now, which frees the place.
    MHD_run(httpd->daemon);
}

char const *apus_httpd_method(apus_httpd_exchange_t const *exchange) { return exchange->method; }

char const *apus_httpd_path(apus_httpd_exchange_t const *exchange) { return exchange->path; }

char const *apus_httpd_query(apus_httpd_exchange_t const *exchange) { return exchange->query; }

char const *apus_httpd_header(apus_httpd_exchange_t const *exchange, char const *name) {
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

char const *apus_httpd_argument(apus_httpd_exchange_t const *exchange, char const *name) {
    return MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, name);
}

uint8_t const *apus_httpd_body(apus_httpd_exchange_t const *exchange) { return exchange->body; }

size_t apus_httpd_body_length(apus_httpd_exchange_t const *exchange) {
    return exchange->body_length;
}

int apus_httpd_begin_reply(apus_httpd_exchange_t *exchange, uint8_t const *bytes, size_t length) {
    if (exchange->response != NULL) return -EBUSY;
    exchange->response =
        MHD_create_response_from_buffer(length, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
    return exchange->response == NULL ? -ENOMEM : 0;
}

void apus_httpd_add_header(apus_httpd_exchange_t *exchange, char const *name, char const *value) {
    MHD_add_response_header(exchange->response, name, value);
}

void apus_httpd_send_reply(apus_httpd_exchange_t *exchange, uint32_t status) {
    exchange->status = status;
    if (!exchange->is_in_handler && exchange->is_suspended) {
        exchange->is_suspended = 0;
        MHD_resume_connection(exchange->connection);
    }
}

void apus_httpd_reply(
    apus_httpd_exchange_t *exchange, uint32_t status, uint8_t const *bytes, size_t length,
    uint32_t used_weight, uint32_t retry_after_s) {
    if (apus_httpd_begin_reply(exchange, bytes, length) != 0) return;
    char number[16];
    apus_httpd_add_header(exchange, "Content-Type", "application/json;charset=UTF-8");
    if (used_weight > 0) {
        snprintf(number, sizeof number, "%u", used_weight);
        apus_httpd_add_header(exchange, "X-MBX-USED-WEIGHT-1M", number);
    }
    if (retry_after_s > 0) {
        snprintf(number, sizeof number, "%u", retry_after_s);
        apus_httpd_add_header(exchange, "Retry-After", number);
    }
    apus_httpd_send_reply(exchange, status);
}

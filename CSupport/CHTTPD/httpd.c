//===-- httpd.c - HTTPS request server over libmicrohttpd ---------*- C -*-===//
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

struct apus_httpd {
    struct MHD_Daemon *daemon;
    apus_httpd_handler_t handler;
    void *context;
    struct apus_httpd_exchange *exchanges;
    int sockets[CONNECTIONS_MAX]; ///< -1 where free.
};

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
    (void)connection;
    (void)code;
    apus_httpd_t *const httpd = context;
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
    if (total > APUS_HTTPD_BODY_MAX) {
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
    union MHD_ConnectionInfo const *const info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == NULL) return;
    int const from = code == MHD_CONNECTION_NOTIFY_STARTED ? -1 : info->connect_fd;
    int const to = code == MHD_CONNECTION_NOTIFY_STARTED ? info->connect_fd : -1;
    for (int index = 0; index < CONNECTIONS_MAX; index += 1) {
        if (httpd->sockets[index] == from) {
            httpd->sockets[index] = to;
            return;
        }
    }
}

apus_httpd_t *apus_httpd_create(
    char const *certificate_pem, char const *key_pem, apus_httpd_handler_t handler, void *context) {
    apus_httpd_t *const httpd = calloc(1, sizeof *httpd);
    if (httpd == NULL) return NULL;
    httpd->handler = handler;
    httpd->context = context;
    for (int index = 0; index < CONNECTIONS_MAX; index += 1) httpd->sockets[index] = -1;
    unsigned const flags = MHD_USE_EPOLL | MHD_USE_TLS | MHD_USE_NO_LISTEN_SOCKET |
                           MHD_ALLOW_SUSPEND_RESUME;
    httpd->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, access_request, httpd,                       //
        MHD_OPTION_HTTPS_MEM_CERT, certificate_pem,                        //
        MHD_OPTION_HTTPS_MEM_KEY, key_pem,                                 //
        MHD_OPTION_URI_LOG_CALLBACK, begin, httpd,                         //
        MHD_OPTION_NOTIFY_COMPLETED, finish, httpd,                        //
        MHD_OPTION_NOTIFY_CONNECTION, note_connection, httpd,              //
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,            //
        MHD_OPTION_CONNECTION_TIMEOUT, 120u, MHD_OPTION_END);
    if (httpd->daemon == NULL) {
        free(httpd);
        return NULL;
    }
    return httpd;
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
        if (httpd->sockets[index] >= 0) shutdown(httpd->sockets[index], SHUT_RDWR);
    }
}

char const *apus_httpd_method(apus_httpd_exchange_t const *exchange) { return exchange->method; }

char const *apus_httpd_path(apus_httpd_exchange_t const *exchange) { return exchange->path; }

char const *apus_httpd_query(apus_httpd_exchange_t const *exchange) { return exchange->query; }

char const *apus_httpd_header(apus_httpd_exchange_t const *exchange, char const *name) {
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

uint8_t const *apus_httpd_body(apus_httpd_exchange_t const *exchange) { return exchange->body; }

size_t apus_httpd_body_length(apus_httpd_exchange_t const *exchange) {
    return exchange->body_length;
}

void apus_httpd_reply(
    apus_httpd_exchange_t *exchange, uint32_t status, uint8_t const *bytes, size_t length,
    uint32_t used_weight, uint32_t retry_after_s) {
    if (exchange->response != NULL) return;
    struct MHD_Response *const response =
        MHD_create_response_from_buffer(length, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
    if (response == NULL) return;
    char number[16];
    MHD_add_response_header(response, "Content-Type", "application/json;charset=UTF-8");
    if (used_weight > 0) {
        snprintf(number, sizeof number, "%u", used_weight);
        MHD_add_response_header(response, "X-MBX-USED-WEIGHT-1M", number);
    }
    if (retry_after_s > 0) {
        snprintf(number, sizeof number, "%u", retry_after_s);
        MHD_add_response_header(response, "Retry-After", number);
    }
    exchange->status = status;
    exchange->response = response;
    if (!exchange->is_in_handler && exchange->is_suspended) {
        exchange->is_suspended = 0;
        MHD_resume_connection(exchange->connection);
    }
}

//===-- httpd.c - HTTP request server over libmicrohttpd ----------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "httpd_internal.h"

#include <errno.h>
#include <stdlib.h>

/// Memory of a connection, headers included: the library's own default.
#define CONNECTION_BYTES_MAX 32768u

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
    apus_httpd_clear_connections(httpd);
    struct MHD_OptionItem const tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)certificate_pem},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key_pem},
        {MHD_OPTION_END, 0, NULL},
    };
    // HTTP/1.1 without a Host, and other liberties that a browser does not take, are refused.
    struct MHD_OptionItem const plain[] = {
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    int const has_tls = certificate_pem != NULL;
    unsigned const flags = MHD_USE_EPOLL | (has_tls ? MHD_USE_TLS : 0u) |
                           MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
    httpd->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, apus_httpd_continue_exchange, httpd,         //
        MHD_OPTION_ARRAY, has_tls ? tls : plain,                           //
        MHD_OPTION_URI_LOG_CALLBACK, apus_httpd_begin_exchange, httpd,     //
        MHD_OPTION_NOTIFY_COMPLETED, apus_httpd_end_exchange, httpd,       //
        MHD_OPTION_NOTIFY_CONNECTION, apus_httpd_note_connection, httpd,   //
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
    if (connections_max == 0 || connections_max > CONNECTIONS_MAX) return NULL;
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

int apus_httpd_run(apus_httpd_t *httpd) {
    return MHD_run(httpd->daemon) == MHD_YES ? 0 : -EIO;
}

int64_t apus_httpd_timeout_ms(apus_httpd_t *httpd) {
    MHD_UNSIGNED_LONG_LONG wait = 0;
    if (MHD_get_timeout(httpd->daemon, &wait) != MHD_YES) return -1;
    return wait > 60000 ? 60000 : (int64_t)wait;
}

//===-- connections.c - The HTTP server's sockets -----------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "httpd_internal.h"
#include "monotonic.h"

#include <errno.h>
#include <sys/socket.h>

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

void apus_httpd_clear_connections(apus_httpd_t *httpd) {
    for (int index = 0; index < CONNECTIONS_MAX; index += 1) httpd->connections[index].socket = -1;
}

void apus_httpd_restart_connection(apus_httpd_t *httpd, struct MHD_Connection *connection) {
    int const socket = socket_of(connection);
    struct apus_httpd_connection *const place = socket < 0 ? NULL : place_of(httpd, socket);
    if (place != NULL) place->since_ns = monotonic_ns();
}

/// Remembers the sockets of open connections, so that they can be broken on request.
void apus_httpd_note_connection(
    void *context, struct MHD_Connection *connection, void **state,
    enum MHD_ConnectionNotificationCode code) {
    (void)state;
    apus_httpd_t *const httpd = context;
    int const socket = socket_of(connection);
    if (socket < 0) return;
    int const has_started = code == MHD_CONNECTION_NOTIFY_STARTED;
    struct apus_httpd_connection *const place = place_of(httpd, has_started ? -1 : socket);
    if (place == NULL) return;
    place->socket = has_started ? socket : -1;
    place->since_ns = monotonic_ns();
}

int apus_httpd_adopt(apus_httpd_t *httpd, int socket) {
    struct sockaddr_storage address = {.ss_family = AF_INET};
    socklen_t length = sizeof address;
    getpeername(socket, (struct sockaddr *)&address, &length);
    enum MHD_Result const result =
        MHD_add_connection(httpd->daemon, socket, (struct sockaddr const *)&address, length);
    return result == MHD_YES ? 0 : -ENOMEM;
}

void apus_httpd_drop_connections(apus_httpd_t *httpd) {
    for (int index = 0; index < CONNECTIONS_MAX; index += 1) {
        int const socket = httpd->connections[index].socket;
        if (socket >= 0) shutdown(socket, SHUT_RDWR);
    }
}

void apus_httpd_drop_slow(apus_httpd_t *httpd, uint64_t allowed_ns) {
    uint64_t const now = monotonic_ns();
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

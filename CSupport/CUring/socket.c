//===-- socket.c - Blocking client sockets with deadlines -----------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/// Waits until the socket is ready for `events`. 0, -ETIMEDOUT or -errno.
static int wait_ready(int socket, short events, uint64_t deadline_ns) {
    for (;;) {
        uint64_t const now = now_ns();
        if (now >= deadline_ns) return -ETIMEDOUT;
        uint64_t const left_ms = (deadline_ns - now) / 1000000u + 1;
        struct pollfd entry = {.fd = socket, .events = events};
        int const result = poll(&entry, 1, left_ms > 60000 ? 60000 : (int)left_ms);
        if (result > 0) return 0;
        if (result < 0 && errno != EINTR) return -errno;
    }
}

static void set_option(int socket, int level, int option, int value) {
    // Best effort: a connection without one of them works as well.
    setsockopt(socket, level, option, &value, sizeof value);
}

static int connect_one(struct addrinfo const *address, uint64_t deadline_ns) {
    int const type = address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int const fd = socket(address->ai_family, type, address->ai_protocol);
    if (fd < 0) return -errno;
    int result = connect(fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : -errno;
    if (result == -EINPROGRESS) {
        result = wait_ready(fd, POLLOUT, deadline_ns);
        if (result == 0) {
            int error = 0;
            socklen_t size = sizeof error;
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
            result = -error;
        }
    }
    if (result != 0) {
        close(fd);
        return result;
    }
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 20000);
    // io_uring completes a request on a nonblocking socket at once with EAGAIN.
    int const flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    return fd;
}

static void describe(int result, char *error) {
    switch (result) {
    case -ECONNREFUSED: snprintf(error, APUS_SOCKET_ERROR_MAX, "connection refused"); break;
    case -ETIMEDOUT: snprintf(error, APUS_SOCKET_ERROR_MAX, "timed out"); break;
    default: snprintf(error, APUS_SOCKET_ERROR_MAX, "%s", strerror(-result));
    }
}

int apus_socket_connect(char const *host, uint16_t port, uint64_t deadline_ns, char *error) {
    struct addrinfo const hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo const numeric = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    struct addrinfo *addresses = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    // An address needs no interface of its family to be configured, as AI_ADDRCONFIG would have it.
    int code = getaddrinfo(host, service, &numeric, &addresses);
    if (code != 0) code = getaddrinfo(host, service, &hints, &addresses);
    if (code != 0) {
        snprintf(error, APUS_SOCKET_ERROR_MAX, "host not found: %s", gai_strerror(code));
        return -EHOSTUNREACH;
    }
    int result = -EHOSTUNREACH;
    for (struct addrinfo const *one = addresses; one != NULL; one = one->ai_next) {
        result = connect_one(one, deadline_ns);
        if (result >= 0) break;
    }
    freeaddrinfo(addresses);
    if (result < 0) describe(result, error);
    return result;
}

int apus_socket_receive(int socket, uint8_t *bytes, size_t capacity, uint64_t deadline_ns) {
    for (;;) {
        ssize_t const count = recv(socket, bytes, capacity, MSG_DONTWAIT);
        if (count >= 0) return (int)count;
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return -errno;
        int const result = wait_ready(socket, POLLIN, deadline_ns);
        if (result != 0) return result;
    }
}

int apus_socket_send(int socket, uint8_t const *bytes, size_t length, uint64_t deadline_ns) {
    while (length > 0) {
        ssize_t const count = send(socket, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
            continue;
        }
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno != EAGAIN) return -errno;
        int const result = wait_ready(socket, POLLOUT, deadline_ns);
        if (result != 0) return result;
    }
    return 0;
}

void apus_socket_close(int socket) { close(socket); }

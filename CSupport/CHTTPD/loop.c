//===-- loop.c - Poll loop and listening sockets ------------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_loop.h"
#include "monotonic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX 64

int apus_loop_open(void) {
    signal(SIGPIPE, SIG_IGN);
    int const loop = epoll_create1(EPOLL_CLOEXEC);
    return loop < 0 ? -errno : loop;
}

int apus_loop_catch_signals(int loop, uint64_t token) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -errno;
    int const signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) return -errno;
    int const result = apus_loop_watch(loop, signals, token, 0);
    return result < 0 ? result : signals;
}

int apus_loop_signal(int signals) {
    struct signalfd_siginfo info;
    ssize_t const got = read(signals, &info, sizeof info);
    return got == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

int apus_loop_watch(int loop, int descriptor, uint64_t token, int wants_write) {
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLRDHUP | (wants_write != 0 ? EPOLLOUT : 0u),
        .data.u64 = token,
    };
    if (epoll_ctl(loop, EPOLL_CTL_MOD, descriptor, &event) == 0) return 0;
    if (errno != ENOENT) return -errno;
    return epoll_ctl(loop, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : -errno;
}

void apus_loop_forget(int loop, int descriptor) {
    epoll_ctl(loop, EPOLL_CTL_DEL, descriptor, NULL);
}

int apus_loop_wait(int loop, uint64_t deadline_ns, apus_loop_event_t *events, int events_max) {
    struct epoll_event ready[EVENTS_MAX];
    int const room = events_max > EVENTS_MAX ? EVENTS_MAX : events_max;
    uint64_t const now = monotonic_ns();
    uint64_t const wait_ns = deadline_ns > now ? deadline_ns - now : 0;
    struct timespec const wait = {
        .tv_sec = (time_t)(wait_ns / 1000000000u), .tv_nsec = (long)(wait_ns % 1000000000u)};
    int count = epoll_pwait2(loop, ready, room, &wait, NULL);
    if (count < 0 && (errno == ENOSYS || errno == EPERM)) {
        // A kernel or sandbox without epoll_pwait2: whole milliseconds, rounded up.
        uint64_t const wait_ms = (wait_ns + 999999u) / 1000000u;
        count = epoll_wait(loop, ready, room, wait_ms > 60000 ? 60000 : (int)wait_ms);
    }
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int index = 0; index < count; index += 1) {
        uint32_t const bits = ready[index].events;
        events[index] = (apus_loop_event_t){
            .token = ready[index].data.u64,
            .is_readable = (bits & (EPOLLIN | EPOLLRDHUP)) != 0,
            .is_writable = (bits & EPOLLOUT) != 0,
            .is_broken = (bits & (EPOLLERR | EPOLLHUP)) != 0,
        };
    }
    return count;
}

static int listen_on(int family, struct sockaddr const *address, socklen_t length) {
    int const listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return -errno;
    int const on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (family == AF_INET6) setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(listener, address, length) != 0 || listen(listener, 64) != 0) {
        int const result = -errno;
        close(listener);
        return result;
    }
    return listener;
}

int apus_loop_listen(int is_ipv6, uint16_t port) {
    return apus_loop_listen_at(is_ipv6 != 0 ? "::1" : "127.0.0.1", port);
}

int apus_loop_listen_at(char const *address, uint16_t port) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
        return listen_on(AF_INET, (struct sockaddr const *)&v4, sizeof v4);
    if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1)
        return listen_on(AF_INET6, (struct sockaddr const *)&v6, sizeof v6);
    return -EINVAL;
}

int apus_loop_port(int descriptor) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0) return -errno;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 const *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in const *)&address)->sin_port);
}

int apus_loop_accept(int listener) {
    int const accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (accepted < 0) return -errno;
    int const on = 1;
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return accepted;
}

int apus_loop_connect(uint16_t port) {
    int const client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client < 0) return -errno;
    struct sockaddr_in const address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(client, (struct sockaddr const *)&address, sizeof address) != 0) {
        int const result = -errno;
        close(client);
        return result;
    }
    return client;
}

void apus_loop_close(int descriptor, int is_abrupt) {
    if (is_abrupt != 0) {
        struct linger const reset = {.l_onoff = 1, .l_linger = 0};
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    close(descriptor);
}

//===-- apus_loop.h - Poll loop and listening sockets -----------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// One epoll set, one wait with a deadline in nanoseconds, signals as events. It drives the
// stream sockets and the HTTPS server of the simulator, and the monitor's web server, each on one
// thread, which sleeps whenever it has nothing to do. Cold code.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_LOOP_H
#define APUS_LOOP_H

#include "apus_base.h"

/// A descriptor that became ready.
typedef struct APUS_SWIFT_NAME(LoopEvent) apus_loop_event {
    uint64_t token;
    uint32_t is_readable APUS_SWIFT_NAME(isReadable);
    uint32_t is_writable APUS_SWIFT_NAME(isWritable);
    uint32_t is_broken APUS_SWIFT_NAME(isBroken); ///< Error or hang-up.
    uint32_t reserved;
} apus_loop_event_t;

/// Opens an epoll set. Ignores SIGPIPE, which a client's reset would raise. -errno on failure.
int apus_loop_open(void);
/// Routes SIGINT, SIGTERM, SIGUSR1 and SIGUSR2 of this process into the loop under `token`.
/// @return The descriptor to give to `apus_loop_signal`, or -errno.
int apus_loop_catch_signals(int loop, uint64_t token);
/// The next pending signal's number, or 0.
int apus_loop_signal(int signals);

/// Adds or changes a descriptor. 0 or -errno.
int apus_loop_watch(int loop, int descriptor, uint64_t token, int wants_write);
/// Removes a descriptor; harmless when it is not there.
void apus_loop_forget(int loop, int descriptor);
/// Waits until something is ready or the clock reaches `deadline_ns` (CLOCK_MONOTONIC).
/// @return Number of events, 0 at the deadline, or -errno.
int apus_loop_wait(int loop, uint64_t deadline_ns, apus_loop_event_t *events, int events_max);

/// A non-blocking listener on 127.0.0.1 or ::1; port 0 lets the kernel choose. -errno on failure.
int apus_loop_listen(int is_ipv6, uint16_t port);
/// The same on a numeric address, "0.0.0.0" or "::1". -EINVAL for what is none.
int apus_loop_listen_at(char const *address, uint16_t port);
/// The local port of a socket, or -errno.
int apus_loop_port(int descriptor);
/// Accepts one connection, non-blocking and without Nagle's delay. -EAGAIN when none waits.
int apus_loop_accept(int listener);
/// Connects to 127.0.0.1, blocking; for tests. -errno on failure.
int apus_loop_connect(uint16_t port);
/// Closes; `is_abrupt` 1 resets the connection instead of ending it.
void apus_loop_close(int descriptor, int is_abrupt);

#endif

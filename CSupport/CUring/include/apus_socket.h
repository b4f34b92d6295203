//===-- apus_socket.h - Blocking client sockets with deadlines --*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// For cold threads only. Deadlines are times of CLOCK_MONOTONIC in nanoseconds.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_SOCKET_H
#define APUS_SOCKET_H

#include "apus_base.h"

/// Bytes of an error text, the zero included.
#define APUS_SOCKET_ERROR_MAX 192

/// Resolves `host` and connects to its addresses in turn, with TCP_NODELAY, keep-alive after 15 s
/// of silence, and a bound of 20 s on bytes that the peer does not acknowledge.
///
/// @param error APUS_SOCKET_ERROR_MAX bytes: "connection refused", "timed out", "host not found"…
/// @return The socket, blocking; or -errno.
int apus_socket_connect(char const *host, uint16_t port, uint64_t deadline_ns, char *error);
/// Waits for bytes and takes them. @return Bytes; 0 the peer closed; -ETIMEDOUT; -errno.
int apus_socket_receive(int socket, uint8_t *bytes, size_t capacity, uint64_t deadline_ns);
/// Sends all bytes. @return 0; -ETIMEDOUT; -errno.
int apus_socket_send(int socket, uint8_t const *bytes, size_t length, uint64_t deadline_ns);
void apus_socket_close(int socket);

#endif

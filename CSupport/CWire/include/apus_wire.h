//===-- apus_wire.h - A plain TLS WebSocket client --------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// What the wire-to-wire measurement is compared with: OpenSSL as it comes, on a socket that is
// polled without pause. `Bench/peers/wire` builds its own client from the same connection; the
// echo below does nothing but answer.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_WIRE_H
#define APUS_WIRE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Readable bytes behind the largest payload, for parsers that read ahead.
#define APUS_WIRE_SLACK 64

typedef struct apus_wire apus_wire_t;

/// Connects to 127.0.0.1, verifies the certificate for `localhost` against `ca_file` (PEM) and asks
/// for the WebSocket `target`. Blocks.
///
/// @return NULL on failure, with the reason on standard error.
apus_wire_t *apus_wire_connect(uint16_t port, char const *ca_file, char const *target);
void apus_wire_close(apus_wire_t *wire);

/// The next whole message, if one has come; does not wait.
///
/// @param payload Stays in place until the next call; APUS_WIRE_SLACK bytes behind it can be read.
/// @return 1 with a message; 0 without; -1 when the connection is over or the peer broke the
///         protocol. Control frames are passed over.
int apus_wire_poll(apus_wire_t *wire, uint8_t const **payload, size_t *length);
/// Encrypts and sends `length` bytes, all of them. 0 or -1.
int apus_wire_write(apus_wire_t *wire, uint8_t const *bytes, size_t length);
/// Writes the header of a masked text frame of `length` (126...65535) bytes to `out`: 8 bytes.
void apus_wire_header(uint8_t *out, size_t length, uint32_t mask);

/// Pins the calling thread. 0 or -1; a negative `core` leaves it where it is.
int apus_wire_pin(int core);

/// The bytes that tell a marked quote from all others.
#define APUS_WIRE_MARK "\"9.999\""

/// Answers each marked frame with a frame of fixed bytes, the size of an order, that repeats the
/// frame's ask price; until the venue closes the connection.
///
/// @return 0, or 1 when a connection could not be made or broke.
int apus_wire_echo(uint16_t port, char const *ca_file, int core);

#ifdef __cplusplus
}
#endif

#endif

//===-- apus_net.h - Sockets over io_uring ----------------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// One net object serves all sockets of one hot thread. Each socket sits in a slot. `poll` hands
// out events; received bytes lie in a receive buffer that the caller gives back with `release`.
// Each slot has at most one send in flight. A socket is detached before it is closed: the event
// DETACHED says that the kernel holds nothing of it any more.
//
// Strategies, tried in this order unless one is asked for:
// - multishot: io_uring, one receive request per socket that keeps completing into a ring of
//   provided buffers;
// - singleshot: io_uring, a new receive request after each completion;
// - busy: recv(MSG_DONTWAIT) on each socket in turn, without io_uring.
// What is not available falls back to the next, and `describe` says why.
//
// The ring is made with SINGLE_ISSUER, DEFER_TASKRUN and TASKRUN_FLAG by the thread that polls it.
// The kernel sets a flag in shared memory when completions are due, so that an empty poll is a
// load; every 64th empty poll enters the kernel anyway (`io_uring_get_events`, no waiting).
//
//===----------------------------------------------------------------------===//

#ifndef APUS_NET_H
#define APUS_NET_H

#include "apus_base.h"

#define APUS_NET_SLOT_MAX 64
/// Bytes of one receive buffer: a whole TLS record of the largest size and its neighbour's start.
#define APUS_NET_BUFFER_SIZE 32768

typedef uint8_t apus_net_strategy_t APUS_NEWTYPE(NetStrategy);
static const apus_net_strategy_t APUS_NET_MULTISHOT APUS_SWIFT_NAME(NetStrategy.multishot) = 0;
static const apus_net_strategy_t APUS_NET_SINGLESHOT APUS_SWIFT_NAME(NetStrategy.singleshot) = 1;
static const apus_net_strategy_t APUS_NET_BUSY APUS_SWIFT_NAME(NetStrategy.busy) = 2;

typedef uint8_t apus_net_event_kind_t APUS_NEWTYPE(NetEventKind);
/// `result` bytes lie at `bytes`; give `buffer` back.
static const apus_net_event_kind_t APUS_NET_RECEIVED APUS_SWIFT_NAME(NetEventKind.received) = 1;
/// `result` bytes of the slot's send were taken by the kernel.
static const apus_net_event_kind_t APUS_NET_SENT APUS_SWIFT_NAME(NetEventKind.sent) = 2;
/// The peer closed its side: nothing more will be received.
static const apus_net_event_kind_t APUS_NET_ENDED APUS_SWIFT_NAME(NetEventKind.ended) = 3;
/// Receiving or sending failed; `result` is -errno.
static const apus_net_event_kind_t APUS_NET_FAILED APUS_SWIFT_NAME(NetEventKind.failed) = 4;
/// After `detach`: the kernel uses neither the socket nor memory of the slot; it is free.
static const apus_net_event_kind_t APUS_NET_DETACHED APUS_SWIFT_NAME(NetEventKind.detached) = 5;

typedef struct APUS_SWIFT_NAME(NetEvent) apus_net_event {
    uint8_t *bytes;
    int32_t result;
    uint16_t slot;
    uint16_t buffer;
    apus_net_event_kind_t kind;
    uint8_t reserved_0[7];
} apus_net_event_t;

typedef struct apus_net apus_net_t;

/// Makes the object, its ring and its receive buffers. Call on the thread that will poll it.
///
/// @param buffer_count Receive buffers; a power of two, 4...1024.
/// @return 0, -EINVAL or -ENOMEM. A missing kernel feature is no failure; see `describe`.
int apus_net_create(apus_net_strategy_t wanted, uint32_t buffer_count, apus_net_t **net);
/// Frees all. No slot may be in use.
void apus_net_destroy(apus_net_t *net);
/// The strategy in use, and why not the one wanted, zero-terminated.
void apus_net_describe(apus_net_t const *net, char *text, size_t size);
apus_net_strategy_t apus_net_strategy(apus_net_t const *net);

/// Takes a connected socket in. It stays the caller's to close.
///
/// @return The slot, or -ENOSPC.
APUS_HOT int apus_net_attach(apus_net_t *net, int socket);
/// Shuts the socket down and lets go of it; DETACHED follows. Bytes still underway are dropped.
APUS_HOT void apus_net_detach(apus_net_t *net, int slot);
/// Hands `length` bytes to the kernel; they stay in place until SENT or DETACHED. Submits at once.
///
/// @return 0; -EBUSY while a send is in flight; -ENOTCONN when detached; -errno.
APUS_HOT int apus_net_send(apus_net_t *net, int slot, uint8_t const *bytes, size_t length);
/// Fills up to `count` events, without waiting. System calls of the ring only (strategy busy: recv
/// and send).
///
/// @return Events written.
APUS_HOT int apus_net_poll(apus_net_t *net, apus_net_event_t *events, int count);
/// Gives a receive buffer back.
APUS_HOT void apus_net_release(apus_net_t *net, uint16_t buffer);
/// Times that receiving paused because every buffer was in use.
APUS_HOT uint64_t apus_net_exhausted_count(apus_net_t const *net);

#endif

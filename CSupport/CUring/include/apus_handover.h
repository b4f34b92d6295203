//===-- apus_handover.h - Connections between two threads -------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// One handover per connection, shared by the cold thread that makes the connection and the hot
// thread that uses it. `state` says whose turn it is; all other fields belong to whoever has the
// turn:
//
//   EMPTY --offer--> OFFERED --take--> HELD --give back--> RETURNED --(cold thread)--> EMPTY
//
// EMPTY and RETURNED are the cold thread's, OFFERED and HELD the hot thread's. The hot thread finds
// out about offers and requests by one word for all connections, `bell`.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_HANDOVER_H
#define APUS_HANDOVER_H

#include "apus_base.h"

#include <stdatomic.h>

#define APUS_HANDOVER_EMPTY 0u
#define APUS_HANDOVER_OFFERED 1u
#define APUS_HANDOVER_HELD 2u
#define APUS_HANDOVER_RETURNED 3u
/// Bytes of plaintext that may come with a new connection.
#define APUS_HANDOVER_LEFTOVER_MAX 65536

/// Why the hot thread gave a connection back.
typedef int32_t apus_loss_t APUS_NEWTYPE(ConnectionLoss);
static const apus_loss_t APUS_LOSS_ENDED APUS_SWIFT_NAME(ConnectionLoss.ended) = 1;
/// Detail: errno.
static const apus_loss_t APUS_LOSS_NETWORK APUS_SWIFT_NAME(ConnectionLoss.network) = 2;
/// The session's own text says more.
static const apus_loss_t APUS_LOSS_TLS APUS_SWIFT_NAME(ConnectionLoss.tls) = 3;
/// Detail: the close code.
static const apus_loss_t APUS_LOSS_CLOSED_BY_PEER APUS_SWIFT_NAME(ConnectionLoss.closedByPeer) = 4;
static const apus_loss_t
    APUS_LOSS_PROTOCOL_VIOLATION APUS_SWIFT_NAME(ConnectionLoss.protocolViolation) = 5;
static const apus_loss_t APUS_LOSS_INVALID_TEXT APUS_SWIFT_NAME(ConnectionLoss.invalidText) = 6;
static const apus_loss_t APUS_LOSS_OVERSIZE APUS_SWIFT_NAME(ConnectionLoss.oversize) = 7;
static const apus_loss_t APUS_LOSS_IDLE APUS_SWIFT_NAME(ConnectionLoss.idle) = 8;
static const apus_loss_t APUS_LOSS_DROP_REQUESTED APUS_SWIFT_NAME(ConnectionLoss.dropRequested) = 9;
/// The peer lives, but sends no messages.
static const apus_loss_t APUS_LOSS_SILENT APUS_SWIFT_NAME(ConnectionLoss.silent) = 11;
static const apus_loss_t APUS_LOSS_STOPPED APUS_SWIFT_NAME(ConnectionLoss.stopped) = 10;

typedef struct APUS_SWIFT_NAME(Handover) apus_handover {
    void *session;
    uint8_t *leftover; ///< APUS_HANDOVER_LEFTOVER_MAX bytes, plaintext that followed the upgrade.
    uint64_t leftover_length APUS_SWIFT_NAME(leftoverLength);
    uint64_t idle_timeout_ns APUS_SWIFT_NAME(idleTimeoutNs); ///< 0: none.
    int32_t socket;
    apus_loss_t reason;
    int32_t detail; ///< errno, or the close code.
    _Atomic(uint32_t) state;
    _Atomic(uint32_t) drop_requested;
    _Atomic(uint32_t) receipts; ///< Bytes came in so often, signs of life too; it wraps.
    _Atomic(uint64_t) messages; ///< Taken in since the offer was taken; the hot thread's word.
} apus_handover_t;
static_assert(sizeof(apus_handover_t) == 64, "one line");

typedef struct APUS_SWIFT_NAME(HandoverBell) apus_handover_bell {
    _Atomic(uint64_t) rings;
    uint64_t reserved_0[7];
} apus_handover_bell_t;

APUS_HOT_INLINE uint32_t apus_handover_state(apus_handover_t const *handover) {
    // Pairs with the release in apus_handover_set: the other fields are complete.
    return atomic_load_explicit(&handover->state, memory_order_acquire);
}
APUS_HOT_INLINE void apus_handover_set(apus_handover_t *handover, uint32_t state) {
    // Pairs with the acquire in apus_handover_state.
    atomic_store_explicit(&handover->state, state, memory_order_release);
}
/// Shows how many messages were taken in. For the eye of the cold thread: nothing hangs on it.
APUS_HOT_INLINE void apus_handover_show_messages(apus_handover_t *handover, uint64_t count) {
    atomic_store_explicit(&handover->messages, count, memory_order_relaxed);
}
/// Shows that bytes came in once more.
APUS_HOT_INLINE void apus_handover_count_receipt(apus_handover_t *handover) {
    uint32_t const count = atomic_load_explicit(&handover->receipts, memory_order_relaxed);
    atomic_store_explicit(&handover->receipts, count + 1, memory_order_relaxed);
}
static inline uint32_t apus_handover_receipts(apus_handover_t const *handover) {
    return atomic_load_explicit(&handover->receipts, memory_order_relaxed);
}
static inline uint64_t apus_handover_messages(apus_handover_t const *handover) {
    return atomic_load_explicit(&handover->messages, memory_order_relaxed);
}
/// Takes an offer up (hot thread) or back (cold thread): 1 when it was still there.
APUS_HOT_INLINE int apus_handover_take_offer(apus_handover_t *handover, uint32_t next) {
    uint32_t expected = APUS_HANDOVER_OFFERED;
    // Acquire as in apus_handover_state.
    return atomic_compare_exchange_strong_explicit(&handover->state, &expected, next,
                                                   memory_order_acq_rel, memory_order_relaxed);
}
/// Asks the hot thread to close the connection.
static inline void apus_handover_request_drop(apus_handover_t *handover) {
    atomic_store_explicit(&handover->drop_requested, 1u, memory_order_release);
}
/// Whether closing was asked for; asks once.
APUS_HOT_INLINE int apus_handover_take_drop(apus_handover_t *handover) {
    return atomic_exchange_explicit(&handover->drop_requested, 0u, memory_order_acquire) != 0;
}
static inline void apus_handover_ring(apus_handover_bell_t *bell) {
    // Pairs with the acquire in apus_handover_rings: offers come before their bell.
    atomic_fetch_add_explicit(&bell->rings, 1u, memory_order_release);
}
APUS_HOT_INLINE uint64_t apus_handover_rings(apus_handover_bell_t const *bell) {
    return atomic_load_explicit(&bell->rings, memory_order_acquire);
}

#endif

//===-- apus_byte_ring.h - SPSC byte ring, mapped twice ---------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// The data area is mapped twice back to back, so any run of up to `capacity` bytes is contiguous
// from any position, and has readable bytes behind it. Positions only grow; the byte at position p
// lies at data[p & (capacity - 1)]. What lies where is told by frame descriptors in a slot ring:
// this ring moves bytes only, and the slot ring's release/acquire makes them visible. The one
// thing shared here is `head`, by which the consumer gives space back.
//
// The control block lives in its own segment, apart from the data.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_BYTE_RING_H
#define APUS_BYTE_RING_H

#include "apus_base.h"

#include <stdatomic.h>

/// "APUSBYT" and the layout's version.
#define APUS_BYTE_RING_MAGIC 0x4150555342595401ull
/// Readable bytes behind any payload that the producer keeps free, so that a scanner may load
/// whole vectors at a payload's end.
#define APUS_BYTE_RING_SLACK 64

typedef struct APUS_SWIFT_NAME(ByteRingHeader) apus_byte_ring {
    uint64_t magic;
    uint64_t capacity; ///< Bytes; a power of two and a multiple of the page size.
    uint64_t reserved_0[6];
    uint64_t tail;        ///< Producer: position behind the last committed byte.
    uint64_t head_cached; ///< Producer: the last `head` seen.
    uint64_t reserved_1[6];
    _Atomic(uint64_t) head; ///< Consumer: position of the first byte still needed.
    uint64_t reserved_2[7];
} apus_byte_ring_t;
static_assert(sizeof(apus_byte_ring_t) == 192, "three lines");

/// Bytes committed and not yet released, as an observer in another process sees it.
uint64_t apus_byte_ring_depth(apus_byte_ring_t const *ring);
/// Bytes committed since the ring was made, for an observer.
uint64_t apus_byte_ring_published(apus_byte_ring_t const *ring);

/// For any thread: copies `length` bytes that lie at `position`, which were committed before.
/// 1; 0 when half a ring of others was committed since, so that they may be overwritten.
APUS_HOT int apus_byte_ring_inspect(apus_byte_ring_t const *ring, uint8_t const *data,
                                    uint64_t position, size_t length, void *to);

/// Producer. Bytes that may be written at apus_byte_ring_write_position.
APUS_HOT_INLINE uint64_t apus_byte_ring_free(apus_byte_ring_t *ring, uint64_t wanted) {
    uint64_t const usable = ring->capacity - APUS_BYTE_RING_SLACK;
    if (usable - (ring->tail - ring->head_cached) < wanted) {
        // Pairs with the release in apus_byte_ring_release: the bytes are no longer read.
        ring->head_cached = atomic_load_explicit(&ring->head, memory_order_acquire);
    }
    return usable - (ring->tail - ring->head_cached);
}

/// Where position `position` lies, `data` being the start of the double mapping.
APUS_HOT_INLINE uint8_t *
apus_byte_ring_at(apus_byte_ring_t const *ring, uint8_t *data, uint64_t position) {
    return data + (position & (ring->capacity - 1u));
}

/// Producer. Takes `count` written bytes into the ring.
APUS_HOT_INLINE void apus_byte_ring_commit(apus_byte_ring_t *ring, uint64_t count) {
    ring->tail += count;
}

/// Consumer. Gives `count` bytes back, in order.
APUS_HOT_INLINE void apus_byte_ring_release(apus_byte_ring_t *ring, uint64_t count) {
    uint64_t const head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    // Pairs with the acquire in apus_byte_ring_free.
    atomic_store_explicit(&ring->head, head + count, memory_order_release);
}

#endif

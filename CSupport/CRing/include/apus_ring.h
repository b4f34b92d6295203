//===-- apus_ring.h - SPSC slot ring in shared memory -----------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Format of the segment: `struct apus_ring` (four lines), then `capacity` slots of `slot_size`
// bytes. A slot is the ring's 8-byte sequence word followed by the message; the word stands before
// the message, so copying a whole message can never forge it. The word of the slot that holds the
// n-th message (from 0) is n + 1 once the message is complete, so payload and flag travel in one
// transfer of the line.
//
// The watermark says how far the producer has come in the order of events: when a consumer that
// loads W and then finds the ring empty, no message with a sequence up to W will come any more.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_RING_H
#define APUS_RING_H

#include "apus_base.h"

#include <stdatomic.h>

/// "APUSRNG" and the layout's version.
#define APUS_RING_MAGIC 0x41505553524e4701ull
#define APUS_RING_CAPACITY_MAX (1u << 24)

typedef struct APUS_SWIFT_NAME(RingHeader) apus_ring {
    // Line 0: constant after creation.
    uint64_t magic;
    uint64_t capacity;  ///< Slots; a power of two.
    uint64_t slot_size; ///< Bytes; a multiple of 64.
    uint64_t message_magic; ///< Of the messages' layout; both ends must agree.
    uint64_t reserved_0[4];
    // Line 1: the producer's.
    uint64_t tail;        ///< Messages published so far.
    uint64_t head_cached; ///< The last `head` the producer has seen.
    uint64_t reserved_1[6];
    // Line 2: the consumer's.
    uint64_t next; ///< Messages released so far.
    uint64_t reserved_2[7];
    // Line 3: shared, seldom written.
    _Atomic(uint64_t) head;      ///< Copy of `next` that the producer reads.
    _Atomic(uint64_t) watermark; ///< See above.
    uint64_t reserved_3[6];
} apus_ring_t;
static_assert(sizeof(apus_ring_t) == 256, "four lines");
static_assert(offsetof(apus_ring_t, tail) == 64, "the producer has a line of its own");
static_assert(offsetof(apus_ring_t, next) == 128, "the consumer has a line of its own");
static_assert(offsetof(apus_ring_t, head) == 192, "what both touch is apart");

/// Bytes of a ring's segment.
static inline size_t apus_ring_size(uint64_t capacity, uint64_t slot_size) {
    return sizeof(apus_ring_t) + (size_t)(capacity * slot_size);
}

/// Lays out an empty ring in `memory`, which must be zeroed and aligned to 64.
///
/// @return 0; -EINVAL when capacity is no power of two or slot_size no multiple of 64.
int apus_ring_init(void *memory, uint64_t capacity, uint64_t slot_size, uint64_t message_magic);

/// Checks a mapped ring before use: magic, sizes against `segment_size`, message layout.
///
/// @return 0; -EINVAL for a foreign or damaged segment; -EPROTO for another message layout.
int apus_ring_validate(void const *memory, size_t segment_size, uint64_t message_magic);

/// Messages published and not yet released, as an observer in another process sees it.
uint64_t apus_ring_depth(apus_ring_t const *ring);
/// Messages published since the ring was made, for an observer.
uint64_t apus_ring_published(apus_ring_t const *ring);

/// Where the producer keeps its watermark and its count, for who looks on from its own thread.
uint64_t const *apus_ring_watermark_word(apus_ring_t const *ring);
uint64_t const *apus_ring_published_word(apus_ring_t const *ring);
/// For any thread: copies the first `size` bytes of the n-th message (from 0).
/// 1; 0 when it is not published, or more than half a ring of others were since.
APUS_HOT int apus_ring_inspect(apus_ring_t *ring, uint64_t n, void *message, size_t size);

/// The slot of `sequence`: its sequence word, then the message.
static inline void *apus_ring_slot(apus_ring_t *ring, uint64_t sequence) {
    uint64_t const index = sequence & (ring->capacity - 1u);
    return (uint8_t *)(ring + 1) + index * ring->slot_size;
}

/// Producer. Slots that can be claimed and published before the ring is full.
APUS_HOT_INLINE uint64_t apus_ring_free(apus_ring_t *ring) {
    // Pairs with the release in apus_ring_release: the slots' last reads are complete.
    ring->head_cached = atomic_load_explicit(&ring->head, memory_order_acquire);
    return ring->capacity - (ring->tail - ring->head_cached);
}

/// Producer. Slots that can surely be claimed; looks at the consumer's line only when the cached
/// view shows less than `wanted` of them.
APUS_HOT_INLINE uint64_t apus_ring_room(apus_ring_t *ring, uint64_t wanted) {
    uint64_t const cached = ring->capacity - (ring->tail - ring->head_cached);
    return cached >= wanted ? cached : apus_ring_free(ring);
}

/// Producer. True when at least `count` slots can be claimed; looks at the consumer's line only
/// when the cached view does not suffice.
APUS_HOT_INLINE int apus_ring_has_room(apus_ring_t *ring, uint64_t count) {
    return apus_ring_room(ring, count) >= count;
}

/// Producer. Returns the next message to fill in place, or NULL when the ring is full.
APUS_HOT_INLINE void *apus_ring_claim(apus_ring_t *ring) {
    if (ring->tail - ring->head_cached == ring->capacity) {
        // Pairs with the release in apus_ring_release: the slot's last read is complete.
        ring->head_cached = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (ring->tail - ring->head_cached == ring->capacity) return NULL;
    }
    return (uint8_t *)apus_ring_slot(ring, ring->tail) + sizeof(uint64_t);
}

/// Producer. The message `ahead` places behind the next one (0: the next one itself), to be filled
/// before any of them is published; so a group of messages becomes visible whole or not at all.
/// Precondition: apus_ring_has_room said so for `ahead` + 1.
APUS_HOT_INLINE void *apus_ring_claim_ahead(apus_ring_t *ring, uint64_t ahead) {
    return (uint8_t *)apus_ring_slot(ring, ring->tail + ahead) + sizeof(uint64_t);
}

/// Producer. Brings the next slot into this core's cache, and the producer's own line for writing:
/// observers and followers look at that. The slot is not taken from a consumer that spins on it.
APUS_HOT_INLINE void apus_ring_prefetch(apus_ring_t *ring) {
    apus_prefetch_write(&ring->tail);
    apus_prefetch_read(apus_ring_slot(ring, ring->tail));
}

/// Producer. Makes the claimed message visible. Precondition: the last claim returned one.
APUS_HOT_INLINE void apus_ring_publish(apus_ring_t *ring) {
    uint64_t *const word = apus_ring_slot(ring, ring->tail);
    ring->tail += 1;
    // Pairs with the acquire in apus_ring_peek. Message and flag share a line: one transfer a hop.
    __atomic_store_n(word, ring->tail, __ATOMIC_RELEASE);
}

/// Producer. States that every message with a sequence up to `sequence` has been published.
APUS_HOT_INLINE void apus_ring_store_watermark(apus_ring_t *ring, uint64_t sequence) {
    // Pairs with the acquire in apus_ring_load_watermark: the messages come before the claim.
    atomic_store_explicit(&ring->watermark, sequence, memory_order_release);
}

/// Consumer. To be called before apus_ring_peek.
APUS_HOT_INLINE uint64_t apus_ring_load_watermark(apus_ring_t *ring) {
    // Pairs with the release in apus_ring_store_watermark.
    return atomic_load_explicit(&ring->watermark, memory_order_acquire);
}

/// Consumer. Returns the oldest unread message, or NULL when the ring is empty.
APUS_HOT_INLINE void const *apus_ring_peek(apus_ring_t *ring) {
    uint64_t *const word = apus_ring_slot(ring, ring->next);
    // Pairs with the release in apus_ring_publish: the message's bytes are complete.
    uint64_t const published = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    return published == ring->next + 1 ? (void const *)(word + 1) : NULL;
}

/// Consumer. Gives the peeked message's slot back. Precondition: the last peek returned one.
APUS_HOT_INLINE void apus_ring_release(apus_ring_t *ring) {
    ring->next += 1;
    // Pairs with the acquire in apus_ring_claim: the message is no longer read.
    atomic_store_explicit(&ring->head, ring->next, memory_order_release);
}

#endif

//===-- ring.c - Creation and checking of slot rings ----------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_byte_ring.h"
#include "apus_ring.h"

#include <errno.h>
#include <string.h>

static int is_shape_valid(uint64_t capacity, uint64_t slot_size) {
    if (capacity == 0 || capacity > APUS_RING_CAPACITY_MAX) return 0;
    if ((capacity & (capacity - 1u)) != 0) return 0;
    return slot_size >= APUS_CACHE_LINE && slot_size % APUS_CACHE_LINE == 0 &&
           slot_size <= 64u * APUS_CACHE_LINE;
}

int apus_ring_init(void *memory, uint64_t capacity, uint64_t slot_size, uint64_t message_magic) {
    if (!is_shape_valid(capacity, slot_size)) return -EINVAL;
    if ((uintptr_t)memory % APUS_CACHE_LINE != 0) return -EINVAL;
    apus_ring_t *const ring = memory;
    ring->capacity = capacity;
    ring->slot_size = slot_size;
    ring->message_magic = message_magic;
    ring->tail = 0;
    ring->head_cached = 0;
    ring->next = 0;
    atomic_store_explicit(&ring->head, 0, memory_order_relaxed);
    atomic_store_explicit(&ring->watermark, 0, memory_order_relaxed);
    ring->magic = APUS_RING_MAGIC;
    return 0;
}

int apus_ring_validate(void const *memory, size_t segment_size, uint64_t message_magic) {
    apus_ring_t const *const ring = memory;
    if (segment_size < sizeof(apus_ring_t)) return -EINVAL;
    if (ring->magic != APUS_RING_MAGIC) return -EINVAL;
    if (!is_shape_valid(ring->capacity, ring->slot_size)) return -EINVAL;
    if (segment_size < apus_ring_size(ring->capacity, ring->slot_size)) return -EINVAL;
    if (ring->message_magic != message_magic) return -EPROTO;
    return 0;
}

uint64_t apus_ring_depth(apus_ring_t const *ring) {
    uint64_t const head = atomic_load_explicit(&ring->head, memory_order_acquire);
    // `tail` is the producer's plain word: an observer may read it torn in time, not in bits.
    uint64_t const tail = __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
    return tail >= head ? tail - head : 0;
}

uint64_t apus_ring_published(apus_ring_t const *ring) {
    return __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
}

uint64_t const *apus_ring_watermark_word(apus_ring_t const *ring) {
    return (uint64_t const *)&ring->watermark;
}

uint64_t const *apus_ring_published_word(apus_ring_t const *ring) { return &ring->tail; }

int apus_ring_inspect(apus_ring_t *ring, uint64_t n, void *message, size_t size) {
    uint64_t const *const word = apus_ring_slot(ring, n);
    // Pairs with the release in apus_ring_publish. A slot that was never published holds 0.
    if (n == UINT64_MAX || __atomic_load_n(word, __ATOMIC_ACQUIRE) != n + 1) return 0;
    memcpy(message, word + 1, size);
    // The producer may fill slots before it publishes them, while their words are still the old
    // ones; half a ring away it does not.
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&ring->tail, __ATOMIC_RELAXED) - n <= ring->capacity / 2;
}

uint64_t apus_byte_ring_depth(apus_byte_ring_t const *ring) {
    uint64_t const head = atomic_load_explicit(&ring->head, memory_order_acquire);
    uint64_t const tail = apus_byte_ring_published(ring);
    return tail >= head ? tail - head : 0;
}

uint64_t apus_byte_ring_published(apus_byte_ring_t const *ring) {
    return __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
}

int apus_byte_ring_inspect(apus_byte_ring_t const *ring, uint8_t const *data, uint64_t position,
                           size_t length, void *to) {
    memcpy(to, data + (position & (ring->capacity - 1u)), length);
    // The producer writes at most half a ring ahead of what it has committed: as long as its tail
    // is no further away after the copy, nothing was overwritten under it.
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return apus_byte_ring_published(ring) - position <= ring->capacity / 2;
}

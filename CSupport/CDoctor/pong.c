//===-- pong.c - A cache line between two cores ------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_doctor.h"

#include "apus_clock.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

/// A line for the word, which nothing else shares (the adjacent-line prefetcher's pair with it).
struct apus_pong {
    _Atomic(uint64_t) word; ///< 2i + 1: trip i is at the partner; 2i + 2: it is back.
    uint64_t stamp;
    uint64_t reserved_0[14];
    _Atomic(uint64_t) has_ended; ///< 1: no trip follows.
    uint64_t reserved_1[15];
};
static_assert(sizeof(struct apus_pong) == 256, "whole pairs of lines");

apus_pong_t *apus_pong_create(void) {
    void *const memory = aligned_alloc(256, sizeof(struct apus_pong));
    if (memory != NULL) memset(memory, 0, sizeof(struct apus_pong));
    return memory;
}

void apus_pong_destroy(apus_pong_t *pong) { free(pong); }

/// Spins until the word is `value`: 1, or 0 when the exchange has ended or `end_tsc` came first.
/// Gives the core away at times: both ends may have to share one.
static int await(apus_pong_t *pong, uint64_t value, uint64_t end_tsc) {
    uint64_t spins = 0;
    // Pairs with the release stores of the other end.
    while (atomic_load_explicit(&pong->word, memory_order_acquire) != value) {
        if ((++spins & 0x3fff) != 0) continue;
        if (atomic_load_explicit(&pong->has_ended, memory_order_acquire) != 0) return 0;
        if (apus_tsc() >= end_tsc) return 0;
        sched_yield();
    }
    return 1;
}

/// The counter, read neither before what stands above nor after what stands below: a plain
/// reading may be taken while the load that it waits for is still under way.
static uint64_t ordered_tsc(void) {
#if defined(__x86_64__)
    __builtin_ia32_lfence();
    uint64_t const value = apus_tsc();
    __builtin_ia32_lfence();
    return value;
#else
    __asm__ volatile("isb" ::: "memory");
    uint64_t const value = apus_tsc();
    __asm__ volatile("isb" ::: "memory");
    return value;
#endif
}

void apus_pong_serve(apus_pong_t *pong, int is_stamped) {
    for (uint64_t i = 0; await(pong, 2 * i + 1, UINT64_MAX); i++) {
        if (is_stamped) pong->stamp = ordered_tsc();
        atomic_store_explicit(&pong->word, 2 * i + 2, memory_order_release);
    }
}

/// One trip in ticks; 0 when `end_tsc` came first.
static uint64_t trip(apus_pong_t *pong, uint64_t number, uint64_t end_tsc, uint64_t *start) {
    *start = ordered_tsc();
    atomic_store_explicit(&pong->word, 2 * number + 1, memory_order_release);
    if (!await(pong, 2 * number + 2, end_tsc)) return 0;
    return ordered_tsc() - *start;
}

uint64_t apus_pong_drive(apus_pong_t *pong, uint64_t trips, uint64_t end_tsc, uint64_t *ticks) {
    uint64_t made = 0;
    while (made < trips) {
        uint64_t start;
        uint64_t const length = trip(pong, made, end_tsc, &start);
        if (length == 0) break;
        ticks[made++] = length;
    }
    // Pairs with the acquire in await.
    atomic_store_explicit(&pong->has_ended, 1, memory_order_release);
    return made;
}

uint64_t apus_pong_offset(apus_pong_t *pong, uint64_t trips, uint64_t end_tsc, int64_t *offset,
                          uint64_t *bound) {
    uint64_t shortest = UINT64_MAX;
    uint64_t made = 0;
    for (; made < trips; made++) {
        uint64_t start;
        uint64_t const length = trip(pong, made, end_tsc, &start);
        if (length == 0) break;
        if (length >= shortest) continue;
        shortest = length;
        *offset = (int64_t)(pong->stamp - (start + length / 2));
        *bound = length / 2;
    }
    // Pairs with the acquire in await.
    atomic_store_explicit(&pong->has_ended, 1, memory_order_release);
    return made;
}

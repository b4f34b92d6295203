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

/// One line on its own, and a second one against the adjacent-line prefetcher.
struct apus_pong {
    _Atomic(uint64_t) word; ///< 2i + 1: trip i is at the partner; 2i + 2: it is back.
    uint64_t stamp;
    uint64_t reserved[30];
};
static_assert(sizeof(struct apus_pong) == 256, "whole pairs of lines");

apus_pong_t *apus_pong_create(void) {
    void *const memory = aligned_alloc(256, sizeof(struct apus_pong));
    if (memory != NULL) memset(memory, 0, sizeof(struct apus_pong));
    return memory;
}

void apus_pong_destroy(apus_pong_t *pong) { free(pong); }

/// Spins for `value`, and gives the core away at times: both ends may have to share one.
static void await(apus_pong_t *pong, uint64_t value) {
    uint64_t spins = 0;
    // Pairs with the release stores of the other end.
    while (atomic_load_explicit(&pong->word, memory_order_acquire) != value) {
        if ((++spins & 0x3fff) == 0) sched_yield();
    }
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

void apus_pong_serve(apus_pong_t *pong, uint64_t trips, int is_stamped) {
    for (uint64_t i = 0; i < trips; i++) {
        await(pong, 2 * i + 1);
        if (is_stamped) pong->stamp = ordered_tsc();
        atomic_store_explicit(&pong->word, 2 * i + 2, memory_order_release);
    }
}

void apus_pong_drive(apus_pong_t *pong, uint64_t trips, uint64_t *ticks) {
    for (uint64_t i = 0; i < trips; i++) {
        uint64_t const start = ordered_tsc();
        atomic_store_explicit(&pong->word, 2 * i + 1, memory_order_release);
        await(pong, 2 * i + 2);
        ticks[i] = ordered_tsc() - start;
    }
}

void apus_pong_offset(apus_pong_t *pong, uint64_t trips, int64_t *offset, uint64_t *bound) {
    uint64_t shortest = UINT64_MAX;
    for (uint64_t i = 0; i < trips; i++) {
        uint64_t const start = ordered_tsc();
        atomic_store_explicit(&pong->word, 2 * i + 1, memory_order_release);
        await(pong, 2 * i + 2);
        uint64_t const trip = ordered_tsc() - start;
        if (trip >= shortest) continue;
        shortest = trip;
        *offset = (int64_t)(pong->stamp - (start + trip / 2));
        *bound = trip / 2;
    }
}

//===-- hops.c - Looking up when a record left a stage --------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_hops.h"

#include <string.h>

void apus_hop_log_init(apus_hop_log_t *log, uint64_t capacity) {
    memset(log, 0, apus_hop_log_size(capacity));
    log->capacity = capacity;
}

uint64_t apus_hop_log_count(apus_hop_log_t const *log) {
    // Pairs with the release in apus_hop_log_add.
    return __atomic_load_n(&log->count, __ATOMIC_ACQUIRE);
}

/// The oldest mark that no write in progress can touch while `count` are written.
static uint64_t oldest(apus_hop_log_t const *log, uint64_t count) {
    // The writer may be in the midst of mark `count`, which lies where count - capacity did.
    return count >= log->capacity ? count - log->capacity + 1 : 0;
}

static uint64_t sequence_at(apus_hop_log_t const *log, uint64_t index) {
    apus_hop_mark_t const *const mark = &log->marks[index & (log->capacity - 1u)];
    return __atomic_load_n(&mark->sequence, __ATOMIC_RELAXED);
}

int apus_hop_log_read(apus_hop_log_t const *log, uint64_t index, apus_hop_mark_t *mark) {
    uint64_t const count = apus_hop_log_count(log);
    if (index >= count || index < oldest(log, count)) return 0;
    apus_hop_mark_t const *const place = &log->marks[index & (log->capacity - 1u)];
    mark->sequence = __atomic_load_n(&place->sequence, __ATOMIC_RELAXED);
    mark->time_ns = __atomic_load_n(&place->time_ns, __ATOMIC_RELAXED);
    mark->work = __atomic_load_n(&place->work, __ATOMIC_RELAXED);
    mark->preemption = __atomic_load_n(&place->preemption, __ATOMIC_RELAXED);
    // Pairs with the fence in apus_hop_log_add: had a word above been of a later lap, the count
    // below would tell.
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return index >= oldest(log, __atomic_load_n(&log->count, __ATOMIC_RELAXED));
}

int apus_hop_log_find(apus_hop_log_t const *log, uint64_t sequence, apus_hop_mark_t *mark) {
    uint64_t const count = apus_hop_log_count(log);
    uint64_t const first = oldest(log, count);
    uint64_t low = first;
    uint64_t high = count;
    while (low < high) {
        uint64_t const middle = low + (high - low) / 2;
        if (sequence_at(log, middle) >= sequence) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    // The oldest mark known may not be the first that reached it.
    if (low == count || (low == first && first > 0)) return 0;
    // The search may have met marks of a later lap: then this one is gone, too.
    if (!apus_hop_log_read(log, low, mark) || mark->sequence < sequence) return 0;
    if (low == 0) return 1;
    apus_hop_mark_t before;
    return apus_hop_log_read(log, low - 1, &before) && before.sequence < sequence;
}

//===-- outliers.c - Rows that are read whole or not at all ---------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_outliers.h"

#include <string.h>

static void fill_hop(apus_outlier_sample_t *sample, int hop, uint64_t ns, uint32_t work,
                     apus_preemption_t preemption) {
    sample->hop_ns[hop] = ns;
    sample->hop_work[hop] = work < UINT16_MAX ? (uint16_t)work : UINT16_MAX;
    sample->known_hops |= (uint8_t)(1u << hop);
    if (preemption == APUS_PREEMPTION_SEEN) sample->preempted_hops |= (uint8_t)(1u << hop);
}

void apus_outlier_sample_fill(apus_outlier_sample_t *sample,
                              apus_hop_log_t *const logs[APUS_HOP_COUNT - 1], uint64_t sequence,
                              uint64_t ingress_ns, uint64_t sent_ns, uint32_t work,
                              apus_preemption_t preemption) {
    memset(sample, 0, sizeof *sample);
    sample->sequence = sequence;
    sample->ingress_time_ns = ingress_ns;
    sample->connection_id = APUS_OUTLIER_NO_CONNECTION;
    uint64_t last = ingress_ns;
    for (int hop = 0; hop < APUS_HOP_COUNT - 1; hop++) {
        apus_hop_mark_t mark;
        if (logs[hop] == NULL || !apus_hop_log_find(logs[hop], sequence, &mark)) continue;
        // A stage on another thread may have gone on before this one's poll had ended.
        uint64_t end = mark.time_ns > last ? mark.time_ns : last;
        if (end > sent_ns) end = sent_ns > last ? sent_ns : last;
        fill_hop(sample, hop, end - last, mark.work, mark.preemption);
        last = end;
    }
    fill_hop(sample, APUS_HOP_COUNT - 1, sent_ns > last ? sent_ns - last : 0, work, preemption);
}

#define WORDS (sizeof(apus_outlier_t) / sizeof(uint64_t))
/// Tries of an observer. A write takes some ten nanoseconds, so the second one succeeds unless
/// the writer was taken off its core in its midst.
#define TRIES_MAX 64

/// Source: H. Boehm, "Can seqlocks get along with programming language memory models?", 2012.
void apus_outlier_store(apus_outlier_t *row, apus_outlier_t const *value) {
    uint64_t from[WORDS];
    memcpy(from, value, sizeof from);
    uint64_t *const to = (uint64_t *)row;
    uint64_t const version = __atomic_load_n(&row->version, __ATOMIC_RELAXED);
    __atomic_store_n(&row->version, version + 1, __ATOMIC_RELAXED);
    // An observer that sees a word below sees the odd version, too: pairs with its fence.
    __atomic_thread_fence(__ATOMIC_RELEASE);
    for (size_t i = 1; i < WORDS; i++) __atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
    // Pairs with the acquire in apus_outlier_load: the words are complete.
    __atomic_store_n(&row->version, version + 2, __ATOMIC_RELEASE);
}

int apus_outlier_load(apus_outlier_t const *row, apus_outlier_t *value) {
    uint64_t const *const from = (uint64_t const *)row;
    uint64_t to[WORDS];
    for (int try = 0; try < TRIES_MAX; try++) {
        uint64_t const version = __atomic_load_n(&row->version, __ATOMIC_ACQUIRE);
        if (version == 0) return 0;
        if (version & 1u) continue;
        to[0] = version;
        for (size_t i = 1; i < WORDS; i++) to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
        // Pairs with the fence in apus_outlier_store.
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (__atomic_load_n(&row->version, __ATOMIC_RELAXED) == version) {
            memcpy(value, to, sizeof to);
            return 1;
        }
    }
    return 0;
}

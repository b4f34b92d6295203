//===-- apus_hops.h - When each stage let which record go -------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// A log of marks, one for each poll of a stage that found work: how far the stage has come in the
// order of events, when, and with how much work. One thread writes; any other may look up when a
// sequence left the stage. Older marks are overwritten; a reader that was too late is told so.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_HOPS_H
#define APUS_HOPS_H

#include "apus_base.h"

/// From a frame's arrival to its encrypted order: one hop for each stage.
#define APUS_HOP_COUNT 8

/// Of the poll's thread, by its watch over the scheduler.
typedef uint32_t apus_preemption_t APUS_NEWTYPE(Preemption);
static const apus_preemption_t APUS_PREEMPTION_NONE APUS_SWIFT_NAME(Preemption.none) = 0;
/// The kernel took the thread off its core.
static const apus_preemption_t APUS_PREEMPTION_SEEN APUS_SWIFT_NAME(Preemption.seen) = 1;

/// One poll. Of a log of idle gaps: `sequence` is the gap, nanoseconds.
typedef struct APUS_SWIFT_NAME(HopMark) apus_hop_mark {
    uint64_t sequence; ///< Every record up to it has left the stage; never goes down.
    uint64_t time_ns APUS_SWIFT_NAME(timeNs);
    uint32_t work;
    apus_preemption_t preemption;
} apus_hop_mark_t;
static_assert(sizeof(apus_hop_mark_t) == 24, "three words");

typedef struct APUS_SWIFT_NAME(HopLogData) apus_hop_log {
    uint64_t count;    ///< Marks written so far.
    uint64_t capacity; ///< A power of two.
    uint64_t reserved_0[6];
    apus_hop_mark_t marks[];
} apus_hop_log_t;
static_assert(offsetof(apus_hop_log_t, marks) == APUS_CACHE_LINE, "marks begin on a line");

/// Bytes of a log.
static inline size_t apus_hop_log_size(uint64_t capacity) {
    return sizeof(apus_hop_log_t) + (size_t)capacity * sizeof(apus_hop_mark_t);
}
/// Lays out an empty log. Precondition: `capacity` is a power of two.
void apus_hop_log_init(apus_hop_log_t *log, uint64_t capacity);

/// Writer. Cost: bench `telemetry/hop-mark`.
APUS_HOT_INLINE void apus_hop_log_add(apus_hop_log_t *log, uint64_t sequence, uint64_t time_ns,
                                      uint32_t work, apus_preemption_t preemption) {
    apus_hop_mark_t *const mark = &log->marks[log->count & (log->capacity - 1u)];
    // A reader that sees a word below sees the count of before, too: pairs with its fence.
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&mark->sequence, sequence, __ATOMIC_RELAXED);
    __atomic_store_n(&mark->time_ns, time_ns, __ATOMIC_RELAXED);
    __atomic_store_n(&mark->work, work, __ATOMIC_RELAXED);
    __atomic_store_n(&mark->preemption, preemption, __ATOMIC_RELAXED);
    // Pairs with the acquire in apus_hop_log_count: the mark is complete.
    __atomic_store_n(&log->count, log->count + 1, __ATOMIC_RELEASE);
}

/// Reader. Marks written so far.
APUS_HOT uint64_t apus_hop_log_count(apus_hop_log_t const *log);
/// Reader. Copies mark `index` (from 0). 1; 0 when it is not written yet or overwritten.
APUS_HOT int apus_hop_log_read(apus_hop_log_t const *log, uint64_t index, apus_hop_mark_t *mark);
/// Reader. Copies the mark with which `sequence` left the stage: the earliest that reaches it.
/// 1; 0 when the stage has not come so far, or the mark was overwritten.
/// Cost: about log2(capacity) lines.
APUS_HOT int apus_hop_log_find(apus_hop_log_t const *log, uint64_t sequence,
                               apus_hop_mark_t *mark);

#endif

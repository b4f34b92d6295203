//===-- apus_scheduling.h - What the kernel did to a thread -----*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Two ways to know. A thread learns by itself that it was taken off its core, without a system
// call: the kernel clears the `rseq_cs` word of its restartable-sequences area whenever it
// preempts, migrates or signals a thread that is outside of the named sequence, and the sequence
// named here is never entered. It may clear it at the end of a system call, too: a span that holds
// one is not to be judged by it. And it clears it where it gives the interrupted thread work of its
// own before the thread goes on, above all when it tidies a process's concurrency ids: from a tick
// of one of the process's threads, at most once in 100 ms. That thread was held up, but not put off
// its core. And a cold thread may ask how long another one ran and waited.
// Source: linux/rseq.h (of `rseq_cs`), rseq(2); Documentation/scheduler/sched-stats.rst;
// kernel/sched/core.c (task_tick_mm_cid), include/linux/sched.h (MM_CID_SCAN_DELAY) of Linux 6.18.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_SCHEDULING_H
#define APUS_SCHEDULING_H

#include "apus_base.h"

/// A thread's watch over the scheduler.
typedef struct APUS_SWIFT_NAME(PreemptionWatch) apus_preemption_watch {
    uint64_t *word; ///< 0 once the thread was taken off its core, or held up there.
    uint64_t armed; ///< What is put there.
} apus_preemption_watch_t;

/// The calling thread's watch, armed. 1; 0 where kernel or C library lack it (Linux 4.18, glibc
/// 2.35): the watch then never sees anything.
int apus_preemption_watch_make(apus_preemption_watch_t *watch);
/// Ends the calling thread's watch; before the thread ends.
void apus_preemption_watch_end(apus_preemption_watch_t *watch);

/// Whether the thread was taken off its core, or held up there by work of the kernel's, since the
/// last call; arms the watch anew.
/// For the watch's own thread.
APUS_HOT_INLINE int apus_preemption_watch_take(apus_preemption_watch_t const *watch) {
    if (__builtin_expect(__atomic_load_n(watch->word, __ATOMIC_RELAXED) != 0, 1)) return 0;
    __atomic_store_n(watch->word, watch->armed, __ATOMIC_RELAXED);
    return 1;
}

/// The kernel's number of the calling thread.
int apus_thread_id(void);

/// Of one thread since it began.
typedef struct APUS_SWIFT_NAME(ThreadUsage) apus_thread_usage {
    uint64_t run_delay_ns APUS_SWIFT_NAME(runDelayNs); ///< Waiting for a core; 0 when not told.
    uint64_t switches;                                 ///< Times put on one; as above.
    uint64_t minor_faults APUS_SWIFT_NAME(minorFaults);
    uint64_t major_faults APUS_SWIFT_NAME(majorFaults);
} apus_thread_usage_t;

/// Time that thread `thread_id` of this process was on a core, exact at the moment of asking; 0
/// when it has ended.
uint64_t apus_thread_cpu_ns(int thread_id);
/// Of thread `thread_id` of this process, from /proc: delay and switches as of the last time that
/// it was put on a core. 0; -ESRCH when it has ended.
/// Cost: some 20 us, for the caller.
int apus_thread_usage(int thread_id, apus_thread_usage_t *usage);
/// Time that the hypervisor has kept core `core` from this machine, in steps of a clock tick
/// (10 ms); 0 when it does not tell. One thread at a time.
uint64_t apus_core_steal_ns(int core);

#endif

//===-- apus_doctor.h - Loops that measure the host -------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// What `apus doctor` times. Each loop stands alone, takes memory that the caller gives it, and
// ends by itself. Times are ticks of the time-stamp counter unless a name says ns.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_DOCTOR_H
#define APUS_DOCTOR_H

#include "apus_base.h"

#include <stdatomic.h>

// MARK: - Gaps: time in which a spinning thread did not run

typedef struct APUS_SWIFT_NAME(RawGap) apus_gap {
    uint64_t start_tsc APUS_SWIFT_NAME(startTSC); ///< The last moment at which the thread ran.
    uint64_t ticks;                               ///< Until it ran again.
    uint64_t switches; ///< Context switches of the thread in it, as the kernel counts them.
} apus_gap_t;

typedef struct APUS_SWIFT_NAME(GapScan) apus_gap_scan {
    uint64_t threshold_ticks APUS_SWIFT_NAME(thresholdTicks); ///< Shorter gaps are not kept.
    uint64_t end_tsc APUS_SWIFT_NAME(endTSC);
    uint64_t gap_max APUS_SWIFT_NAME(gapMax);
    uint64_t gap_count APUS_SWIFT_NAME(gapCount);
    uint64_t observed_ticks APUS_SWIFT_NAME(observedTicks); ///< Of the scan, gaps included.
    uint64_t blind_ticks APUS_SWIFT_NAME(blindTicks); ///< Spent on asking for switches.
} apus_gap_scan_t;

/// Reads the counter as fast as it can until `end_tsc`, or until `gap_max` gaps are kept. After
/// each gap the kernel is asked (getrusage) whether the thread was switched out in it.
void apus_gap_scan_run(apus_gap_scan_t *scan, apus_gap_t *gaps);

// MARK: - A cache line between two cores

typedef struct apus_pong apus_pong_t;
/// NULL without memory.
apus_pong_t *apus_pong_create(void);
void apus_pong_destroy(apus_pong_t *pong);
/// The partner's side, until the other side ends. With `is_stamped` it also leaves its own counter.
void apus_pong_serve(apus_pong_t *pong, int is_stamped);
/// This side: `ticks[i]` is round trip i. Ends early at `end_tsc`: on a crowded machine the two
/// threads may seldom run at a time. Returns the trips made.
uint64_t apus_pong_drive(apus_pong_t *pong, uint64_t trips, uint64_t end_tsc, uint64_t *ticks);
/// As `apus_pong_drive` against a stamping partner. `*offset` is the partner's counter less this
/// core's by the shortest trip, true to within `*bound` ticks (D. Mills, RFC 5905, section 8).
uint64_t apus_pong_offset(apus_pong_t *pong, uint64_t trips, uint64_t end_tsc, int64_t *offset,
                          uint64_t *bound);

// MARK: - The time-stamp counter

/// The smallest difference of two readings in a row that is not 0, and the greatest common
/// divisor of all differences: the step in which the counter is seen to move.
void apus_tsc_step(uint64_t reads, uint64_t *smallest, uint64_t *divisor);
/// Counter and CLOCK_MONOTONIC_RAW at one moment, the tightest of 64 readings; `*width` is the
/// ticks between the two readings of the counter around it.
void apus_tsc_pair(uint64_t *tsc, uint64_t *raw_ns, uint64_t *width);
/// Vendor text of the hypervisor (CPUID leaf 0x40000000), 13 bytes with the zero; empty: none.
void apus_hypervisor_vendor(char vendor[13]);

// MARK: - Sleeping and waking

#define APUS_WAKE_FUTEX 0
#define APUS_WAKE_EVENTFD 1
#define APUS_WAKE_URING 2

typedef struct apus_wake apus_wake_t;
/// 0 or -errno (-EPERM, -ENOSYS where io_uring is not allowed).
int apus_wake_create(int kind, apus_wake_t **wake);
void apus_wake_destroy(apus_wake_t *wake);
/// Sleeps at most `count` times, until the waker ends; `ticks[i]` is from just before the waker's
/// call to running again. Returns how often.
uint64_t apus_wake_sleep(apus_wake_t *wake, uint64_t count, uint64_t *ticks);
/// Wakes the sleeper `count` times, each `pause_ns` after it said that it goes to sleep, or until
/// `end_tsc`; `ticks[i]` is what the call cost the waker. Returns how often.
uint64_t apus_wake_call(apus_wake_t *wake, uint64_t count, uint64_t pause_ns, uint64_t end_tsc,
                        uint64_t *ticks);
/// Sleeps for `sleep_ns` `count` times with a timer slack of 1 ns; `ns[i]` is how much too long.
void apus_sleep_overshoot(uint64_t sleep_ns, uint64_t count, uint64_t *ns);

// MARK: - Calls and pages

#define APUS_CALL_TSC 0
#define APUS_CALL_CLOCK 1          ///< clock_gettime as libc makes it, without a system call.
#define APUS_CALL_CLOCK_SYSTEM 2   ///< clock_gettime as a system call.
#define APUS_CALL_PARENT 3         ///< getppid: the bare cost of a system call.
#define APUS_CALL_RECEIVE_EMPTY 4  ///< recv of an empty socket, EAGAIN.
#define APUS_CALL_URING_ENTER 5    ///< io_uring_enter with nothing to do.
#define APUS_CALL_YIELD 6          ///< sched_yield.

/// `ticks[i]` is what `batch` calls in a row took. 0 or -errno.
int apus_call_cost(int kind, uint64_t batch, uint64_t samples, uint64_t *ticks);

/// Touches `count` fresh pages of 4 KiB, or with `is_huge` regions of 2 MiB that ask for a huge
/// page; `ticks[i]` is the first touch of each. `*faults` of the thread meanwhile. 0 or -errno.
int apus_touch_cost(int is_huge, uint64_t count, uint64_t *ticks, uint64_t *faults);

// MARK: - Facts that need a system call

/// The hard limit of SCHED_FIFO priorities for this user, 0...99.
uint64_t apus_priority_limit(void);
/// 1 when this process may use real-time scheduling now (limit or CAP_SYS_NICE), else 0. Tries it
/// with the calling thread and goes back.
int apus_may_use_fifo(void);

/// What a driver says of a network interface. Each value is -1 where it does not say.
typedef struct APUS_SWIFT_NAME(InterfaceFacts) apus_interface_facts {
    int64_t rx_usecs APUS_SWIFT_NAME(receiveMicroseconds);
    int64_t adaptive_rx APUS_SWIFT_NAME(isAdaptive);
    int64_t gro;
    int64_t lro;
    int64_t tso;
    int64_t gso;
} apus_interface_facts_t;
/// 0; -errno when the interface cannot be asked at all.
int apus_interface_read(char const *name, apus_interface_facts_t *facts);

#endif

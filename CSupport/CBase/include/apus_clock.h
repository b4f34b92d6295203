//===-- apus_clock.h - Wall-anchored time-stamp counter ---------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// One stamp serves as the time of a record and as the base of every latency: nanoseconds since
// 1970 UTC, made from the time-stamp counter by one multiplication. The anchor is taken once, so
// the clock never steps while the process lives; its drift against NTP (tens of ppm at most) is
// corrected where it matters, in the time stamps a venue checks.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_CLOCK_H
#define APUS_CLOCK_H

#include "apus_base.h"

/// The raw counter: constant rate, not serialising, about 9 ns on the machine of `Bench/README.md`.
APUS_HOT_INLINE uint64_t apus_tsc(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t value;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
    return value;
#else
#error "no time-stamp counter known for this architecture"
#endif
}

/// Maps counter values to nanoseconds. Plain data: every thread may hold a copy.
typedef struct APUS_SWIFT_NAME(WallClock) apus_clock {
    uint64_t anchor_tsc APUS_SWIFT_NAME(anchorTSC);
    uint64_t anchor_ns APUS_SWIFT_NAME(anchorNs); ///< CLOCK_REALTIME at the anchor.
    uint64_t ns_per_tick_q32 APUS_SWIFT_NAME(nsPerTickQ32); ///< Nanoseconds per tick, times 2^32.
} apus_clock_t;

/// Measures the counter against CLOCK_MONOTONIC_RAW for about 20 ms and anchors it to
/// CLOCK_REALTIME. Blocks; for start-up only.
apus_clock_t apus_clock_calibrate(void) APUS_SWIFT_NAME(WallClock.calibrated());

/// Nanoseconds since 1970 UTC of the counter value `tsc`, which may precede the anchor.
APUS_HOT_INLINE uint64_t apus_clock_ns_at(apus_clock_t const *clock, uint64_t tsc)
    APUS_SWIFT_NAME(WallClock.ns(self:at:));
APUS_HOT_INLINE uint64_t apus_clock_ns_at(apus_clock_t const *clock, uint64_t tsc) {
    __extension__ typedef __int128 wide;
    wide const ticks = (wide)(int64_t)(tsc - clock->anchor_tsc);
    return clock->anchor_ns + (uint64_t)(int64_t)((ticks * (wide)clock->ns_per_tick_q32) >> 32);
}

/// Nanoseconds since 1970 UTC, now. No system call.
APUS_HOT_INLINE uint64_t apus_clock_now_ns(apus_clock_t const *clock)
    APUS_SWIFT_NAME(WallClock.now(self:));
APUS_HOT_INLINE uint64_t apus_clock_now_ns(apus_clock_t const *clock) {
    return apus_clock_ns_at(clock, apus_tsc());
}

#endif
